"""What a change costs: several Dockerfiles, several changes, and what is built anew after each."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sosclib.lab.errors import NotFound
from sosclib.measure.environment import is_present
from sosclib.measure.timing import Contender, Timings, compare

if TYPE_CHECKING:
    from sosclib.engine.building_state import Build
    from sosclib.engine.machine import Machine
    from sosclib.engine.table import Table

START, END = "the order to build", "the image's name"
CHANGED, NOTHING = "WHAT HAS CHANGED", "nothing"


@dataclass(frozen=True)
class Rebuilds:
    """What was measured.

    Attributes
    ----------
    timings : Timings
        Seconds of the builds after a change; a contender is a Dockerfile and a change, see `called`.
    anew : mapping of str to tuple of str
        From the same names to the instructions that were worked through again.
    dockerfiles, changes : tuple of str
    """

    timings: Timings
    anew: Mapping[str, tuple[str, ...]]
    dockerfiles: tuple[str, ...]
    changes: tuple[str, ...]

    @property
    def table(self) -> Table:
        """One line per change, one column per Dockerfile: which instructions were worked through again."""
        from sosclib.engine.table import table

        rows = [
            {CHANGED: change} | {file: _words(self.anew[called(file, change)]) for file in self.dockerfiles}
            for change in self.changes
        ]
        return table(rows, (CHANGED, *self.dockerfiles))


def called(dockerfile: str, change: str) -> str:
    """Return what a Dockerfile after a change is called among the timings."""
    return f"{dockerfile}: {change}"


def rebuilds(
    machine: Machine,
    folder: str,
    dockerfiles: Iterable[str],
    changes: Mapping[str, str],
    *,
    repeats: int = 2,
) -> Rebuilds:
    """Build an image after each of several changes, by each of several Dockerfiles, in turns.

    Each Dockerfile works in a copy of the folder of its own: what one build has seen changed is no news to
    the next one. Neither the copies nor the images stay.

    Parameters
    ----------
    machine : Machine
    folder : str
        Holds the Dockerfiles and all that they copy.
    dockerfiles : iterable of str
        Their names in that folder.
    changes : mapping of str to str
        What to call each change, and the shell command that makes it, in that folder; it changes something
        each time.
    repeats : int
    """
    files = tuple(dockerfiles)
    anew: dict[str, tuple[str, ...]] = {}
    made: list[Build] = []
    with machine.terminal.quietly(), _copies(machine, folder, files, made) as copies:

        def build_one(file: str) -> Build:
            tag = f"{copies}:{file.lower()}"
            made.append(machine.images.build(f"{copies}/{file}", tag=tag, dockerfile=file))
            return made[-1]

        for file in files:
            build_one(file)

        def after(file: str, change: str) -> float:
            machine.node.sh(f"cd {copies}/{file} && {changes[change]}").check()
            build = build_one(file)
            anew[called(file, change)] = tuple(step.instruction for step in build.ran)
            return build.seconds

        entered = [
            Contender(called(file, change), partial(after, file, change), START, END)
            for file in files
            for change in changes
        ]
        timings = compare(entered, repeats=repeats, warmup=0)
    return Rebuilds(timings, anew, files, tuple(changes))


@contextmanager
def _copies(machine: Machine, folder: str, files: tuple[str, ...], made: list[Build]) -> Iterator[str]:
    """Give the folder in which each Dockerfile has a copy; afterwards it is gone, and what was built."""
    if machine.node.sh(f"test -d {shlex.quote(folder)}").exit_code:
        raise NotFound(
            f"There is no folder {folder} on {machine.title}.",
            "It is named as seen from the lab user's home.",
            "ls shows what there is.",
        )
    where = f"rebuilds-{secrets.token_hex(4)}"
    try:
        for file in files:
            machine.node.sh(f"mkdir -p {where} && cp -a {shlex.quote(folder)} {where}/{file}").check()
        yield where
    finally:
        machine.node.sh(f"rm -rf {where}")
        # Those that lost their names to later ones are known by their ids only.
        for reference in dict.fromkeys([*(build.name for build in made), *(build.id for build in made)]):
            if is_present(machine.docker, reference):
                machine.images.remove(reference)


def _words(instructions: tuple[str, ...]) -> str:
    return ", ".join(instruction.partition(" ")[0] for instruction in instructions) or NOTHING
