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
    """Shows one service after the other, one widget each, drawn by `frame`."""

    def __init__(self, show: Show | None = None, period: float = PERIOD) -> None:
        super().__init__(show, period)
        self._name = ""

    def __call__(self, state: Convergence) -> None:
        """Draw a state."""
        if state.name != self._name:
            self.close()
            self._name = state.name
        self.draw(lambda: frame(state), last=state.there)
