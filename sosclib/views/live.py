"""One widget that shows one frame after another: for what happens while a cell runs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from html import escape
from typing import Any, Self

Show = Callable[[Any], object]
PERIOD = 0.2
"""Least seconds between two frames: more often nobody sees it, and the browser has to."""


def is_live() -> bool:
    """Tell whether this kernel serves a notebook in a browser: Jupyter's server then names it the session."""
    return bool(os.environ.get("JPY_SESSION_NAME"))


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """Return a table as HTML.

    Parameters
    ----------
    head : str
        What it is about; is escaped here.
    rows : iterable of iterables of str
        Cells, which are HTML already.
    """
    said = escape(head)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table aria-label="{said}"><caption>{said}</caption>{lines}</table>'


class LiveFrame:
    """Sets the value of one widget at a time, not too often; the last frame of each stays.

    A view that is told one state after the other is one of these: it says which frame a state makes, and
    when a widget has seen its last.

    Parameters
    ----------
    show : callable, optional
        Is given each new widget; IPython's ``display`` by default.
    period : float
        Least seconds between two frames.
    """

    def __init__(self, show: Show | None = None, period: float = PERIOD) -> None:
        self._period = period
        self._show = show or _display
        self._widget: Any = None
        self._drawn = 0.0

    @classmethod
    def if_live(cls) -> Self | None:
        """Return one where somebody is looking, and None in a run without a browser."""
        return cls() if is_live() else None

    @property
    def open(self) -> bool:
        """Whether a widget is in use."""
        return self._widget is not None

    def draw(self, frame: Callable[[], str], *, last: bool = False) -> None:
        """Show a frame, unless the one before it is younger than the period and more are to come."""
        if self._widget is None:
            self._begin()
        now = time.monotonic()
        if last or now - self._drawn >= self._period:
            self._widget.value = frame()
            self._drawn = now

    def close(self) -> None:
        """Let the next frame begin a new widget."""
        self._widget = None

    def _begin(self) -> None:
        import ipywidgets

        self._widget = ipywidgets.HTML()
        self._drawn = 0.0
        self._show(self._widget)


def _display(widget: Any) -> None:
    import IPython.display

    display: Any = IPython.display.display
    display(widget)
