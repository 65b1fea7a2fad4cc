"""A build as it happens, step by step: a pure frame, and a live wrapper that sets one widget's value."""

from __future__ import annotations

import time
from collections.abc import Callable
from html import escape
from typing import Any

from sosclib.engine.building_state import (
    CACHED,
    DONE,
    FAILED,
    NOTED,
    RUNNING,
    SKIPPED,
    WAITING,
    BuildState,
    BuildStep,
    WatchBuild,
)
from sosclib.engine.words import ellipsis
from sosclib.views.pull import is_live

PERIOD = 0.2
"""Seconds between two frames: more often nobody sees it, and the browser has to."""
SIGNS = {WAITING: "·", RUNNING: "▶", DONE: "✔", CACHED: "↺", FAILED: "✘", NOTED: "–", SKIPPED: "–"}
WIDTH = 80
LAST_LINE = 100


def frame(state: BuildState) -> str:
    """Draw the steps of a build as a table, as HTML; all that programs say is escaped."""
    over = sum(step.over for step in state.steps)
    head = escape(f"{state.name}: {over} of {len(state.steps)} steps over")
    rows = "".join(_row(step, len(state.steps)) for step in state.steps)
    return f'<table aria-label="{head}"><caption>{head}</caption>{rows}</table>'


def build_watcher() -> WatchBuild | None:
    """Return what shows builds live where somebody is looking, and None in a run without a browser."""
    return BuildView() if is_live() else None


class BuildView:
    """Shows builds, one widget each, drawn by `frame`. Sets values only; the last frame of each build stays.

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

    def __call__(self, state: BuildState) -> None:
        """Draw a state, unless the frame before it is younger than the period and more are to come."""
        if self._widget is None:
            self._begin()
        over = bool(state.error) or all(step.over for step in state.steps)
        now = time.monotonic()
        if over or now - self._drawn >= self._period:
            self._widget.value = frame(state)
            self._drawn = now
        if over:
            self._widget = None

    def _begin(self) -> None:
        import ipywidgets

        self._widget = ipywidgets.HTML()
        self._drawn = 0.0
        self._show(self._widget)


def _row(step: BuildStep, total: int) -> str:
    said = ellipsis(next(iter(step.output.rstrip().splitlines()[-1:]), ""), LAST_LINE)
    took = f"{step.seconds:.1f} s" if step.state == DONE else ""
    cells = (
        f"{SIGNS[step.state]} {step.state}",
        f"[{step.number}/{total}]",
        escape(ellipsis(step.instruction, WIDTH)),
        escape(said) if step.state in (RUNNING, FAILED) else took,
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _display(widget: Any) -> None:
    import IPython.display

    display: Any = IPython.display.display
    display(widget)
