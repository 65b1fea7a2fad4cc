"""Faults on purpose, on a lab's own machines: power, cable, engine, containers; and how they are undone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import docker.errors

from sosclib.lab.errors import LabError, NotFound, SoscError
from sosclib.lab.node import Node


class Faults(Protocol):
    """What a provider can do to its machines."""

    def power_off(self, name: str) -> None:
        """Cut a machine's power: what is in its memory is lost."""

    def power_on(self, name: str) -> None:
        """Start a machine that is off, from its disk, and wait until its engine answers.

        Raises
        ------
        LabError, CommandFailed
            Where it is not off, cannot be started now, or does not come up.
        """

    def off_before(self, name: str) -> tuple[str, ...]:
        """Return the machines that must be off before one can be started."""

    def cut_link(self) -> None:
        """Pull the cable between both machines."""

    def restore_link(self) -> None:
        """Plug it in again."""

    def slow_link(self, milliseconds: int, loss: float) -> None:
        """Delay every packet between both machines, and lose so many in a hundred."""

    def quick_link(self) -> None:
        """Let packets travel as before."""

    def stop_engine(self, name: str) -> None:
        """Stop a machine's Docker Engine."""

    def start_engine(self, name: str) -> None:
        """Start it again, and wait until it answers."""

    def kill(self, name: str, container: str) -> None:
        """Kill the first process of a machine's container, behind the back of its engine."""


class Drills:
    """Fault drills that know how to undo themselves.

    Parameters
    ----------
    faults : Faults
    names : tuple of str
        The machines.
    """

    def __init__(self, faults: Faults, names: tuple[str, ...]) -> None:
        self._faults = faults
        self._names = names
        self._undoing: dict[str, Callable[[], None]] = {}

    def power_off(self, name: str) -> None:
        """Cut a machine's power, as a failure would.

        Parameters
        ----------
        name : str
            ``vm1`` or ``vm2``.

        Raises
        ------
        LabError
            Where there is no such machine.
        """
        self._require(name)
        self._break(
            f"power {name}", lambda: self._faults.power_off(name), lambda: self._faults.power_on(name)
        )
        self._undoing.pop(f"engine {name}", None)  # that comes back with the machine

    def power_on(self, name: str) -> None:
        """Start a machine whose power was cut, and wait until its engine answers."""
        self._undo(f"power {name}", lambda: self._faults.power_on(name))

    def cut_link(self) -> None:
        """Pull the cable between both machines."""
        self._break("link", self._faults.cut_link, self._faults.restore_link)

    def restore_link(self) -> None:
        """Plug the cable in again."""
        self._undo("link", self._faults.restore_link)

    def slow_link(self, milliseconds: int, loss: float = 0.0) -> None:
        """Make the cable between both machines a bad one.

        Parameters
        ----------
        milliseconds : int
            By which every packet is late, in either direction; 0 ends it.
        loss : float
            Per cent of the packets that get lost, in either direction.

        Raises
        ------
        LabError
            For numbers that no cable has, and where these machines allow no such thing.
        """
        if milliseconds < 0 or not 0 <= loss <= 100:
            raise LabError(
                f"A cable cannot be late by {milliseconds} ms and lose {loss} %.",
                help="Milliseconds are 0 or more, and a loss is between 0 and 100 per cent.",
            )
        if not milliseconds and not loss:
            self._undo("slow", self._faults.quick_link)
            return
        self._break("slow", lambda: self._faults.slow_link(milliseconds, loss), self._faults.quick_link)

    def stop_engine(self, name: str) -> None:
        """Stop a machine's Docker Engine; the machine itself stays up."""
        self._require(name)
        self._break(
            f"engine {name}", lambda: self._faults.stop_engine(name), lambda: self._faults.start_engine(name)
        )

    def start_engine(self, name: str) -> None:
        """Start a machine's Docker Engine again, and wait until it answers."""
        self._undo(f"engine {name}", lambda: self._faults.start_engine(name))

    def kill(self, name: str, container: str) -> None:
        """Let a container crash: its first process gets ``kill -9``, and the engine is not asked.

        So its restart policy counts, as it does not after ``docker kill``. There is nothing to undo: whoever
        looks after the container, the engine or a swarm, replaces it; where nobody does, it has ended.

        Parameters
        ----------
        name : str
            ``vm1`` or ``vm2``.
        container : str
            Its name or id there.

        Raises
        ------
        NotFound
            Where that machine has no such container.
        LabError
            Where there is no such machine, or the container does not run.
        """
        self._require(name)
        self._faults.kill(name, container)

    def undo(self) -> list[str]:
        """Undo what is still wrong, and return it in words; machines are started in their order.

        Raises
        ------
        SoscError
            Where something could not be undone; all else is, and the next call tries that once more.
        """
        for name in [name for name in self._names if f"power {name}" in self._undoing]:
            for other in self._faults.off_before(name):
                if f"power {other}" not in self._undoing:
                    self.power_off(other)
        # A machine that is off has no engine to start and no cable to mend.
        order = sorted(self._undoing, key=lambda what: (not what.startswith("power"), what))
        undone, fault = [], None
        for what in order:
            try:
                self._undo(what, self._undoing[what])
            except SoscError as error:
                fault = fault or error
            else:
                undone.append(what)
        if fault is not None:
            raise fault
        return undone

    def _break(self, what: str, how: Callable[[], None], undo: Callable[[], None]) -> None:
        """Break something, and know beforehand how it is undone; what broke half is undone at once."""
        known = self._undoing.get(what)
        self._undoing[what] = undo
        try:
            how()
        except SoscError:
            if known is None:
                del self._undoing[what]
                with suppress(SoscError):  # what cannot be done often cannot be undone either
                    undo()
            raise

    def _undo(self, what: str, how: Callable[[], None]) -> None:
        how()
        self._undoing.pop(what, None)

    def _require(self, name: str) -> None:
        if name not in self._names:
            raise LabError(f"There is no machine {name!r}.", help=f"There are {', '.join(self._names)}.")


def first_process(node: Node, container: str) -> int:
    """Return the number, on its machine, of a container's first process.

    Raises
    ------
    NotFound
        Where there is no such container.
    LabError
        Where it does not run.
    """
    api: Any = node.docker.api
    try:
        pid = int(api.inspect_container(container)["State"]["Pid"])
    except docker.errors.NotFound:
        raise NotFound(
            f"{node.title} has no container {container}.", help="docker ps lists those that it has."
        ) from None
    if not pid:
        raise LabError(f"The container {container} does not run on {node.title}.")
    return pid
