"""A pull or a push as it happens, layer by layer: a pure frame, and a live wrapper around it."""

from __future__ import annotations

from html import escape

from sosclib.engine.progress import LayerProgress, TransferState
from sosclib.engine.sizes import human_size
from sosclib.views.live import LiveFrame, table

RESULTS = ("Status:", "digest:")
"""What the last line of a pull has, and that of a push."""


def frame(state: TransferState) -> str:
    """Draw the layers of a transfer as a table with a bar each, as HTML; what the engine says is escaped."""
    done = sum(layer.done for layer in state.layers.values())
    head = f"{done} of {len(state.layers)} layers complete"
    return table(head, map(_row, state.layers.values()))


class TransferView(LiveFrame):
    """Shows pulls and pushes, one widget each, drawn by `frame`."""

    def __call__(self, state: TransferState) -> None:
        """Draw a state; of a transfer in which nothing moves, nothing."""
        if not state.layers:
            self.close()
            return
        if not self.open and all(layer.done for layer in state.layers.values()):
            return
        over = bool(state.lines) and any(word in state.lines[-1] for word in RESULTS)
        self.draw(lambda: frame(state), last=over)


def _row(layer: LayerProgress) -> tuple[str, ...]:
    known = layer.total > 0 and not layer.done
    value = f' value="{min(layer.current, layer.total)}" max="{layer.total}"' if known else ""
    if layer.done:
        value = ' value="1" max="1"'
    sizes = f"{human_size(layer.current, 3)} of {human_size(layer.total, 3)}" if known else ""
    return escape(layer.id), escape(layer.status), f"<progress{value}></progress>", sizes
