"""Who answers, while requests are sent: a pure frame, and a live wrapper around it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from html import escape

from sosclib.measure.traffic import Answer
from sosclib.views.live import PERIOD, LiveFrame, Show, table

LOST = "lost"


def frame(counts: Mapping[str, int]) -> str:
    """Draw how many answers came from whom, as a table with a bar each; what servers say is escaped."""
    most = max(counts.values(), default=1)
    head = f"{sum(counts.values())} requests"
    names = sorted(counts, key=lambda name: (name == LOST, name))
    rows = (
        (
            escape(name or "a server"),
            f'<progress value="{counts[name]}" max="{most}"></progress>',
            str(counts[name]),
        )
        for name in names
    )
    return table(head, rows)


class TrafficView(LiveFrame):
    """Shows who answered so far."""

    def __init__(self, show: Show | None = None, period: float = PERIOD) -> None:
        super().__init__(show, period)
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, answer: Answer) -> None:
        """Count an answer; they may come from several threads at once."""
        with self._lock:
            self._counts[LOST if answer.lost else answer.who] += 1
            self.draw(lambda: frame(dict(self._counts)))

    def close(self) -> None:
        """Draw the last frame."""
        self.draw(lambda: frame(dict(self._counts)), last=True)
        super().close()
