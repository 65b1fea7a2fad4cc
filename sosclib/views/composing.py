"""What Compose does at this moment, line by line: a pure frame, and a live wrapper around it."""

from __future__ import annotations

from html import escape

from sosclib.engine.compose_progress import BUSY, ComposeState, WatchCompose
from sosclib.views.live import LiveFrame, Show, is_live

PERIOD = 0.2


def frame(state: ComposeState) -> str:
    """Draw what Compose works on as a table, as HTML; all that it says is escaped."""
    over = sum(status not in BUSY for status in state.items.values())
    head = f"{over} of {len(state.items)} done"
    rows = "".join(
        f"<tr><td>{'▶' if status in BUSY else '✔'} {escape(status)}</td><td>{escape(kind)}</td>"
        f"<td>{escape(name)}</td></tr>"
        for (kind, name), status in state.items.items()
    )
    return f'<table aria-label="{head}"><caption>{head}</caption>{rows}</table>'


def compose_watcher() -> WatchCompose | None:
    """Return what shows Compose's progress where somebody is looking, and None in a run without a browser."""
    return ComposeView() if is_live() else None


class ComposeView:
    """Shows the progress of Compose, one widget for each command, drawn by `frame`.

    Parameters
    ----------
    show : callable, optional
        Is given each new widget; IPython's ``display`` by default.
    period : float
        Least seconds between two frames.
    """

    def __init__(self, show: Show | None = None, period: float = PERIOD) -> None:
        self._live = LiveFrame(period, show)

    def __call__(self, state: ComposeState) -> None:
        """Draw a state; one that knows nothing yet begins a new command."""
        if not state.items:
            self._live.close()
        else:
            self._live.draw(lambda: frame(state), last=state.over)
