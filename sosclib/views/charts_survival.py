"""What survives what, as a matrix: a sign, a word and a colour for each place and event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.measure.survival import EVENTS
from sosclib.views.matrix import fill, lay_out
from sosclib.views.picture import Chart
from sosclib.views.style import footnote, sheet

if TYPE_CHECKING:
    import pandas as pd

SIGNS = {True: "✔ there", False: "✘ gone"}
NOTE = "Measured here. A new container sees its own places: there, “gone” may mean out of its sight only."
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
            words = SIGNS[bool(survives)]
            fill(axes, columns.index(event), rows.index(place), words, good=bool(survives))
        heads = [HEADS.get(event, event) for event in columns]
        lay_out(axes, "Is what was written still there after …", rows, heads)
        footnote(figure, NOTE)
    return Chart(figure, _alt(survival), data)


def _alt(survival: pd.DataFrame) -> str:
    told = []
    for event in survival.columns:
        there = [place for place in survival.index if survival.loc[place, event]]
        told.append(f"{EVENTS.get(event, event)}: {', '.join(there) or 'nothing'}")
    return f"Matrix of what is still there after something happened. {'; '.join(told)}."
