"""How containers end: how long ``docker stop`` takes, which process is the first, what its exit code is."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sosclib.engine.faults import teaching
from sosclib.lab.errors import LabError
from sosclib.measure.timing import Contender, Timings, compare

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine
    from sosclib.engine.table import Table

COLUMNS = ("WAY", "PID 1", "EXIT CODE", "ENDED")
KILLED = 137
"""128 and the number of SIGKILL: the exit code of what the kernel has ended."""
READY_WITHIN = 60
"""Seconds that a container has until it says its first word."""
POLL = 0.02
START, END = "the request to stop", "the engine's word that it has ended"


@dataclass(frozen=True)
class Ending:
    """How the containers of one way ended: alike each time, or it is told."""

    way: str
    first_process: str
    exit_codes: tuple[int, ...]


@dataclass(frozen=True)
class Stops:
    """What was measured.

    Attributes
    ----------
    timings : Timings
        Seconds from the request to the container's end.
    endings : tuple of Ending
    patience : int
        Seconds that the engine waited before it killed.
    """

    timings: Timings
    endings: tuple[Ending, ...]
    patience: int

    @property
    def table(self) -> Table:
        """One line per way: its first process, its exit code, and when it ended."""
        from sosclib.engine.table import table

        rows = [
            {
                "WAY": ending.way,
                "PID 1": ending.first_process,
                "EXIT CODE": ", ".join(map(str, sorted(set(ending.exit_codes)))),
                "ENDED": "killed" if KILLED in ending.exit_codes else "at once",
            }
            for ending in self.endings
        ]
        return table(rows, COLUMNS)


def stops(
    machine: Machine,
    ways: Mapping[str, str],
    *,
    init: Collection[str] = (),
    repeats: int = 3,
    patience: int = 3,
) -> Stops:
    """Start and stop containers, in turns, and note how each ended; none is left.

    Parameters
    ----------
    machine : Machine
    ways : mapping of str to str
        What to call each way, and the image that it is about. Its containers write something as soon as they
        are ready, and go on working.
    init : collection of str
        The ways for which the engine puts its own small init in front (``--init``).
    repeats : int
        How often each is stopped.
    patience : int
        Seconds before the engine kills (``docker stop -t``); ten where nobody says anything.

    Raises
    ------
    LabError
        Where a container ends by itself or says nothing.
    """
    seen: dict[str, list[tuple[str, int]]] = {name: [] for name in ways}
    entered = [
        Contender(name, partial(_stop_one, machine, image, name in init, patience, seen[name]), START, END)
        for name, image in ways.items()
    ]
    with machine.terminal.quietly(), teaching():
        timings = compare(entered, repeats=repeats, warmup=0)
    endings = tuple(
        Ending(name, noted[0][0], tuple(code for _, code in noted)) for name, noted in seen.items() if noted
    )
    return Stops(timings, endings, patience)


def _stop_one(machine: Machine, image: str, init: bool, patience: int, noted: list[tuple[str, int]]) -> float:
    """Start a container, wait until it is ready, and return the seconds that its stop took."""
    api: Any = machine.docker.api
    host = api.create_host_config(init=True if init else None, network_mode="none")
    labels = machine.ownership.labels()
    container = api.create_container(image, host_config=host, labels=labels)["Id"]
    try:
        api.start(container)
        _wait_until_ready(api, container, image)
        first = _first_process(api, container)
        begin = time.perf_counter()
        api.stop(container, timeout=patience)
        seconds = time.perf_counter() - begin
        noted.append((first, int(api.inspect_container(container)["State"]["ExitCode"])))
    finally:
        api.remove_container(container, force=True, v=True)
    return seconds


def _wait_until_ready(api: Any, container: str, image: str) -> None:
    give_up = time.monotonic() + READY_WITHIN
    while time.monotonic() < give_up:
        if api.logs(container):
            return
        if not api.inspect_container(container)["State"]["Running"]:
            raise LabError(
                f"A container of {image} ended by itself, without a word.",
                help="Only one that goes on working can be stopped.",
            )
        time.sleep(POLL)
    raise LabError(
        f"A container of {image} says nothing.",
        f"It was given {READY_WITHIN} s.",
        "Let its program write a line when it is ready.",
    )


def _first_process(api: Any, container: str) -> str:
    """Return the command line of the process that is number 1 inside."""
    pid = str(api.inspect_container(container)["State"]["Pid"])
    listed = api.top(container, ps_args="-o pid,args")["Processes"]
    return next((" ".join(arguments) for number, *arguments in listed if number == pid), "")
