"""A watch over this computer and VM1 while a section attacks: both are afterwards as they were."""

import hashlib
import os
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import docker
import docker.errors

from sosclib.course.begin import open_for
from sosclib.engine.snapshot import objects

SEALED = ("passwd", "shadow", "group", "sudoers", "docker/daemon.json", "subuid")
MARK = Path("/etc/visitor")
ATTACKS = {"fork while 1", "1 while 1", "breed", "hog", "peek", "plant"}
"""Arguments, or the names of programs, by which the processes of section 14 are known."""
EVERY = 0.1
ON_VM1 = """set -eo pipefail
sudo find /etc -type f -not -name 'group*' -not -name 'gshadow*' -printf '%p %s %u %m %T@\\n' | sort
sudo ls -1 /var/lib/docker | sort
sudo docker info --format '{{json .SecurityOptions}}'
getent passwd
"""


@contextmanager
def untouched(section):
    """Fail where a section's run on the lab has touched this computer, or left VM1 another than it was."""
    with closing(open_for(section, "vm")) as lab:
        vm1 = set(lab.nodes["vm1"].sh(ON_VM1).check().stdout.splitlines())
    before, began = this_computer(), time.time()
    with Watch() as watch:
        yield
    assert watch.rounds > 10 and watch.seen == set()
    assert this_computer() == before
    assert started_containers(began) == []
    with closing(open_for(section, "vm")) as lab:
        changed = vm1 ^ set(lab.nodes["vm1"].sh(ON_VM1).check().stdout.splitlines())
    assert not changed, "VM1 is another than it was: " + "\n".join(sorted(changed))


def this_computer():
    """Return what an attack would change: folders of /etc, its sealed files, what the engine holds."""
    names = frozenset(path for path, _, _ in os.walk("/etc"))
    sealed = {name: fingerprint(Path("/etc") / name) for name in SEALED}
    return names, sealed, MARK.exists(), held()


def fingerprint(path):
    try:
        about = path.stat()
    except OSError:
        return None
    content = hashlib.sha256(path.read_bytes()).hexdigest() if os.access(path, os.R_OK) else ""
    return about.st_uid, about.st_mode, about.st_size, about.st_mtime_ns, content


def held():
    """Return what this computer's own engine holds; None where there is none."""
    try:
        with closing(docker.from_env()) as client:
            return objects(client)
    except docker.errors.DockerException:
        return None


def started_containers(since):
    """Return the containers that this computer's own engine has started since a moment."""
    try:
        with closing(docker.from_env()) as client:
            filters = {"type": "container", "event": ["create", "start"]}
            told = client.events(since=int(since), until=int(time.time()) + 1, filters=filters, decode=True)
            return list(told)
    except docker.errors.DockerException:
        return []


class Watch:
    """Looks at this computer's processes again and again, for those that only an attack would start."""

    def __init__(self):
        self.seen = set()
        self.rounds = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _look(self):
        while not self._over.wait(EVERY):
            self.seen |= attacking()
            self.rounds += 1


def attacking():
    """Return the command lines of attacks among this computer's processes."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue  # it has ended meanwhile
            if ATTACKS & {word.rpartition("/")[2] for word in words}:
                found.add(" ".join(words))
    return found
