"""What sections measure, as `sosclib.measure` does it, with the figures kept for the look back at the end."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from sosclib.course.figures import note_figure
from sosclib.measure import rebuilding, stopping
from sosclib.measure import repair as repairing
from sosclib.measure import userland as users
from sosclib.measure.timing import Timings

if TYPE_CHECKING:
    import pandas as pd

Given = ParamSpec("Given")
Measured = TypeVar("Measured")


def noting(
    measure: Callable[Given, Measured], figures: Callable[[Measured], Mapping[str, float]]
) -> Callable[Given, Measured]:
    """Return a measurement that keeps some of its figures, in seconds, by their names."""

    @wraps(measure)
    def measured(*arguments: Given.args, **options: Given.kwargs) -> Measured:
        outcome = measure(*arguments, **options)
        for name, seconds in figures(outcome).items():
            note_figure(name, seconds)
        return outcome

    return measured


def _best_and_worst(what: str, timings: Timings) -> dict[str, float]:
    medians = [timings.median(one) for one in timings.contenders if timings.seconds(one)]
    return {f"{what}, the quickest way": min(medians), f"{what}, the slowest way": max(medians)}


def _of_rebuilds(outcome: rebuilding.Rebuilds) -> dict[str, float]:
    return _best_and_worst("an image built anew after a change", outcome.timings)


def _of_stops(outcome: stopping.Stops) -> dict[str, float]:
    return _best_and_worst("a container stopped", outcome.timings)


def _of_userland(outcome: users.Userland) -> dict[str, float]:
    starts = outcome.timings[users.START]
    return {f"a program started by {way}": starts.median(way) for way in (users.UDOCKER, users.DOCKER)}


def _of_repair(outcome: pd.DataFrame) -> dict[str, float]:
    return {"a killed task replaced by the swarm": statistics.median(outcome["repaired"].tolist())}


rebuilds = noting(rebuilding.rebuilds, _of_rebuilds)
stops = noting(stopping.stops, _of_stops)
userland = noting(users.userland, _of_userland)
repair = noting(repairing.repair, _of_repair)
