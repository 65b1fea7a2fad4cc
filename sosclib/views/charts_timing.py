"""Timings as a chart: a row for each contender, every sample, and the median."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sosclib.measure.durations import duration
from sosclib.measure.rebuilding import NOTHING, Rebuilds, called
from sosclib.measure.stopping import Stops
from sosclib.measure.timing import WARM, Timings
from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, GREY, INK, ORANGE, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

JITTER = 0.16
COLOURS, SHAPES = (BLUE, ORANGE), ("o", "s")
ROW = 0.52


def plot_stops(stops: Stops) -> Chart:
    """Draw how long the stop of each container took, with its first process and its exit code.

    Parameters
    ----------
    stops : Stops

    Returns
    -------
    Chart
        Its data: contender, phase, round, place, seconds, and what is told beside.
    """
    told = {
        ending.way: f"exit code {', '.join(map(str, sorted(set(ending.exit_codes))))}"
        for ending in stops.endings
    }
    chart = _Rows(stops.timings, told)
    with sheet(10, 2.0 + ROW * len(told)) as (figure, axes):
        chart.draw(axes, dict.fromkeys(told, 0))
        axes.axvline(stops.patience, color=GREY, linestyle="--", linewidth=1.4, zorder=1)
        axes.set_title("How long docker stop takes")
        axes.set_xlabel("seconds from the request to the end of the container")
        footnote(
            figure,
            f"Each mark is one stop, the bar the median. Dashed: after {stops.patience} s the engine kills"
            f" (docker stop -t {stops.patience}).",
        )
    return chart.whole(figure, "How long docker stop takes")


def plot_rebuilds(rebuilds: Rebuilds) -> Chart:
    """Draw how long the builds after each change took, by one Dockerfile and the other.

    Parameters
    ----------
    rebuilds : Rebuilds

    Returns
    -------
    Chart
        Its data: contender, phase, round, place, seconds, and what is told beside.
    """
    names = {
        called(file, change): number % len(COLOURS)
        for change in rebuilds.changes
        for number, file in enumerate(rebuilds.dockerfiles)
    }
    told = {name: _steps(rebuilds.anew[name]) for name in names}
    chart = _Rows(rebuilds.timings, told)
    with sheet(10, 2.0 + ROW * len(names)) as (figure, axes):
        chart.draw(axes, names)
        axes.set_title("What a change costs")
        axes.set_xlabel("seconds that docker build takes after the change")
        footnote(figure, "Each mark is one build, the bar the median. Beside: what was worked through again.")
    return chart.whole(figure, "What a change costs")


def plot_latency(timings: Timings, told: Mapping[str, str]) -> Chart:
    """Draw how long a page takes, asked for in several ways.

    Parameters
    ----------
    timings : Timings
        As `sosclib.course.traffic.latency` returns it.
    told : mapping of str to str
        A few words beside each contender, in the order of the rows.

    Returns
    -------
    Chart
        Its data: contender, phase, round, place, seconds, and what is told beside.
    """
    chart = _Rows(timings, told)
    with sheet(10, 2.0 + ROW * len(told)) as (figure, axes):
        chart.draw(axes, dict.fromkeys(told, 0))
        seconds = chart.seconds
        axes.set_xscale("log")
        axes.set_xlim(min(seconds) * 0.7, max(seconds) * 6)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value * 1000:g}")
        axes.xaxis.set_minor_formatter(lambda value, _: "")
        axes.set_title("How long one page takes")
        axes.set_xlabel("milliseconds from the connection to the last byte of the answer")
        footnote(figure, "Each mark is one request, the bar the median; the axis is logarithmic.")
    return chart.whole(figure, "How long one page takes")


class _Rows:
    """Rows of samples, with a few words beside each."""

    def __init__(self, timings: Timings, told: Mapping[str, str]) -> None:
        samples = timings.samples
        self._told = told
        self._data: pd.DataFrame = samples[samples["phase"] == WARM].reset_index(drop=True)
        self._data["told"] = self._data["contender"].map(told)

    def draw(self, axes: Axes, kinds: Mapping[str, int]) -> None:
        longest = float(self._data["seconds"].max())
        for row, (name, kind) in enumerate(kinds.items()):
            seconds = self._of(name)
            place = random.Random(row)
            heights = [row + place.uniform(-JITTER, JITTER) for _ in seconds]
            axes.plot(seconds, heights, SHAPES[kind], color=COLOURS[kind], markersize=7, alpha=0.6, zorder=3)
            median = statistics.median(seconds)
            axes.plot([median, median], [row - 0.32, row + 0.32], color=INK, linewidth=2.6, zorder=4)
            axes.annotate(
                f"{duration(median)}, {self._told[name]}",
                (max(seconds), row),
                (12, 0),
                textcoords="offset points",
                va="center",
                fontsize=11,
            )
        axes.set_yticks(range(len(kinds)), list(kinds))
        axes.set_ylim(len(kinds) - 0.5, -0.5)
        axes.set_xlim(0, longest * 1.6)
        axes.tick_params(axis="y", length=0)
        axes.xaxis.grid(visible=True)

    def whole(self, figure: Figure, title: str) -> Chart:
        medians = {name: duration(statistics.median(self._of(name))) for name in self._told}
        parts = [f"{name} {medians[name]}, {words}" for name, words in self._told.items()]
        same = [f"{name} ({words})" for name, words in self._told.items()]
        return Chart(
            figure,
            f"{title}. Medians: {'; '.join(parts)}.",
            self._data,
            f"{title}, every sample and the medians: {'; '.join(same)}.",
        )

    @property
    def seconds(self) -> list[float]:
        found: list[float] = self._data["seconds"].tolist()
        return found

    def _of(self, name: str) -> list[float]:
        found: list[float] = self._data.loc[self._data["contender"] == name, "seconds"].tolist()
        return found


def _steps(instructions: tuple[str, ...]) -> str:
    words = ", ".join(one.partition(" ")[0] for one in instructions)
    return f"{words} anew" if words else f"{NOTHING} anew"
