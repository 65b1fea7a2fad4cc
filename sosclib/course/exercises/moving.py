"""Exercises of section 11: an image in a parcel, and the pages of a volume in another one."""

from __future__ import annotations

import json

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.engine.mounts import volume_mounts

IMAGE, PARCEL = "student/parcel:1.0", "parcel.tar.gz"
BOOK, NEW, VOLUME, COPY, PAGE = "lab-book", "new-book", "pages", "copy", "/pages/notes.txt"

PACK = """
vm1.containers.run(sosc.image("small"), "sh -c 'echo Fragile > /parcel.txt'", name="packer")
vm1.containers.commit("packer", "student/parcel:1.0")
"""
WRITE = """
vm1.containers.run(
    sosc.image("small"), "sh -c 'seq 100 > /pages/notes.txt'", name="lab-book", volumes=["pages:/pages"]
)
"""
SAVE = 'vm1.images.save("student/parcel:1.0", "parcel.tar")\n'
BACKUP = 'vm1.volumes.backup("lab-book", "pages.tar.gz", image=sosc.image("small"))\n'
NEW_BOOK = 'vm1.containers.run(sosc.image("small"), "true", name="new-book", volumes=["copy:/pages"])\n'
RESTORE = 'vm1.volumes.restore("new-book", "pages.tar.gz", image=sosc.image("small"))'
ONE_DOWN = """
vm1.containers.run(
    sosc.image("small"), "tar xzf /backup/pages.tar.gz -C /pages", remove=True,
    volumes=["$PWD:/backup"], volumes_from=["new-book"],
)
"""


def judge_parcel(desk: Desk) -> Result:
    """Is there a compressed file from which another machine could load the image."""
    node = desk.vm1.node
    if node.sh(f"test -f {PARCEL}").exit_code:
        if node.sh("test -f parcel.tar").exit_code == 0:
            return failed(f"parcel.tar is there, and not compressed yet; wanted is {PARCEL}")
        return untried(f"there is no {PARCEL} on the machine yet")
    if node.sh(f"gzip -t {PARCEL}").exit_code:
        return failed(f"{PARCEL} is not compressed: its name promises what gzip has not done")
    read = node.sh(f"tar -xzOf {PARCEL} manifest.json")
    if read.exit_code:
        return failed(
            f"{PARCEL} holds files, but no image: `docker save` packs images, `docker export` does not"
        )
    names = [name for entry in json.loads(read.stdout) for name in entry["RepoTags"] or ()]
    if not names:
        return failed(f"the image in {PARCEL} has lost its name: save it by its name and not by its id")
    if IMAGE not in names:
        return failed(f"{PARCEL} holds {', '.join(names)} and not {IMAGE}")
    return passed(f"whoever gets {PARCEL} can load {IMAGE} from it, without any registry")


def judge_pages(desk: Desk) -> Result:
    """Does another volume hold what the first one holds."""
    book, new = looking.container(desk, BOOK), looking.container(desk, NEW)
    if book is None:
        return untried("the scene is not set: call .start() first")
    if new is None:
        return untried(f"there is no container {NEW} yet")
    mounted = volume_mounts(new).get("/pages")
    if mounted == VOLUME:
        return failed(f"{NEW} has the volume {VOLUME} itself at /pages: nothing was copied")
    if mounted != COPY:
        return failed(f"{NEW} does not have a volume {COPY} at /pages; docker inspect shows its mounts")
    written = looking.file_in_container(desk, NEW, PAGE)
    if written is None:
        if looking.file_in_container(desk, NEW, f"/pages{PAGE}") is not None:
            return failed("the pages came to lie in /pages/pages: they were unpacked one folder too deep")
        return failed(f"the volume {COPY} is there, and empty: nothing was unpacked into it yet")
    if written != looking.file_in_container(desk, BOOK, PAGE):
        return failed(f"{PAGE} differs from what {BOOK} holds")
    return passed(f"the volume {COPY} holds every line of {VOLUME}, and could do so on any machine")


EXERCISES = (
    Exercise(
        id="11.1",
        task=f"`.start()` leaves an image `{IMAGE}` on VM1. Pack it into a compressed file `{PARCEL}` in your"
        " home, so that somebody without a registry can load it from a memory stick.",
        hints=(
            "Two steps: an archive of the image, and its compression.",
            "`docker save` packs images, name and all; `docker export` packs the files of a container.",
            'In the library `vm1.images.save("student/parcel:1.0", "parcel.tar")`, then `gzip` by `vm1.sh`.',
        ),
        start=PACK,
        scene=(("container", "packer"), ("image", IMAGE)),
        solution=SAVE + 'vm1.sh("gzip -f parcel.tar")',
        shell="docker save student/parcel:1.0 | gzip > parcel.tar.gz",
        judge=judge_parcel,
        makes=(("container", "packer"), ("image", IMAGE)),
        mistakes={
            "not compressed": SAVE,
            "only the name is": SAVE + 'vm1.sh("mv parcel.tar parcel.tar.gz")',
            "a container's files": 'vm1.containers.export("packer", "parcel.tar")\nvm1.sh("gzip parcel.tar")',
            "another image": 'vm1.images.save(sosc.image("small"), "parcel.tar")\nvm1.sh("gzip parcel.tar")',
        },
    ),
    Exercise(
        id="11.2",
        task=f"`.start()` leaves on VM1 a container `{BOOK}`, with a volume `{VOLUME}` at `/pages`. Bring its"
        f" pages, by way of an archive `pages.tar.gz`, into a new volume `{COPY}`, on VM1 too, which a"
        f" container `{NEW}` has at `/pages`.",
        hints=(
            "A helper that is started with `--volumes-from lab-book` sees the pages, and can pack them.",
            f"Then a container `{NEW}` with `-v {COPY}:/pages`; it need not do anything.",
            "`vm1.volumes.backup(container, file, image=…)` and `vm1.volumes.restore(…)` do both ways.",
        ),
        start=WRITE,
        scene=(("volume", VOLUME), ("container", BOOK)),
        solution=BACKUP + NEW_BOOK + RESTORE,
        shell='docker run --rm --volumes-from lab-book -v "$PWD:/backup" {small}'
        " tar czf /backup/pages.tar.gz -C / pages\n"
        "docker run --name new-book -v copy:/pages {small} true\n"
        'docker run --rm --volumes-from new-book -v "$PWD:/backup" {small} tar xzf /backup/pages.tar.gz -C /',
        judge=judge_pages,
        makes=(
            *(("container", name) for name in (BOOK, NEW)),
            *(("volume", name) for name in (VOLUME, COPY)),
        ),
        mistakes={
            "nothing unpacked": BACKUP + NEW_BOOK,
            "the same volume": NEW_BOOK.replace("copy:", "pages:"),
            "one folder too deep": BACKUP + NEW_BOOK + ONE_DOWN,
        },
    ),
)
