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
)
from sosclib.engine.words import ellipsis
from sosclib.views.live import LiveFrame, table

SIGNS = {WAITING: "·", RUNNING: "▶", DONE: "✔", CACHED: "↺", FAILED: "✘", NOTED: "–", SKIPPED: "–"}
WIDTH = 80
LAST_LINE = 100


def frame(state: BuildState) -> str:
    """Draw the steps of a build as a table, as HTML; all that programs say is escaped."""
    over = sum(step.over for step in state.steps)
    head = f"{state.name}: {over} of {len(state.steps)} steps over"
    return table(head, (_row(step, len(state.steps)) for step in state.steps))


class BuildView(LiveFrame):
    """Shows builds, one widget each, drawn by `frame`."""

    def __call__(self, state: BuildState) -> None:
        """Draw a state."""
        over = bool(state.error) or all(step.over for step in state.steps)
        self.draw(lambda: frame(state), last=over)
        if over:
            self.close()


def _row(step: BuildStep, total: int) -> tuple[str, ...]:
    said = ellipsis(next(iter(step.output.rstrip().splitlines()[-1:]), ""), LAST_LINE)
    took = f"{step.seconds:.1f} s" if step.state == DONE else ""
    return (
        f"{SIGNS[step.state]} {step.state}",
        f"[{step.number}/{total}]",
        escape(ellipsis(step.instruction, WIDTH)),
        escape(said) if step.state in (RUNNING, FAILED) else took,
    )
