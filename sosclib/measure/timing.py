"""Repeated, interleaved timing in which every sample is kept.

The contenders take turns, in an order drawn anew for each round from a stored seed, so that a load which
comes and goes on the machine falls on all of them alike. Warm-up rounds are samples too, marked ``cold``.
"""

from __future__ import annotations

import random
import secrets
import statistics
import time
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COLD, WARM = "cold", "warm"


@dataclass(frozen=True)
class Contender:
    """Something that is timed.

    Attributes
    ----------
    name : str
    action : callable
        Called without arguments; a number that it returns is taken as the seconds it measured itself,
        otherwise the call is timed from outside.
    start, end : str
        The events between which the time runs, in words.
    repeats : int or None
        An upper bound of warm samples for an expensive contender; they are spread over the rounds.
    """

    name: str
    action: Callable[[], object]
    start: str = "the call"
    end: str = "its return"
    repeats: int | None = None


@dataclass(frozen=True)
class Sample:
    """One measured duration: whose, in which round and at which place of it, cold or warm."""

    contender: str
    phase: str
    round: int
    place: int
    seconds: float


@dataclass(frozen=True)
class Events:
    """Between which events a contender's time runs, in words."""

    contender: str
    start: str
    end: str


@dataclass(frozen=True)
class Timings:
    """All samples of a comparison, as data.

    Attributes
    ----------
    events : tuple of Events
        One per contender, in the order in which they were given.
    measured : tuple of Sample
        In the order in which they were taken.
    seed : int
        What the order within the rounds was drawn from.
    """

    events: tuple[Events, ...]
    measured: tuple[Sample, ...]
    seed: int

    @property
    def contenders(self) -> tuple[str, ...]:
        """Names, in the order in which they were given."""
        return tuple(events.contender for events in self.events)

    @property
    def samples(self) -> pd.DataFrame:
        """All samples: contender, phase, round, place, seconds."""
        import pandas as pd

        columns = ["contender", "phase", "round", "place", "seconds"]
        return pd.DataFrame([vars(sample) for sample in self.measured], columns=columns)

    def seconds(self, contender: str, phase: str = WARM) -> list[float]:
        """Return the samples of one contender in the order in which they were taken."""
        return [s.seconds for s in self.measured if (s.contender, s.phase) == (contender, phase)]

    def median(self, contender: str) -> float:
        """Return the median of a contender's warm samples."""
        return statistics.median(self.seconds(contender))

    def ratio(self, contender: str, to: str) -> float:
        """Return the median over all rounds of how many times as long one took as the other.

        Both samples of a pair come from the same round, so that a load that lasts longer than a round
        falls out.
        """
        rounds = {(s.contender, s.round): s.seconds for s in self.measured if s.phase == WARM}
        pairs = [
            (seconds, rounds[to, turn])
            for (name, turn), seconds in rounds.items()
            if name == contender and (to, turn) in rounds
        ]
        return statistics.median(one / other for one, other in pairs)

    def joined(self, other: Timings, names: Container[str]) -> Timings:
        """Return these timings with some contenders of others, which ran apart from them."""
        events = tuple(e for e in other.events if e.contender in names)
        samples = tuple(s for s in other.measured if s.contender in names)
        return replace(self, events=self.events + events, measured=self.measured + samples)

    def summary(self) -> pd.DataFrame:
        """Return one line per contender: median and spread of its warm samples, median of its cold ones."""
        import pandas as pd

        lines = [
            {"contender": e.contender, **spread(self.seconds(e.contender)), **self._cold(e.contender)}
            | {"start": e.start, "end": e.end}
            for e in self.events
        ]
        return pd.DataFrame(lines).set_index("contender")

    def _cold(self, contender: str) -> dict[str, float]:
        cold = self.seconds(contender, COLD)
        return {"cold": statistics.median(cold) if cold else float("nan")}


def compare(
    contenders: Mapping[str, Callable[[], object]] | Iterable[Contender],
    *,
    repeats: int = 10,
    warmup: int = 1,
    seed: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Timings:
    """Time several contenders against one another.

    Parameters
    ----------
    contenders : mapping of str to callable, or iterable of Contender
    repeats : int
        Warm rounds.
    warmup : int
        Cold rounds before them, kept apart.
    seed : int, optional
        Makes the order within the rounds repeatable; drawn, and kept in the result, where none is given.
    progress : callable, optional
        Is told each round as it begins.
    """
    if isinstance(contenders, Mapping):
        contenders = [Contender(name, action) for name, action in contenders.items()]
    entered = list(contenders)
    seed = secrets.randbits(32) if seed is None else seed
    order = random.Random(seed)
    measured: list[Sample] = []
    for phase, rounds in ((COLD, warmup), (WARM, repeats)):
        for turn in range(1, rounds + 1):
            field = [c for c in entered if phase == COLD or _takes_part(c, turn, rounds)]
            order.shuffle(field)
            if progress:
                progress(f"{phase} round {turn} of {rounds}")
            measured += [
                Sample(contender.name, phase, turn, place, _time(contender.action))
                for place, contender in enumerate(field, start=1)
            ]
    return Timings(tuple(Events(c.name, c.start, c.end) for c in entered), tuple(measured), seed)


def spread(seconds: list[float]) -> dict[str, float]:
    """Return median, quartiles, inter-quartile range, extremes and count of some samples."""
    if not seconds:
        nothing = float("nan")
        return dict.fromkeys(("median", "q1", "q3", "iqr", "min", "max"), nothing) | {"n": 0}
    quartiles = statistics.quantiles(seconds * 2 if len(seconds) == 1 else seconds, n=4, method="inclusive")
    return {
        "median": statistics.median(seconds),
        "q1": quartiles[0],
        "q3": quartiles[2],
        "iqr": quartiles[2] - quartiles[0],
        "min": min(seconds),
        "max": max(seconds),
        "n": len(seconds),
    }


def _takes_part(contender: Contender, turn: int, rounds: int) -> bool:
    """Tell whether a contender with fewer repeats than rounds runs in this one: they are evenly spread."""
    wanted = rounds if contender.repeats is None else min(contender.repeats, rounds)
    return (turn - 1) * wanted // rounds != turn * wanted // rounds


def _time(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    own = action()
    elapsed = time.perf_counter() - begin
    return float(own) if isinstance(own, int | float) and not isinstance(own, bool) else elapsed
