"""A service on its way to what was asked for: a pure frame, and a live wrapper around it."""

from __future__ import annotations

from collections import Counter
from html import escape

from sosclib.engine.convergence import Convergence, Told
from sosclib.views.live import LiveFrame, Show, is_live

PERIOD = 0.2


def frame(state: Convergence) -> str:
    """Draw how many of a service's tasks run, as one bar, and what the others are doing."""
    states = Counter(task.state for task in state.tasks if task.desired == "running" and not task.runs)
    doing = ", ".join(f"{number} {name}" for name, number in sorted(states.items()))
    update = f" · {state.update.replace('_', ' ')}" if state.update else ""
    head = f"{escape(state.name)}: {state.replicas}{escape(update)}"
    bar = f'<progress value="{state.running}" max="{max(state.wanted, 1)}"></progress>'
    return f'<div role="status">{head} {bar} {escape(doing)}</div>'


def service_watcher() -> Told | None:
    """Return what shows services live where somebody is looking, and None in a run without a browser."""
    return ServiceView() if is_live() else None


class ServiceView:
    """Shows one service after the other, one widget each, drawn by `frame`.

    Parameters
    ----------
    show : callable, optional
        Is given each new widget; IPython's ``display`` by default.
    period : float
        Least seconds between two frames.
    """

    def __init__(self, show: Show | None = None, period: float = PERIOD) -> None:
        self._live = LiveFrame(period, show)
        self._name = ""

    def __call__(self, state: Convergence) -> None:
        """Draw a state."""
        if state.name != self._name:
            self._live.close()
            self._name = state.name
        self._live.draw(lambda: frame(state), last=state.there)
