"""How a stack came up: a line for each service, from its start to being healthy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sosclib.measure.durations import duration
from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, GREEN, INK, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from sosclib.engine.compose_rows import Rise

START, HEALTHY = "start", "health_status: healthy"
STARTED, WELL = "started", "healthy"
LOOKS = {STARTED: ("o", 10, BLUE), WELL: ("D", 11, GREEN)}
"""Marker, its size, and colour."""
NOTE = "Measured here, by the engine's own events, from the command on."


def rise_table(rise: Rise) -> pd.DataFrame:
    """Return when each service was started and healthy.

    Parameters
    ----------
    rise : Rise
        As ``up(wait=True)`` of a project returns it.

    Returns
    -------
    DataFrame
        ``service``, ``started`` and ``healthy``, in seconds since the command; NaN for what did not happen.
    """
    import pandas as pd

    rows = []
    for service in sorted({event.service for event in rise.events}):
        moments = {event.what: event.seconds for event in reversed(rise.events) if event.service == service}
        rows.append((service, moments.get(START, float("nan")), moments.get(HEALTHY, float("nan"))))
    return pd.DataFrame(rows, columns=["service", "started", "healthy"])


def plot_rise(rise: Rise) -> Chart:
    """Draw how a stack came up.

    Parameters
    ----------
    rise : Rise
        As ``up(wait=True)`` of a project returns it.

    Returns
    -------
    Chart
        Its data: see `rise_table`.
    """
    data = rise_table(rise)
    order = data.sort_values("started", ascending=False)
    with sheet(9.5, 1.9 + 0.6 * len(order)) as (figure, axes):
        for row, (_, started, healthy) in enumerate(order.itertuples(index=False)):
            _line(axes, row, started, healthy)
        axes.set_yticks(range(len(order)), list(order["service"]))
        axes.set_ylim(-0.6, len(order) - 0.2)
        axes.set_xlim(0, rise.seconds * 1.18 or 1)
        axes.set_xlabel("seconds since the command")
        axes.set_title(f"The stack was ready after {duration(rise.seconds)}")
        axes.grid(axis="x")
        footnote(figure, NOTE)
    told = "; ".join(
        f"{service}: "
        + ", ".join(f"{name} after {duration(moment)}" for name, moment in _moments(started, healthy))
        for service, started, healthy in data.itertuples(index=False)
    )
    first = ", ".join(order["service"][::-1])
    text = f"Timeline of a stack that comes up. In the order of their starts: {first}."
    return Chart(figure, f"Timeline of a stack that comes up. {told}.", data, text)


def _line(axes: Axes, row: int, started: float, healthy: float) -> None:
    axes.plot([started, healthy], [row, row], color=BLUE, linewidth=7, solid_capstyle="butt")
    for name, moment in _moments(started, healthy):
        marker, size, colour = LOOKS[name]
        axes.plot([moment], [row], marker=marker, color=colour, markersize=size)
        axes.annotate(name, (moment, row), (0, 12), textcoords="offset points", ha="center", color=INK)


def _moments(started: float, healthy: float) -> list[tuple[str, float]]:
    """Return what happened, and when: not every service is looked after, or has to be started."""
    return [(name, at) for name, at in ((STARTED, started), (WELL, healthy)) if not math.isnan(at)]
