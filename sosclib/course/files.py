"""Files in the lab user's home: a section's are removed with all that it made, a student's are kept."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sosclib.course.desk import Desk
from sosclib.course.needs import has_image
from sosclib.engine.machine import Machine
from sosclib.lab.errors import LabError

INSIDE = "/course"
ASIDE = ".set-aside"


def remove_files(desk: Desk, keep: tuple[str, ...] = ()) -> list[str]:
    """Remove what a section makes in the home of the lab's user on every machine; return it in words."""
    names = [name for name in desk.section.files if name not in keep]
    return [f"file {name}" for machine in desk.nodes.values() for name in _remove(desk, machine, names)]


def _remove(desk: Desk, machine: Machine, names: list[str]) -> list[str]:
    there = [name for name in names if exists(machine, name)]
    if not there:
        return []
    machine.node.sh(f"rm -rf -- {shlex.join(there)}")
    # A container is root, and so is what it wrote into a folder of the machine.
    stubborn = [name for name in there if exists(machine, name)]
    if stubborn:
        as_root(desk, machine, stubborn)
    return there


def exists(machine: Machine, name: str) -> bool:
    """Tell whether there is something of that name in the home of the lab's user."""
    quoted = shlex.quote(name)
    return machine.node.sh(f"test -e {quoted} || test -L {quoted}").exit_code == 0


def as_root(desk: Desk, machine: Machine, names: list[str]) -> None:
    """Remove files of root: by sudo on the lab's own machines, else by a container.

    Parameters
    ----------
    desk : Desk
    machine : Machine
    names : list of str
        As seen from the home of the lab's user.

    Raises
    ------
    LabError
        Where one of them stays.
    SoscError
        Such as `ImageError`, where the container cannot be run.
    """
    if desk.lab.exclusive and not machine.node.sh(f"sudo -n rm -rf -- {shlex.join(names)}").exit_code:
        return
    with machine.terminal.quietly():
        image = desk.catalogue.resolve("small")
        there = has_image(machine, image)
        command = ["rm", "-rf", *(f"{INSIDE}/{name}" for name in names)]
        machine.containers.run(image, command, remove=True, volumes=[f"$PWD:{INSIDE}"])
        if not there:
            machine.images.remove(image)
    left = [name for name in names if exists(machine, name)]
    if left:
        raise LabError(f"{', '.join(left)} cannot be removed from {machine.node.home}.")


@contextmanager
def set_aside(machine: Machine, names: Collection[str]) -> Iterator[list[str]]:
    """Take files out of their folders while others of these names are needed there, and put them back.

    Where that was interrupted, the next time begins with what was set aside then.

    Parameters
    ----------
    machine : Machine
    names : collection of str
        As seen from the home of the lab's user.

    Yields
    ------
    list of str
        Filled at the end: which of them are not the same as those that were there meanwhile.

    Raises
    ------
    CommandFailed
        Where a file cannot be moved.
    """
    changed: list[str] = []
    theirs: list[str] = []
    try:
        for name in names:
            if not exists(machine, _aside(name)) and exists(machine, name):
                _move(machine, name, _aside(name))
            if exists(machine, _aside(name)):
                theirs.append(name)
        yield changed
    finally:
        for name in theirs:
            if machine.node.sh(shlex.join(["cmp", "-s", name, _aside(name)])).exit_code:
                changed.append(name)
            _move(machine, _aside(name), name)
            machine.node.sh(f"rmdir -p {shlex.quote(posixpath.dirname(_aside(name)))}")


def _aside(name: str) -> str:
    """Return where a file is meanwhile: not in its folder, which an image may be built from."""
    return f"{ASIDE}/{name}"


def _move(machine: Machine, old: str, new: str) -> None:
    folder = shlex.quote(posixpath.dirname(new))
    machine.node.sh(f"mkdir -p {folder} && {shlex.join(['mv', '-f', old, new])}").check()
