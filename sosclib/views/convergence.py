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
    """Shows one wait after the other, one widget each, with a `frame` for each service waited for."""

    def __init__(self, show: Show | None = None, period: float = PERIOD) -> None:
        super().__init__(show, period)
        self._since = 0.0
        self._states: dict[str, Convergence] = {}

    def __call__(self, state: Convergence) -> None:
        """Draw a state."""
        if state.waited_since != self._since:
            self.close()
            self._since, self._states = state.waited_since, {}
        self._states[state.name] = state
        self.draw(lambda: "".join(map(frame, self._states.values())), last=state.there)
