"""The boot race: what starting a process, a container and a virtual machine takes, on this machine, now."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from sosclib.lab.errors import LabError, SoscError
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.node import Node
from sosclib.measure import references
from sosclib.measure.contenders import FULL_VMS, KINDS, MACHINE, MAKERS, RUNC, TINY_VM, UNSHARE, Field
from sosclib.measure.durations import duration
from sosclib.measure.environment import Environment, environment
from sosclib.measure.places import Here, Place, place_of
from sosclib.measure.references import Reference
from sosclib.measure.timing import Contender, Timings, compare, spread

if TYPE_CHECKING:
    import docker
    import pandas as pd

LABELS = {"sosc.role": "race"}
MACHINE_REPEATS = 3
MEASURED, REFERENCE = "measured now", "reference"
TAKES_MINUTES = "A full virtual machine takes minutes: these are reference times, measured elsewhere."
FULL_VM_HELP = "sosc.race(vm1, full_vm=True)"


class Racecourse(Protocol):
    """What a race needs of a machine of the lab."""

    @property
    def docker(self) -> docker.DockerClient:
        """The bare SDK client of its engine."""

    @property
    def node(self) -> Node | None:
        """The machine itself."""


@dataclass(frozen=True)
class Absent:
    """A contender that did not run: why, and what helps."""

    contender: str
    reason: str
    help: str


@dataclass(frozen=True)
class Race:
    """The outcome of a race.

    Attributes
    ----------
    timings : Timings
        Of the contenders that ran here.
    absent : tuple of Absent
        Those that did not.
    references : tuple of Reference
        Times from elsewhere for contenders that did not run here.
    environment : Environment
    place : str
        On which machine the processes and containers ran.
    """

    timings: Timings
    absent: tuple[Absent, ...]
    references: tuple[Reference, ...]
    environment: Environment
    place: str

    @property
    def samples(self) -> pd.DataFrame:
        """All samples, measured and reference, with the facts beside them."""
        import pandas as pd

        facts = {
            "kernel": self.environment.engine_kernel or self.environment.kernel,
            "accelerator": self.environment.accelerator,
            "engine": self.environment.engine,
            "storage driver": self.environment.storage_driver,
            "image present": self.environment.image_present,
        }
        measured = self.timings.samples.drop(columns="place").assign(source=MEASURED, **facts)
        elsewhere = references.frame(self.references)[["contender", "seconds"]].assign(source=REFERENCE)
        both = pd.concat([frame for frame in (measured, elsewhere) if len(frame)], ignore_index=True)
        both.insert(1, "kind", both["contender"].map(dict(KINDS)))
        return both

    def summary(self) -> pd.DataFrame:
        """Return one line per contender: kind, median and spread, source, start and end event."""
        import pandas as pd

        lines = [
            {
                "contender": name,
                "kind": KINDS[name],
                **{key: spread(seconds)[key] for key in ("median", "iqr", "n")},
                "source": source,
                "start": start,
                "end": end,
            }
            for name, seconds, source, start, end in self._lines()
        ]
        return pd.DataFrame(lines).set_index("contender")

    def table(self) -> pd.DataFrame:
        """Return the summary in words, to be read: median, spread, number of runs, where it was measured."""
        summary = self.summary()
        words = {column: summary[column].map(duration) for column in ("median", "iqr")}
        shown = summary.assign(**words)[["kind", "median", "iqr", "n", "source"]]
        return shown.rename(columns={"iqr": "spread (IQR)", "n": "runs"})

    def median(self, contender: str) -> float:
        """Return a contender's median in seconds, measured here or, failing that, elsewhere.

        Raises
        ------
        LabError
            Where it took no part.
        """
        medians = {name: statistics.median(seconds) for name, seconds, *_ in self._lines()}
        if contender not in medians:
            raise LabError(
                f"{contender} took no part in this race.", help=f"Choose of: {', '.join(medians)}."
            )
        return medians[contender]

    def ratio(self, contender: str, to: str) -> float:
        """Return how many times as long one took as the other, by their medians."""
        return self.median(contender) / self.median(to)

    def faster(self, contender: str, than: str) -> bool:
        """Tell whether one took less time than the other, by their medians."""
        return self.median(contender) < self.median(than)

    def order(self) -> list[str]:
        """Return the contenders from the fastest to the slowest."""
        return sorted((name for name, *_ in self._lines()), key=self.median)

    def as_references(self, machine: str, provenance: str) -> tuple[Reference, ...]:
        """Return the virtual machines measured here as references; `references.record` writes them.

        Parameters
        ----------
        machine : str
            The machine in words: CPUs, accelerator, versions.
        provenance : str
            What was measured, and how.
        """
        return tuple(
            Reference(name, tuple(round(s, 4) for s in seconds), start, end, machine, provenance)
            for name, seconds, source, start, end in self._lines()
            if KINDS[name] == MACHINE and source == MEASURED
        )

    def __repr__(self) -> str:
        table = self.summary()[["kind", "median", "iqr", "n", "source"]].round(4).to_string()
        reasons: dict[str, list[str]] = {}
        for one in self.absent:
            reasons.setdefault(one.reason, []).append(one.contender)
        missing = [f"Not run here: {'; '.join(names)}. {reason}" for reason, names in reasons.items()]
        return "\n".join([table, *missing])

    def _lines(self) -> list[tuple[str, list[float], str, str, str]]:
        """Return name, samples, source, start and end of everybody, in the order in which they are shown."""
        measured = [
            (e.contender, self.timings.seconds(e.contender), MEASURED, e.start, e.end)
            for e in self.timings.events
        ]
        elsewhere = [(r.contender, list(r.seconds), REFERENCE, r.start, r.end) for r in self.references]
        return sorted(measured + elsewhere, key=lambda line: list(KINDS).index(line[0]))


def race(
    machine: Racecourse,
    *,
    image: str,
    repeats: int = 10,
    seed: int | None = None,
    full_vm: bool = False,
    labels: Mapping[str, str] | None = None,
    progress: Progress = quiet,
) -> Race:
    """Race a process, namespaces, a bare runtime, containers and virtual machines against one another.

    Parameters
    ----------
    machine : Machine
        Its engine runs the containers. Where its kernel isn't this machine's, the processes run there too.
    image : str
        Image of the containers; it must be present and have a ``true`` in it.
    repeats : int
        Rounds. Virtual machines take part in three of them at most.
    seed : int, optional
        Makes the order within the rounds repeatable.
    full_vm : bool
        Whether full virtual machines are booted and resumed too, after the others: minutes, instead of
        reference times.
    labels : mapping of str to str, optional
        Whose the containers are, for who finds one of a race that was killed.
    progress : callable, optional
        Is told what is being done.

    Returns
    -------
    Race
        Whoever does not run here is listed in `Race.absent` with the reason, and has its reference times.
    """
    with ExitStack() as clean_up:
        place, absent = _place(machine)
        field = Field(machine.docker, image, place, {**LABELS, **(labels or {})}, clean_up)
        entered: list[Contender] = []
        for name in KINDS:
            if name in absent:
                continue
            progress(f"preparing {name}")
            try:
                entered.append(_bounded(MAKERS[name](field)))
            except SoscError as error:
                absent[name] = _absent(name, error)
        timings = compare(entered, repeats=repeats, seed=seed, progress=progress)
    if full_vm:
        timings = _with_full_machines(timings, absent, progress)
    return Race(
        timings=timings,
        absent=tuple(absent[name] for name in KINDS if name in absent),
        references=tuple(r for r in references.machines() if r.contender not in timings.contenders),
        environment=environment(
            machine.docker,
            accelerator=_accelerator() if TINY_VM in timings.contenders else "",
            image=image,
            network="bridge and none",
        ),
        place=place.name,
    )


def _place(machine: Racecourse) -> tuple[Place, dict[str, Absent]]:
    """Return where processes run, and who stays away because that is not beside the containers."""
    absent = {name: Absent(name, TAKES_MINUTES, FULL_VM_HELP) for name in KINDS if name not in MAKERS}
    kernel = environment(machine.docker).engine_kernel
    try:
        return place_of(kernel, machine.node), absent
    except LabError as error:
        return Here(), absent | {name: _absent(name, error) for name in (UNSHARE, RUNC)}


def _with_full_machines(timings: Timings, absent: dict[str, Absent], progress: Progress) -> Timings:
    """Return the timings with those of the full virtual machines; strike from the absent who took part."""
    from sosclib.measure.full_vm import full_machines

    try:
        full = full_machines(progress=progress)
    except SoscError as error:
        absent |= {name: _absent(name, error) for name in absent if name in FULL_VMS}
        return timings
    for name in FULL_VMS:
        absent.pop(name)
    return timings.joined(full, FULL_VMS)


def _absent(name: str, error: SoscError) -> Absent:
    return Absent(name, " ".join(filter(None, (error.what, error.why))), error.help)


def _bounded(contender: Contender) -> Contender:
    bound = MACHINE_REPEATS if KINDS[contender.name] == MACHINE else None
    return replace(contender, repeats=bound)


def _accelerator() -> str:
    from sosclib.lab.vm.accelerator import accelerator

    return accelerator().name
