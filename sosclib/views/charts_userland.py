"""What a container costs without Docker, as a chart: ratios to the bare program, on a logarithmic axis."""

from __future__ import annotations

import random
import statistics
from typing import TYPE_CHECKING

from sosclib.measure.durations import duration
from sosclib.measure.userland import (
    AGAIN,
    CONTENDERS,
    DOCKER,
    PLAIN,
    PROOT,
    UDOCKER,
    WORKS,
    Userland,
    facts,
    times,
)
from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, GREEN, GREY, INK, ORANGE, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLOURS = {AGAIN: GREY, PROOT: ORANGE, UDOCKER: GREEN, DOCKER: BLUE}
SHAPES = {AGAIN: "o", PROOT: "D", UDOCKER: "^", DOCKER: "s"}
SHOWN = CONTENDERS[1:]
"""Whoever is compared with the bare program, which is 1 by definition; itself once more among them."""
GAP = 1.1
TEXT = (
    "Chart on a logarithmic axis: how many times as long start-up, computing, data and metadata take under"
    " PRoot, udocker and Docker as without a container, every round and the medians."
)


def plot_userland(userland: Userland) -> Chart:
    """Draw how many times as long each work took as without a container: all rounds, and medians.

    Parameters
    ----------
    userland : Userland

    Returns
    -------
    Chart
        Its data are the ratios that are plotted: work, contender, round, ratio.
    """
    data = ratios(userland)
    with sheet(10, 9) as (figure, axes):
        place = random.Random(0)
        rows = {}
        for number, work in enumerate(WORKS):
            for step, name in enumerate(SHOWN):
                row = number * (len(SHOWN) + GAP) + step
                rows[work, name] = row
                _row(axes, row, data[(data["work"] == work) & (data["contender"] == name)], name, place)
        _axes(axes, userland, rows)
        about = facts(userland)
        footnote(
            figure,
            f"Measured on {userland.place}: Docker Engine {about['Docker Engine']},"
            f" {about['storage driver']}, kernel {about['kernel']}. PRoot {about['PRoot']}.",
        )
    return Chart(figure, _alt(userland), data, TEXT)


def ratios(userland: Userland) -> pd.DataFrame:
    """Return the ratios to the bare program, round by round."""
    import pandas as pd

    lines = [
        {"work": work, "contender": name, "round": turn, "ratio": ratio}
        for work in WORKS
        for name in SHOWN
        for turn, ratio in enumerate(userland.ratios(work, name), start=1)
    ]
    return pd.DataFrame(lines)


def _row(axes: Axes, row: float, lines: pd.DataFrame, name: str, place: random.Random) -> None:
    values = lines["ratio"].tolist()
    median = statistics.median(values)
    heights = [row + place.uniform(-0.16, 0.16) for _ in values]
    axes.plot(
        values,
        heights,
        linestyle="none",
        marker=SHAPES[name],
        color=COLOURS[name],
        markersize=6.5,
        alpha=0.6,
        zorder=3,
    )
    axes.plot([median, median], [row - 0.34, row + 0.34], color=INK, linewidth=2.6, zorder=4)
    axes.annotate(
        f"× {times(median)}",
        (max(values), row),
        xytext=(10, 0),
        textcoords="offset points",
        va="center",
        fontsize=11,
    )


def _axes(axes: Axes, userland: Userland, rows: dict[tuple[str, str], float]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.ticker import NullLocator

    axes.set_title("How many times as long as without a container", pad=38)
    axes.set_xscale("log")
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, 0.5), right * 3)
    axes.xaxis.set_major_formatter(lambda ratio, _: f"× {ratio:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.grid(visible=True)
    axes.axvline(1, color=INK, linewidth=1.4, zorder=2)
    axes.set_xlabel("ratio to the same program without a container (logarithmic)")
    middles = {work: rows[work, SHOWN[1]] for work in WORKS}
    names = [f"{work}\n({duration(userland.timings[work].median(PLAIN))} without)" for work in WORKS]
    axes.set_yticks(list(middles.values()), names)
    axes.set_ylim(max(rows.values()) + 0.8, -0.8)
    axes.tick_params(axis="y", length=0)
    handles = [
        Line2D([], [], linestyle="none", marker=SHAPES[name], color=COLOURS[name], label=name)
        for name in SHOWN
    ]
    handles.append(
        Line2D([], [], color=INK, marker="|", markersize=14, mew=2.6, linestyle="none", label="median")
    )
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=5,
        columnspacing=1.2,
        handletextpad=0.3,
        borderpad=0,
    )


def _alt(userland: Userland) -> str:
    parts = [
        f"{work}: " + ", ".join(f"{name} × {times(userland.ratio(work, name))}" for name in SHOWN)
        for work in WORKS
    ]
    return f"Chart of ratios to the same program without a container. Median ratios: {'; '.join(parts)}."
