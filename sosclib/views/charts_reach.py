"""Who can reach whom, as a matrix: a sign, a word and a colour for each place and each service's port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.measure.reach import ADDRESS, CONNECTED, MACHINE, NAME, PUBLISHED
from sosclib.views.matrix import fill, lay_out
from sosclib.views.picture import Chart
from sosclib.views.style import footnote, sheet

if TYPE_CHECKING:
    import pandas as pd

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
            good = answer == CONNECTED
            fill(axes, columns.index(to), rows.index(line), f"{SIGNS[good]} {answer}", good=good)
        lay_out(axes, "Who can connect to …", rows, columns)
        footnote(figure, NOTE)
    return Chart(figure, _alt(data), data)


def _title(place: str, by: str) -> str:
    from_where = place if place == MACHINE or " " in place else f"inside {place}"
    return f"{from_where}, {BY[by]}"


def _alt(data: pd.DataFrame) -> str:
    told = [
        f"{line} to {to}: {answer}"
        for line, to, answer in data[["line", "to", "answer"]].itertuples(index=False)
    ]
    return f"Matrix of who can connect to whom. {'; '.join(told)}."
