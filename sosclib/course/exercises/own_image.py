"""The exercise of section 10: a program of one's own in an image of one's own, on its way to others."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import docker.errors
import requests.exceptions

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.engine.faults import explanation
from sosclib.engine.repository import Tag
from sosclib.engine.running import NOT_STARTED, refusal
from sosclib.lab.errors import NotFound

REPOSITORY, RELEASE, INSIDE, FOLDER, CONTAINER = "mine", "1.0", "/results", "results", "mine"
PATIENCE = 120
"""Seconds that a program has to come to its end."""

PROGRAM = 'open("/results/answer.txt", "w").write(str(6 * 7))'
PREPARE = "mkdir -p mine results"
WRITE_PROGRAM = f"echo '{PROGRAM}' > mine/program.py"
COPY = "'COPY program.py /program.py' "
WRITE_DOCKERFILE = (
    "printf '%s\\n' 'FROM {python}' " + COPY + """'CMD ["python3", "/program.py"]' > mine/Dockerfile"""
)
FILES = f"vm1.sh({PREPARE!r})\nvm1.sh({WRITE_PROGRAM!r})\nvm1.sh({WRITE_DOCKERFILE!r})\n"
BUILD = 'mine = f"{vm1.registry.prefix}/mine:1.0"\nvm1.images.build("mine", tag=mine)\n'
RUN = 'vm1.containers.run(mine, name="mine", volumes=["$PWD/results:/results"])\n'
PUSH = "vm1.registry.login()\nvm1.images.push(mine)\n"


def program(text: str, dockerfile: str = WRITE_DOCKERFILE) -> str:
    """Return the code that writes all files, with another program or Dockerfile in the first one's place."""
    return f"vm1.sh({PREPARE!r})\nvm1.sh({f'echo {text!r} > mine/program.py'!r})\nvm1.sh({dockerfile!r})\n"


def judge_own_image(desk: Desk) -> Result:
    """Is a program in an image, the image in the registry, and its output on the machine."""
    name = f"{desk.vm1.registry.prefix}/{REPOSITORY}"
    try:
        tags = {tag.name: tag for tag in desk.vm1.registry.repository(REPOSITORY).tags}
    except NotFound:
        tags = {}
    if RELEASE not in tags:
        if tags:
            return failed(f"the repository {name} has {', '.join(tags)}, and no tag {RELEASE}")
        if looking.image_id(desk, f"{name}:{RELEASE}"):
            return failed(f"{name}:{RELEASE} is here, but it was not pushed: nobody else can have it yet")
        return untried(f"the registry has no repository {name} yet")
    return _judge_image(desk, name, tags[RELEASE]) or _judge_run(desk, f"{name}:{RELEASE}")


def _judge_image(desk: Desk, name: str, pushed: Tag) -> Result | None:
    """Pull what was pushed, and see that it brings the program along and that its output gets out."""
    reference = f"{name}@{pushed.digest}"
    account = desk.vm1.registry.account
    login = {"username": account.user, "password": account.password} if account.password else None
    with looking.pulled(desk, reference, login):
        api: Any = desk.vm1.docker.api
        code, log, written = _tried(desk, reference)
        steps = [step["CreatedBy"] for step in api.history(reference)]
    if code == 0 and written:
        return None
    # There are other ways to bring a program in, and so this is no more than a reason.
    if not any("COPY " in step or "ADD " in step for step in steps):
        return failed(
            "no step of the image copies anything into it: whoever pulls it gets no program of yours"
        )
    if code is None:
        return failed(f"what you pushed does not end within {PATIENCE} s when it runs")
    if code:
        return failed(f"what you pushed ends with exit code {code} when it runs: {log[-120:]}")
    return failed(
        f"a container made from what you pushed writes no file into {INSIDE}; it says: {log[-80:]!r}"
    )


def _judge_run(desk: Desk, reference: str) -> Result:
    """Look at the student's own run: from that image, with a folder of the machine, and a file in it."""
    found = looking.container(desk, CONTAINER)
    if found is None:
        return failed(f"the image is fine; now run it in a container named {CONTAINER}")
    if found["Image"] != looking.image_id(desk, reference):
        return failed(f"the container {CONTAINER} was made from another image than {reference} is now")
    mounts = {mount["Destination"]: mount["Type"] for mount in found["Mounts"]}
    if INSIDE not in mounts:
        return failed(
            f"{CONTAINER} ran without anything at {INSIDE}: its output went down with the container"
        )
    if mounts[INSIDE] != "bind":
        return failed(f"{CONTAINER} has a {mounts[INSIDE]} at {INSIDE}; wanted is a folder of the machine")
    if not desk.vm1.node.sh(f"find {FOLDER} -type f -size +0").stdout:
        return failed(f"the folder {FOLDER} on the machine holds no output")
    return passed(
        "it runs wherever it is pulled, and what it finds out stays on the machine: a piece of work to share"
    )


def _tried(desk: Desk, reference: str) -> tuple[int | None, str, bool]:
    """Run an image with a place for its results; return exit code, log, and whether there was a result."""
    api: Any = desk.vm1.docker.api
    labels = desk.vm1.ownership.labels()
    try:
        made = api.create_container(reference, labels=labels, volumes=[INSIDE])["Id"]
    except docker.errors.APIError as error:
        return NOT_STARTED, explanation(error), False
    try:
        # A bind mount may be anybody's folder, and so whoever the image runs as may write here too.
        api.put_archive(made, "/", _open_folder(INSIDE))
        api.start(made)
        code = int(api.wait(made, timeout=PATIENCE)["StatusCode"])
        log = api.logs(made).decode(errors="replace").strip()
        return code, log, _holds_a_file(api, made)
    except requests.exceptions.ConnectionError:
        return None, "", False  # docker-py's word for a wait that took too long
    except docker.errors.APIError as error:
        said = explanation(error)
        return refusal(said), said, False
    finally:
        api.remove_container(made, force=True, v=True)


def _open_folder(path: str) -> bytes:
    """Return an archive of one folder, into which everybody may write."""
    folder = tarfile.TarInfo(path.lstrip("/"))
    folder.type, folder.mode = tarfile.DIRTYPE, 0o777
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as files:
        files.addfile(folder)
    return archive.getvalue()


def _holds_a_file(api: Any, container: str) -> bool:
    chunks, _ = api.get_archive(container, INSIDE)
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as files:
        return any(member.isfile() and member.size for member in files)


EXERCISES = (
    Exercise(
        id="10.1",
        task="Put a Python program of **your own** into an image. In the registry it is `{own}/mine:1.0`;"
        " without any further word it runs your program, and the program writes what it finds out into a file"
        " in `/results`. Run it once in a container named `mine`, with the machine's folder `results` at"
        " `/results`, and push it.",
        hints=(
            "Try the program first: a session in the image `python`, with your folder mounted, tells what it"
            " lacks.",
            "The Dockerfile: `FROM {python}`, `COPY` for the program, `CMD` in brackets for what to run.",
            'The run: `--name mine -v "$PWD/results:/results"`. The push: log in first, and give the image'
            " its full name when you build it.",
        ),
        solution=FILES + BUILD + RUN + PUSH,
        shell=f"{PREPARE}\n{WRITE_PROGRAM}\n{WRITE_DOCKERFILE}\n"
        "docker build -t {own}/mine:1.0 mine\n"
        'docker run --name mine -v "$PWD/results:/results" {own}/mine:1.0\n'
        "{login}\n"
        "docker push {own}/mine:1.0",
        judge=judge_own_image,
        makes=(("container", CONTAINER), ("image", "{own}/mine:1.0")),
        mistakes={
            "not pushed": FILES + BUILD + RUN,
            "never run": FILES + BUILD + PUSH,
            "the output stays inside": FILES + BUILD + 'vm1.containers.run(mine, name="mine")\n' + PUSH,
            "only words on the screen": program("print(42)") + BUILD + RUN + PUSH,
            "the program stays outside": program(PROGRAM, WRITE_DOCKERFILE.replace(COPY, "")) + BUILD + PUSH,
            "a command that is not there": FILES.replace('"python3"', '"pyhton3"') + BUILD + RUN + PUSH,
            "no command at all": FILES.replace('["python3", "/program.py"]', "[]") + BUILD + PUSH,
            "it breaks": program("1 / 0") + BUILD + RUN + PUSH,
        },
    ),
)
