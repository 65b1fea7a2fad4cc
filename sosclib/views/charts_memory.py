"""Memory over time: lines that grow, the limit, and how each of them ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sosclib.measure.memory import MemoryTrace
from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, GREEN, ORANGE, PURPLE, RED, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MIB = 1 << 20
LINES = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PURPLE, "v"))
NOTE = "Dashed: the limit. Each dot is a sample of what the engine says the container uses."


def plot_memory(traces: Mapping[str, MemoryTrace]) -> Chart:
    """Draw how the memory of containers grew, and how they ended.

    Parameters
    ----------
    traces : mapping of str to MemoryTrace
        What to call each container, and what `sosclib.measure.memory.watch_memory` returned.

    Returns
    -------
    Chart
        Its data: container, seconds, mebibytes.
    """
    import pandas as pd

    parts = [
        pd.DataFrame(
            {
                "container": name,
                "seconds": trace.samples["seconds"],
                "mebibytes": trace.samples["bytes"] / MIB,
            }
        )
        for name, trace in traces.items()
    ]
    data = pd.concat(parts, ignore_index=True)
    with sheet(10, 4.8) as (figure, axes):
        for (name, trace), part, (colour, marker) in zip(traces.items(), parts, LINES, strict=False):
            _line(axes, name, trace, part, colour, marker)
        axes.set_title("Memory of a greedy program")
        axes.set_xlabel("seconds since its container started")
        axes.set_ylabel("MiB")
        axes.set_xlim(left=0, right=max([1, *data["seconds"]]) * 1.35)
        axes.set_ylim(bottom=0, top=max([1, *data["mebibytes"]]) * 1.15)
        axes.grid(visible=True)
        axes.legend(loc="upper left")
        footnote(figure, NOTE)
    return Chart(figure, _alt(data, traces), data, _told(traces))


def _line(axes: Axes, name: str, trace: MemoryTrace, samples: pd.DataFrame, colour: str, marker: str) -> None:
    axes.plot(
        samples["seconds"],
        samples["mebibytes"],
        marker=marker,
        markersize=4,
        color=colour,
        label=name,
        linewidth=2,
    )
    if trace.limit:
        axes.axhline(trace.limit / MIB, linestyle="--", color=colour, linewidth=1.4)
    if samples.empty:
        return
    last = samples.iloc[-1]
    point = (float(last["seconds"]), float(last["mebibytes"]))
    sign, ink, below = ("X", RED, -18) if trace.oom_killed else (marker, colour, 0)
    axes.plot(*point, marker=sign, markersize=12, color=ink, linestyle="none")
    axes.annotate(_end(trace), point, (12, below), textcoords="offset points", color=ink, va="center")


def _end(trace: MemoryTrace) -> str:
    how = "killed" if trace.oom_killed else "ended by itself"
    return f"{how}, exit code {trace.exit_code}"


def _alt(data: pd.DataFrame, traces: Mapping[str, MemoryTrace]) -> str:
    """Say in words what the chart shows."""
    told = []
    for name, trace in traces.items():
        own = data[data["container"] == name]["mebibytes"]
        most = f"at most {own.max():.0f} MiB seen" if len(own) else "nothing seen"
        told.append(f"{name}: {most}, {_limit(trace)}, {_end(trace)}")
    return f"Memory of containers over time. {'; '.join(told)}."


def _told(traces: Mapping[str, MemoryTrace]) -> str:
    """Say the same without what varies from run to run."""
    told = [f"{name}: {_limit(trace)}, {_end(trace)}" for name, trace in traces.items()]
    return f"Memory of containers over time. {'; '.join(told)}."


def _limit(trace: MemoryTrace) -> str:
    return f"limit {trace.limit // MIB} MiB" if trace.limit else "no limit"
