"""The boot race with the course's own image for the containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.course.figures import note_figure
from sosclib.lab.lab import Progress, quiet
from sosclib.measure.contenders import BOOT_DOCKER, DOCKER, TINY_VM, TRUE
from sosclib.measure.race import Race
from sosclib.measure.race import race as race_with

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine


KEPT = (TRUE, DOCKER, TINY_VM, BOOT_DOCKER)
"""Whose times the last section looks back at, where they were measured here."""


def race(
    machine: Machine,
    *,
    image: str = "",
    repeats: int = 10,
    seed: int | None = None,
    full_vm: bool = False,
    progress: Progress = quiet,
) -> Race:
    """Race processes, containers and virtual machines against one another.

    Parameters
    ----------
    machine : Machine
        Its engine runs the containers.
    image : str, optional
        What the containers are made of; the catalogue's ``small`` by default. It is pulled before the race
        where it is missing.
    repeats : int
        Rounds; virtual machines take part in three of them at most.
    seed : int, optional
        Makes the order within the rounds repeatable.
    full_vm : bool
        Whether full virtual machines are booted and resumed too: minutes, instead of reference times.
    progress : callable, optional
        Is told what is being done.
    """
    from sosclib.measure.environment import is_present

    chosen = image or _small()
    if not is_present(machine.docker, chosen):
        with machine.terminal.quietly():
            machine.images.fetch(chosen)
    outcome = race_with(
        machine,
        image=chosen,
        repeats=repeats,
        seed=seed,
        full_vm=full_vm,
        labels=machine.ownership.labels(),
        progress=progress,
    )
    for name in KEPT:
        if name in outcome.timings.contenders:
            note_figure(f"the race: {name}", outcome.timings.median(name))
    return outcome


def _small() -> str:
    from sosclib.course.begin import image

    return image("small")
