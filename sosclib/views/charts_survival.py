"""What survives what, as a matrix: a sign, a word and a colour for each place and event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.measure.survival import EVENTS
from sosclib.views.picture import Chart
from sosclib.views.style import GREEN, GREY, INK, PAPER, RED, footnote, sheet
from sosclib.views.svg import tint

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SIGNS = {True: "✔ there", False: "✘ gone"}
NOTE = "Measured here. A new container sees its own places: there, “gone” may mean out of its sight only."
COLOURS = {True: GREEN, False: RED}
HEADS = {
    "stop and start": "stop\nand start",
    "new container": "new\ncontainer",
    "docker rm": "docker\nrm",
    "docker rm -v": "docker\nrm -v",
    "system prune": "docker\nsystem prune",
    "volume prune -a": "docker\nvolume prune -a",
}


def plot_survival(survival: pd.DataFrame) -> Chart:
    """Draw what survives what.

    Parameters
    ----------
    survival : DataFrame
        As `sosclib.measure.survival.survival` returns it: a line per place, a column per event.

    Returns
    -------
    Chart
        Its data: place, event, survives.
    """
    data = survival.melt(ignore_index=False, value_name="survives").reset_index()
    rows, columns = list(survival.index), list(survival.columns)
    with sheet(10.5, 1.9 + 0.62 * len(rows)) as (figure, axes):
        for place, event, survives in data.itertuples(index=False):
            _cell(axes, columns.index(event), rows.index(place), survives=bool(survives))
        axes.set_title("Is what was written still there after …", pad=10)
        axes.set_xticks(range(len(columns)), [HEADS.get(event, event) for event in columns])
        axes.set_yticks(range(len(rows)), rows)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        footnote(figure, NOTE)
    return Chart(figure, _alt(survival), data)


def _cell(axes: Axes, column: int, row: int, *, survives: bool) -> None:
    from matplotlib.patches import Rectangle

    colour = COLOURS[survives]
    axes.add_patch(
        Rectangle(
            (column - 0.46, row - 0.42),
            0.92,
            0.84,
            facecolor=tint(colour) if survives else PAPER,
            edgecolor=colour if survives else GREY,
            linestyle="-" if survives else "--",
            linewidth=1.6,
        )
    )
    axes.text(
        column,
        row,
        SIGNS[survives],
        ha="center",
        va="center",
        color=INK if survives else colour,
        fontweight="bold" if survives else "normal",
    )


def _alt(survival: pd.DataFrame) -> str:
    told = []
    for event in survival.columns:
        there = [place for place in survival.index if survival.loc[place, event]]
        told.append(f"{EVENTS.get(event, event)}: {', '.join(there) or 'nothing'}")
    return f"Matrix of what is still there after something happened. {'; '.join(told)}."
