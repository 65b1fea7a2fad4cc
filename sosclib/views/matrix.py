"""A matrix of answers, good and bad ones: a sign, words and a colour in each cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sosclib.views.style import GREEN, GREY, INK, PAPER, RED
from sosclib.views.svg import tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {True: GREEN, False: RED}


def lay_out(axes: Axes, title: str, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Make room for a matrix, with the columns' names above it.

    Parameters
    ----------
    axes : Axes
    title : str
    rows, columns : sequence of str
        Their names, from top to bottom and from left to right.
    """
    axes.set_title(title, pad=10)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)


def fill(axes: Axes, column: int, row: int, words: str, *, good: bool) -> None:
    """Draw one cell; what is not good has a dashed frame, so that the colour is not the only sign.

    Parameters
    ----------
    axes : Axes
    column, row : int
        Counted from 0, from the left and from the top.
    words : str
    good : bool
    """
    from matplotlib.patches import Rectangle

    colour = COLOURS[good]
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
    axes.text(
        column,
        row,
        words,
        ha="center",
        va="center",
        color=INK if good else colour,
        fontweight="bold" if good else "normal",
    )
