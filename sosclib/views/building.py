"""A build as it happens, step by step: a pure frame, and a live wrapper that sets one widget's value."""

from __future__ import annotations

from html import escape

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
from sosclib.views.live import LiveFrame, Show, is_live

PERIOD = 0.2
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
    """Shows builds, one widget each, drawn by `frame`.

    Parameters
    ----------
    show : callable, optional
        Is given each new widget; IPython's ``display`` by default.
    period : float
        Least seconds between two frames.
    """

    def __init__(self, show: Show | None = None, period: float = PERIOD) -> None:
        self._live = LiveFrame(period, show)

    def __call__(self, state: BuildState) -> None:
        """Draw a state."""
        over = bool(state.error) or all(step.over for step in state.steps)
        self._live.draw(lambda: frame(state), last=over)
        if over:
            self._live.close()


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
