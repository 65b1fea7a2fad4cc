"""Files that a section makes in the lab user's home: removed like everything else that it made."""

from __future__ import annotations

import shlex

from sosclib.course.desk import Desk
from sosclib.course.needs import has_image
from sosclib.engine.machine import Machine
from sosclib.lab.errors import LabError

INSIDE = "/course"


def remove_files(desk: Desk, keep: tuple[str, ...] = ()) -> list[str]:
    """Remove what a section makes in the home of the lab's user on every machine; return it in words."""
    names = [name for name in desk.section.files if name not in keep]
    return [f"file {name}" for machine in desk.nodes.values() for name in _remove(desk, machine, names)]


def _remove(desk: Desk, machine: Machine, names: list[str]) -> list[str]:
    there = [name for name in names if _exists(machine, name)]
    if not there:
        return []
    machine.node.sh(f"rm -rf -- {shlex.join(there)}")
    # A container is root, and so is what it wrote into a folder of the machine.
    stubborn = [name for name in there if _exists(machine, name)]
    if stubborn:
        as_root(desk, machine, stubborn)
    return there


def _exists(machine: Machine, name: str) -> bool:
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
    left = [name for name in names if _exists(machine, name)]
    if left:
        raise LabError(f"{', '.join(left)} cannot be removed from {machine.node.home}.")
