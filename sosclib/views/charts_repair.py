"""How long repairs took, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, INK, ORANGE, sheet

if TYPE_CHECKING:
    import pandas as pd


def plot_repair(data: pd.DataFrame, *, title: str = "From the crash to all replicas running") -> Chart:
    """Draw each repair as a bar: until the manager noticed, and until all replicas ran again.

    Parameters
    ----------
    data : DataFrame
        As `sosclib.measure.repair.repair` returns it.
    title : str
    """
    median = float(data["repaired"].median())
    labels = [f"{attempt}. on {node}" for attempt, node in zip(data["attempt"], data["node"], strict=True)]
    with sheet(9.5, 1.9 + 0.5 * len(data)) as (figure, axes):
        axes.barh(labels, data["noticed"], color=ORANGE, label="noticed")
        axes.barh(
            labels,
            data["repaired"] - data["noticed"],
            left=data["noticed"],
            color=BLUE,
            label="a new one started",
        )
        axes.axvline(median, color=INK, linestyle="--", linewidth=1, label=f"median {median:.1f} s")
        axes.invert_yaxis()
        axes.set_xlabel("seconds since the container was killed")
        axes.set_title(title)
        axes.legend(loc="upper right", bbox_to_anchor=(1, -0.25), ncols=3)
    return Chart(
        figure,
        f"Bar chart: {len(data)} repairs, in {median:.1f} s in the median, "
        f"at most {data['repaired'].max():.1f} s.",
        data,
        text=f"<{len(data)} repairs>",
    )
