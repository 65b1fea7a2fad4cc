"""The lines that a build prints: one per instruction, in the Dockerfile's order, whichever builder works."""

from __future__ import annotations

from dataclasses import replace

from sosclib.engine.building_state import CACHED, DONE, FAILED, SKIPPED, BuildState, BuildStep, WatchBuild
from sosclib.engine.terminal import Terminal
from sosclib.engine.words import ellipsis

WIDTH = 100
MARKS = {CACHED: "  (cached)", SKIPPED: "  (not needed)", FAILED: "  (failed)"}


class StepPrinter:
    """Prints a line for each step as soon as it and all before it are over; tells who watches."""

    def __init__(self, terminal: Terminal, watch: WatchBuild | None) -> None:
        self._terminal = terminal
        self._watch = watch
        self._printed = 0

    def __call__(self, state: BuildState) -> None:
        if self._watch and not self._terminal.silent:
            self._watch(state)
        steps = state.steps
        while self._printed < len(steps) and steps[self._printed].over:
            self._terminal.say(line_of(steps[self._printed], len(steps)))
            self._printed += 1


def line_of(step: BuildStep, total: int) -> str:
    """Return a step as one line, without what varies: ``[3/6] RUN make  (cached)``."""
    return f"[{step.number}/{total}] {ellipsis(step.instruction, WIDTH)}{MARKS.get(step.state, '')}"


def settled(state: BuildState) -> BuildState:
    """Return a build that succeeded, in which what was never begun was not needed.

    Two stages that start from one image begin with one step of BuildKit's: that is no step left out.
    """
    steps = tuple(
        step if step.over else replace(step, state=DONE if step.is_from else SKIPPED) for step in state.steps
    )
    return replace(state, steps=steps)
