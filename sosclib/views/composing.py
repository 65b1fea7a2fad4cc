"""What Compose does at this moment, line by line: a pure frame, and a live wrapper around it."""

from __future__ import annotations

from html import escape

from sosclib.engine.compose_progress import BUSY, ComposeState
from sosclib.views.live import LiveFrame, table


def frame(state: ComposeState) -> str:
    """Draw what Compose works on as a table, as HTML; all that it says is escaped."""
    over = sum(status not in BUSY for status in state.items.values())
    head = f"{over} of {len(state.items)} done"
    rows = (
        (f"{'▶' if status in BUSY else '✔'} {escape(status)}", escape(kind), escape(name))
        for (kind, name), status in state.items.items()
    )
    return table(head, rows)


class ComposeView(LiveFrame):
    """Shows the progress of Compose, one widget for each command, drawn by `frame`."""

    def __call__(self, state: ComposeState) -> None:
        """Draw a state; one that knows nothing yet begins a new command."""
        if not state.items:
            self.close()
        else:
            self.draw(lambda: frame(state), last=state.over)
