"""A pull as it happens, layer by layer: a pure frame, and a live wrapper that sets one widget's value."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from html import escape
from typing import Any

from sosclib.engine.progress import LayerProgress, PullState, Watch
from sosclib.engine.sizes import human_size

PERIOD = 0.1
"""Seconds between two frames: more often nobody sees it, and the browser has to."""
RESULT = "Status:"


def frame(state: PullState) -> str:
    """Draw the layers of a pull as a table with a bar each, as HTML; whatever the engine says is escaped."""
    done = sum(layer.done for layer in state.layers.values())
    head = f"{done} of {len(state.layers)} layers complete"
    rows = "".join(_row(layer) for layer in state.layers.values())
    return f'<table aria-label="{head}"><caption>{head}</caption>{rows}</table>'


def watcher() -> Watch | None:
    """Return what shows pulls live where somebody is looking, and None in a run without a browser."""
    return PullView() if is_live() else None


def is_live() -> bool:
    """Tell whether this kernel serves a notebook in a browser: Jupyter's server then names it the session."""
    return bool(os.environ.get("JPY_SESSION_NAME"))


class PullView:
    """Shows pulls, one widget each, drawn by `frame`. Sets values only; the last frame of each pull stays.

    Parameters
    ----------
    show : callable, optional
        Is given each new widget; IPython's ``display`` by default.
    period : float
        Least seconds between two frames.
    """

    def __init__(self, show: Callable[[Any], object] | None = None, period: float = PERIOD) -> None:
        self._show = show or _display
        self._period = period
        self._widget: Any = None
        self._drawn = 0.0

    def __call__(self, state: PullState) -> None:
        """Draw a state, unless the frame before it is younger than the period and more are to come."""
        if not state.layers:
            self._widget = None
            return
        if self._widget is None:
            if all(layer.done for layer in state.layers.values()):
                return
            self._begin()
        over = bool(state.lines) and RESULT in state.lines[-1]
        now = time.monotonic()
        if over or now - self._drawn >= self._period:
            self._widget.value = frame(state)
            self._drawn = now

    def _begin(self) -> None:
        import ipywidgets

        self._widget = ipywidgets.HTML()
        self._drawn = 0.0
        self._show(self._widget)


def _row(layer: LayerProgress) -> str:
    known = layer.total > 0 and not layer.done
    value = f' value="{min(layer.current, layer.total)}" max="{layer.total}"' if known else ""
    if layer.done:
        value = ' value="1" max="1"'
    sizes = f"{human_size(layer.current, 3)} of {human_size(layer.total, 3)}" if known else ""
    cells = (escape(layer.id), escape(layer.status), f"<progress{value}></progress>", sizes)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _display(widget: Any) -> None:
    import IPython.display

    display: Any = IPython.display.display
    display(widget)
