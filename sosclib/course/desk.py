"""What a student works on in one section: machines, images, and what stood there before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sosclib.course.sections import Section
from sosclib.lab.drills import Drills
from sosclib.lab.errors import LabError, SoscError
from sosclib.lab.lab import Lab

if TYPE_CHECKING:
    from sosclib.course.catalogue import Catalogue
    from sosclib.engine.machine import Machine
    from sosclib.engine.snapshot import EngineObject


class Following(Protocol):
    """What goes on in the background until it is closed."""

    def close(self) -> None:
        """Stop; closing once more does nothing."""


F = TypeVar("F", bound=Following)


@dataclass(frozen=True)
class Desk:
    """The machines of one section.

    Attributes
    ----------
    section : Section
    lab : Lab
    nodes : mapping of str to Machine
    catalogue : Catalogue
    before : frozenset of EngineObject
        What was in somebody's own engine when the section began; empty in a lab of virtual machines.
    ended : bool
        Whether the section was cleaned up: what is typed from then on is somebody's own, whatever its name.
    """

    section: Section
    lab: Lab
    nodes: Mapping[str, Machine]
    catalogue: Catalogue
    before: frozenset[EngineObject] = frozenset()
    ended: bool = False

    @property
    def vm1(self) -> Machine:
        """The first machine."""
        return self.nodes["vm1"]

    @property
    def vm2(self) -> Machine:
        """The second machine.

        Raises
        ------
        LabError
            Where the lab has one machine only.
        """
        if "vm2" not in self.nodes:
            raise LabError(
                "This lab has no VM2.",
                "Its one machine is the engine of this computer.",
                'Set LAB = "vm" in the first cell, and run the section from there.',
            )
        return self.nodes["vm2"]

    @property
    def second(self) -> Machine:
        """Another machine than VM1, or VM1 itself where the lab has no other."""
        return self.nodes.get("vm2", self.vm1)

    @property
    def drills(self) -> Drills:
        """Faults on purpose: power, cable and engine of the machines; the section's end undoes them."""
        return self.lab.drills

    def log_in_again(self, name: str = "vm1") -> None:
        """Log out of a machine and in again: new groups count from the next login on."""
        machine = self.vm2 if name == "vm2" else self.nodes[name]
        if self.lab.provider == "host":
            print(f"{machine.title} is this computer: you stay logged in.")
            return
        machine.node.reconnect()
        print(f"You have logged out of {machine.title}, and in again.")
        machine.sh("groups")

    def __repr__(self) -> str:
        return f"<{self.section.name} on {', '.join(machine.title for machine in self.nodes.values())}>"


class Holder:
    """Holds the desk of the section that is open.

    A notebook's cells do not hand anything to each other but by names, and an exercise or a cell magic must
    find the machines without being given them. One kernel is one process and works on one section, so one
    place in the process is as right as one in the kernel, and works in a plain Python too.

    Attributes
    ----------
    tasks : dict of str to Task
        The exercises in hand, which know how many hints were given.
    """

    def __init__(self) -> None:
        self._desk: Desk | None = None
        self._following: list[Following] = []
        self.tasks: dict[str, Any] = {}

    @property
    def desk(self) -> Desk:
        """The desk of the section that is open.

        Raises
        ------
        SoscError
            Where none is.
        """
        if self._desk is None:
            raise SoscError(
                "No section has begun.",
                "The machines are not connected yet.",
                "Run the section's first cells: the one with sosc.begin(…) is among them.",
            )
        return self._desk

    @property
    def open(self) -> bool:
        """Whether a section has begun."""
        return self._desk is not None

    def set_right(self) -> list[str]:
        """Undo what drills on the former desk have broken, and return it in words.

        Raises
        ------
        SoscError
            Where something cannot be undone.
        """
        if self._desk is None or not self._desk.lab.exclusive:
            return []
        return self._desk.drills.undo()

    def follow(self, view: F) -> F:
        """Keep a view that follows what happens, until `stop_following`; return it."""
        self._following.append(view)
        return view

    def stop_following(self) -> None:
        """Close the views that are open: what they show is about to be cleared away."""
        while self._following:
            self._following.pop().close()

    def put(self, desk: Desk) -> None:
        """Take a new desk; the connections of the former one are given back, unless it is in the same lab."""
        if self._desk is not None and self._desk.lab is not desk.lab:
            self._desk.lab.close()
        self._desk = desk
        self.tasks.clear()


HOLDER = Holder()
"""What a kernel keeps from one cell to the next: the only thing in the library that changes."""
