"""Who answers, while requests are sent: a pure frame, and a live wrapper around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape

from sosclib.measure.traffic import Answer
from sosclib.views.live import LiveFrame, Show, is_live

PERIOD = 0.2
LOST = "lost"


def frame(counts: Mapping[str, int]) -> str:
    """Draw how many answers came from whom, as a table with a bar each; what servers say is escaped."""
    most = max(counts.values(), default=1)
    head = f"{sum(counts.values())} requests"
    names = sorted(counts, key=lambda name: (name == LOST, name))
    rows = "".join(
        f"<tr><td>{escape(name or 'a server')}</td>"
        f'<td><progress value="{counts[name]}" max="{most}"></progress></td><td>{counts[name]}</td></tr>'
        for name in names
    )
    return f'<table aria-label="{head}"><caption>{head}</caption>{rows}</table>'


class TrafficView:
    """Shows who answered so far.

    Parameters
    ----------
    show : callable, optional
        Is given each new widget; IPython's ``display`` by default.
    period : float
        Least seconds between two frames.
    """

    def __init__(self, show: Show | None = None, period: float = PERIOD) -> None:
        self._live = LiveFrame(period, show)
        self._counts: Counter[str] = Counter()

    def __call__(self, answer: Answer) -> None:
        """Count an answer."""
        self._counts[LOST if answer.lost else answer.who] += 1
        self._live.draw(lambda: frame(dict(self._counts)))

    def close(self) -> None:
        """Draw the last frame."""
        self._live.draw(lambda: frame(dict(self._counts)), last=True)
        self._live.close()


def traffic_view() -> TrafficView | None:
    """Return what shows answers live where somebody is looking, and None in a run without a browser."""
    return TrafficView() if is_live() else None
