"""One look for all charts: colours that the colour-blind tell apart, letters that a projector carries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED, SKY, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7"
INK, GREY, FAINT, PAPER = "#1f2933", "#52606d", "#e4e7eb", "#ffffff"

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlesize": 15,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": FAINT,
    "hatch.linewidth": 1.4,
    "legend.frameon": False,
    "legend.fontsize": 11,
    "figure.constrained_layout.h_pad": 0.12,
    "figure.constrained_layout.w_pad": 0.12,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.hashsalt": "sosc",
}


@contextmanager
def sheet(width: float = 9.5, height: float = 4.5) -> Iterator[tuple[Figure, Axes]]:
    """Give a figure and its axes in the course's look, unknown to pyplot: nothing shows it twice."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_RC):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure, figure.add_subplot()


def footnote(figure: Figure, text: str) -> None:
    """Write a source or the facts beside a measurement below everything else."""
    figure.supxlabel(text, x=0.01, ha="left", fontsize=9.5, color=GREY, wrap=True)
