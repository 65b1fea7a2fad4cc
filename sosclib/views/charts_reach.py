"""Who can reach whom, as a matrix: a sign, a word and a colour for each place and each service's port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.measure.reach import ADDRESS, CONNECTED, MACHINE, NAME, PUBLISHED
from sosclib.views.picture import Chart
from sosclib.views.style import GREEN, GREY, INK, PAPER, RED, footnote, sheet
from sosclib.views.svg import tint

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SIGNS = {True: "✔", False: "✘"}
NOTE = "Measured here: a TCP connection was tried by the service's name, and by the container's own address."
BY = {NAME: "by name", ADDRESS: "by address", PUBLISHED: "by published port"}


def plot_reach(reach: pd.DataFrame) -> Chart:
    """Draw who can reach whom.

    Parameters
    ----------
    reach : DataFrame
        As `sosclib.measure.reach.reach` returns it.

    Returns
    -------
    Chart
        Its data: the frame, with the title of each line.
    """
    data = reach.assign(
        line=[_title(place, by) for place, by in zip(reach["from"], reach["by"], strict=True)]
    )
    rows, columns = list(dict.fromkeys(data["line"])), list(dict.fromkeys(data["to"]))
    with sheet(4.6 + 2.6 * len(columns), 1.7 + 0.56 * len(rows)) as (figure, axes):
        for line, to, answer in data[["line", "to", "answer"]].itertuples(index=False):
            _cell(axes, columns.index(to), rows.index(line), str(answer))
        axes.set_title("Who can connect to …", pad=10)
        axes.set_xticks(range(len(columns)), columns)
        axes.set_yticks(range(len(rows)), rows)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        footnote(figure, NOTE)
    return Chart(figure, _alt(data), data)


def _title(place: str, by: str) -> str:
    from_where = place if place == MACHINE or " " in place else f"inside {place}"
    return f"{from_where}, {BY[by]}"


def _cell(axes: Axes, column: int, row: int, answer: str) -> None:
    from matplotlib.patches import Rectangle

    good = answer == CONNECTED
    colour = GREEN if good else RED
    axes.add_patch(
        Rectangle(
            (column - 0.46, row - 0.42),
            0.92,
            0.84,
            facecolor=tint(colour) if good else PAPER,
            edgecolor=colour if good else GREY,
            linestyle="-" if good else "--",
            linewidth=1.6,
        )
    )
    words = f"{SIGNS[good]} {answer}"
    weight = "bold" if good else "normal"
    axes.text(column, row, words, ha="center", va="center", color=INK if good else colour, fontweight=weight)


def _alt(data: pd.DataFrame) -> str:
    told = [
        f"{line} to {to}: {answer}"
        for line, to, answer in data[["line", "to", "answer"]].itertuples(index=False)
    ]
    return f"Matrix of who can connect to whom. {'; '.join(told)}."
