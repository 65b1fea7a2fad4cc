"""Builds as timelines: which step took how long, which was taken from an earlier build, what each added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sosclib.engine.building_state import CACHED, DONE, Build, BuildStep
from sosclib.engine.sizes import human_size
from sosclib.engine.words import ellipsis
from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, GREY, INK, PAPER, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ("build", "step", "instruction", "state", "start", "seconds", "bytes")
LETTERS = 44
CACHED_WIDTH = 0.012
"""Part of the axis that a step takes which took no time: it is to be seen that it is there."""
HATCH = "////"
TITLE_ROW = 1.15
BETWEEN = 0.55


def plot_build(builds: Build | Mapping[str, Build], title: str = "") -> Chart:
    """Draw the steps of a build, or of several one under the other, along the time that they took.

    Parameters
    ----------
    builds : Build or mapping of str to Build
        What to call each build, and what ``vm1.images.build`` returned.
    title : str

    Returns
    -------
    Chart
        Its data: build, step, instruction, state, start, seconds, bytes. Instructions that change no file
        are left out.
    """
    import pandas as pd

    named = {builds.name: builds} if isinstance(builds, Build) else dict(builds)
    data = pd.DataFrame([row for name, build in named.items() for row in _rows(name, build)], columns=COLUMNS)
    height = 1.7 + 0.34 * (len(data) + (TITLE_ROW + BETWEEN) * len(named))
    with sheet(10, height) as (figure, axes):
        longest = float((data["start"] + data["seconds"]).max()) if len(data) else 0.0
        longest = longest or 1.0
        ticks: dict[float, str] = {}
        row = 0.0
        for name, steps in data.groupby("build", sort=False):
            total = steps["seconds"].sum()
            axes.annotate(
                f"{name}: {total:.1f} s",
                (0, row),
                (2, 0),
                textcoords="offset points",
                va="center",
                weight="bold",
            )
            row += TITLE_ROW
            for step in steps.itertuples():
                _bar(axes, row, step, longest)
                ticks[row] = ellipsis(str(step.instruction), LETTERS)
                row += 1
            row += BETWEEN
        axes.set_title(title or ("Steps of a build" if len(named) == 1 else "Builds, step by step"))
        axes.set_yticks(list(ticks), list(ticks.values()), family="DejaVu Sans Mono", fontsize=10)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, longest * 1.3)
        axes.set_ylim(row, -0.7)
        axes.set_xlabel("seconds since the build began")
        axes.xaxis.grid(visible=True)
        footnote(
            figure,
            "Filled: worked. Hatched: taken from an earlier build (cached). Beside: time and what it added.",
        )
    return Chart(figure, _alt(data), data, _told(data))


def _rows(name: str, build: Build) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    start = 0.0
    for step in build.steps:
        if not _is_drawn(step):
            continue
        rows.append((name, step.number, step.instruction, step.state, start, step.seconds, step.size))
        start += step.seconds
    return rows


def _is_drawn(step: BuildStep) -> bool:
    return step.state in (DONE, CACHED) and not step.is_from


def _bar(axes: Axes, row: float, step: Any, longest: float) -> None:
    cached = step.state == CACHED
    width = max(step.seconds, longest * CACHED_WIDTH)
    axes.barh(
        row,
        width,
        left=step.start,
        height=0.66,
        facecolor=PAPER if cached else BLUE,
        edgecolor=GREY if cached else BLUE,
        hatch=HATCH if cached else "",
        linewidth=1.4,
    )
    added = f", {human_size(step.bytes, 3)} added" if step.bytes else ""
    words = "cached" if cached else f"{step.seconds:.1f} s{added}"
    axes.annotate(
        words,
        (step.start + width, row),
        (7, 0),
        textcoords="offset points",
        va="center",
        fontsize=10.5,
        color=INK,
    )


def _alt(data: pd.DataFrame) -> str:
    """Say in words what the chart shows."""
    told = []
    for name, steps in data.groupby("build", sort=False):
        parts = [_in_words(step) for step in steps.itertuples()]
        told.append(f"{name}, which took {steps['seconds'].sum():.1f} s: {'; '.join(parts)}")
    return f"Timeline of builds. {'. '.join(told)}."


def _in_words(step: Any) -> str:
    if step.state == CACHED:
        return f"{step.instruction} cached"
    return f"{step.instruction} took {step.seconds:.1f} s and added {human_size(step.bytes, 3)}"


def _told(data: pd.DataFrame) -> str:
    """Say the same without what varies from run to run."""
    told = []
    for name, steps in data.groupby("build", sort=False):
        parts = [f"{step.instruction} ({step.state})" for step in steps.itertuples()]
        told.append(f"{name}: {'; '.join(parts)}")
    return f"Timeline of builds. {'. '.join(told)}."
