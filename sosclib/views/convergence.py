"""A service on its way to what was asked for: a pure frame, and a live wrapper around it."""

from __future__ import annotations

from collections import Counter
from html import escape

from sosclib.engine.convergence import Convergence
from sosclib.views.live import PERIOD, LiveFrame, Show


def frame(state: Convergence) -> str:
    """Draw how many of a service's tasks run, as one bar, and what the others are doing."""
    states = Counter(task.state for task in state.tasks if task.desired == "running" and not task.runs)
    doing = ", ".join(f"{number} {name}" for name, number in sorted(states.items()))
    update = f" · {state.update.replace('_', ' ')}" if state.update else ""
    head = f"{escape(state.name)}: {state.replicas}{escape(update)}"
    bar = f'<progress value="{state.running}" max="{max(state.wanted, 1)}"></progress>'
    return f'<div role="status">{head} {bar} {escape(doing)}</div>'


class ServiceView(LiveFrame):
    """Shows one wait for a service after the other, one widget each, drawn by `frame`."""

    def __init__(self, show: Show | None = None, period: float = PERIOD) -> None:
        super().__init__(show, period)
        self._wait = ("", 0.0)

    def __call__(self, state: Convergence) -> None:
        """Draw a state."""
        wait = (state.name, state.waited_since)
        if wait != self._wait:
            self.close()
            self._wait = wait
        self.draw(lambda: frame(state), last=state.there)
