"""How much of a server is used, with and without virtualization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, FAINT, GREY, INK, RED, footnote, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

USE = (
    ("one service per server", 4, 7, "4 % to 7 %"),
    ("many virtual machines\nper server", 80, 80, "about 80 %"),
)
"""Workload, lowest and highest average use in percent, in words."""
SOURCE = "Source: the slide “Going virtual” of the lecture, which takes it from bit.ly/2IVk6e5."


def plot_utilization() -> Chart:
    """Draw the average use of a server before and after virtualization.

    Returns
    -------
    Chart
        Its data: workload, low and high (percent).
    """
    import pandas as pd

    data = pd.DataFrame([(n.replace("\n", " "), low, high) for n, low, high, _ in USE])
    data.columns = pd.Index(["workload", "low", "high"])
    with sheet(9.5, 3.3) as (figure, axes):
        for row, colour in enumerate((RED, BLUE)):
            _bar(axes, row, colour)
        axes.set_title("How much of a server is used, on average")
        axes.set_yticks(range(len(USE)), [name for name, *_ in USE])
        axes.set_xlim(0, 100)
        axes.xaxis.set_major_formatter(lambda percent, _: f"{percent:.0f} %")
        axes.set_xlabel("average use of the server's capacity")
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        footnote(figure, SOURCE)
    told = "; ".join(f"{name} {words}" for name, (*_, words) in zip(data["workload"], USE, strict=True))
    return Chart(figure, f"Bar chart of the average use of a server's capacity: {told}.", data)


def _bar(axes: Axes, row: int, colour: str) -> None:
    """Draw the whole server, the part that is surely used, and the part that is used at best."""
    _, low, high, words = USE[row]
    axes.barh(row, 100, height=0.55, color=FAINT, zorder=1)
    axes.barh(row, low, height=0.55, color=colour, zorder=2)
    axes.barh(
        row, high - low, left=low, height=0.55, facecolor="white", edgecolor=colour, hatch="////", zorder=2
    )
    axes.annotate(
        words, (high, row), (10, 0), textcoords="offset points", va="center", color=INK, fontweight="bold"
    )
    if high < 50:
        axes.annotate("the rest waits", (53, row), ha="center", va="center", color=GREY, style="italic")
