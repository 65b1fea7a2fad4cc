"""The boot race as a chart: every sample, medians, and references marked as what they are."""

from __future__ import annotations

import random
import statistics
from typing import TYPE_CHECKING, Any

from sosclib.measure.contenders import CONTAINER, DOCKER, FLOOR, KINDS, MACHINE
from sosclib.measure.durations import duration
from sosclib.measure.race import MEASURED, REFERENCE, Race
from sosclib.measure.timing import COLD
from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, FAINT, GREY, INK, PAPER, RED, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLOURS = {FLOOR: GREY, CONTAINER: BLUE, MACHINE: RED}
SHAPES = {FLOOR: "o", CONTAINER: "s", MACHINE: "^"}
BANDS = {FLOOR: "the floor:\nbare processes", CONTAINER: "containers", MACHINE: "virtual\nmachines"}
JITTER = 0.17
TEXT = (
    "Chart on a logarithmic axis: the time it takes to start bare processes, containers and virtual machines,"
    " every run and the medians."
)


def plot_race(race: Race) -> Chart:
    """Draw a race on a logarithmic time axis: all samples, medians, floor and references visibly apart.

    Parameters
    ----------
    race : Race

    Returns
    -------
    Chart
        Its data are the samples that are plotted: contender, kind, source, phase, round, seconds.
    """
    data = race.samples
    data = data[data["phase"] != COLD].reset_index(drop=True)
    names = [name for name in KINDS if (data["contender"] == name).any()]
    with sheet(10, 1.9 + 0.48 * len(names)) as (figure, axes):
        _bands(axes, names)
        for row, name in enumerate(names):
            _row(axes, row, data[data["contender"] == name], race.median(DOCKER) if DOCKER in names else None)
        _axes(axes, names, data)
        _legend(axes, data)
        footnote(figure, _facts(race))
    return Chart(figure, alt(data, names), data, TEXT)


def alt(data: pd.DataFrame, names: list[str]) -> str:
    """Say in words what the chart shows."""
    parts = []
    for name in names:
        lines = data[data["contender"] == name]
        mark = " (reference, measured elsewhere)" if (lines["source"] == REFERENCE).all() else ""
        parts.append(f"{name} {duration(statistics.median(lines['seconds']))}{mark}")
    return f"Chart on a logarithmic time axis. Median time from start to end: {'; '.join(parts)}."


def _row(axes: Axes, row: int, lines: pd.DataFrame, unit: float | None) -> None:
    kind = KINDS[lines["contender"].iloc[0]]
    seconds = lines["seconds"].tolist()
    median = statistics.median(seconds)
    reference = (lines["source"] == REFERENCE).all()
    if reference:
        axes.plot(seconds, [row] * len(seconds), **_mark(kind, reference=True))
    else:
        place = random.Random(row)
        heights = [row + place.uniform(-JITTER, JITTER) for _ in seconds]
        axes.plot(seconds, heights, **_mark(kind, reference=False))
        axes.plot([median, median], [row - 0.32, row + 0.32], color=INK, linewidth=2.6, zorder=4)
    label = duration(median)
    if unit and kind == MACHINE:
        label += f"  =  {median / unit:.0f} × {DOCKER}" if median > unit else ""
    axes.annotate(
        label,
        (max(seconds), row),
        xytext=(11, 0),
        textcoords="offset points",
        va="center",
        fontsize=11,
        color=INK,
    )


def _mark(kind: str, *, reference: bool) -> dict[str, Any]:
    if reference:
        return {
            "linestyle": "none", "marker": "D", "markersize": 9, "markerfacecolor": PAPER,
            "markeredgecolor": COLOURS[kind], "markeredgewidth": 2, "zorder": 3,
        }  # fmt: skip
    return {
        "linestyle": "none", "marker": SHAPES[kind], "markersize": 6.5, "alpha": 0.55,
        "markerfacecolor": COLOURS[kind], "markeredgecolor": COLOURS[kind], "zorder": 3,
    }  # fmt: skip


def _bands(axes: Axes, names: list[str]) -> None:
    """Shade the floor, separate the kinds, and name them at the right edge."""
    for kind in (FLOOR, CONTAINER, MACHINE):
        rows = [row for row, name in enumerate(names) if KINDS[name] == kind]
        if not rows:
            continue
        if kind == FLOOR:
            axes.axhspan(rows[0] - 0.5, rows[-1] + 0.5, color=FAINT, alpha=0.55, zorder=0)
        axes.axhline(rows[-1] + 0.5, color=GREY, linewidth=0.8, zorder=1)
        axes.annotate(
            BANDS[kind],
            (1.01, rows[0] - 0.3),
            xycoords=axes.get_yaxis_transform(),
            va="top",
            fontsize=11.5,
            fontweight="bold",
            color=COLOURS[kind],
        )


def _axes(axes: Axes, names: list[str], data: pd.DataFrame) -> None:
    from matplotlib.ticker import NullLocator

    axes.set_title("Starting a process, a container, a virtual machine", pad=38)
    axes.set_xscale("log")
    axes.set_xlim(data["seconds"].min() / 2, data["seconds"].max() * 150)
    axes.xaxis.set_major_formatter(lambda seconds, _: duration(seconds))
    axes.xaxis.grid(visible=True)
    axes.set_xlabel("time from start to end (logarithmic: each line is ten times as long)")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def _legend(axes: Axes, data: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    handles = []
    if (data["source"] == MEASURED).any():
        handles += [
            Line2D([], [], **_mark(FLOOR, reference=False), label="one run, measured now"),
            Line2D([], [], color=INK, marker="|", markersize=14, mew=2.6, linestyle="none", label="median"),
        ]
    if (data["source"] == REFERENCE).any():
        style = {**_mark(MACHINE, reference=True), "markeredgecolor": GREY}
        handles.append(Line2D([], [], **style, label="reference, measured elsewhere"))
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderpad=0)


def _facts(race: Race) -> str:
    facts = race.environment
    here = f"Containers: Docker Engine {facts.engine}, {facts.storage_driver}, kernel {facts.engine_kernel}, "
    here += f"{facts.engine_cpus} CPUs, image present."
    if facts.accelerator:
        here += f" Virtual machines: {facts.accelerator}."
    elsewhere = sorted({reference.environment for reference in race.references})
    return here + (f"\nReferences: {'; '.join(elsewhere)}." if elsewhere else "")
