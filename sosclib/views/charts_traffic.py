"""Charts of requests: who answered how many, and how long answers took while something happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, GREY, INK, RED, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd

NOBODY = "no answer"


def plot_answers(data: pd.DataFrame, *, title: str = "Who answered") -> Chart:
    """Draw how many requests each server answered, as bars; lost ones have a bar of their own.

    Parameters
    ----------
    data : DataFrame
        As `sosclib.measure.traffic` returns it.
    title : str

    Returns
    -------
    Chart
        Its data: one row for each server, with ``who``, ``answers`` and ``share``.
    """
    who = data["who"].where(data["error"] == "", NOBODY)
    counts = who.value_counts().rename_axis("who").reset_index(name="answers")
    counts = counts.sort_values(["who"], key=lambda names: names.where(names != NOBODY, "~")).reset_index(
        drop=True
    )
    counts["share"] = counts["answers"] / max(len(data), 1)
    height = 1.6 + 0.45 * max(len(counts), 2)
    with sheet(9.5, height) as (figure, axes):
        colours = [RED if name == NOBODY else BLUE for name in counts["who"]]
        axes.barh(counts["who"], counts["answers"], color=colours)
        for row, number in enumerate(counts["answers"]):
            axes.text(number, row, f" {number}", va="center", color=INK)
        axes.invert_yaxis()
        axes.set_xlabel("requests answered")
        axes.set_title(title)
        axes.margins(x=0.1)
    servers = int((counts["who"] != NOBODY).sum())
    lost = int((data["error"] != "").sum())
    each = ", ".join(f"{row.who} {row.answers}" for row in counts.itertuples())
    return Chart(
        figure,
        f"Bar chart: of {len(data)} requests {servers} servers answered: {each}.",
        counts,
        text=f"<who answered {len(data)} requests: {servers} servers, {lost} lost>",
    )


def plot_traffic(
    data: pd.DataFrame, events: Mapping[str, float] | None = None, *, title: str = "Requests over time"
) -> Chart:
    """Draw how long each request took, at the time when it was sent; lost ones as crosses at the top.

    Parameters
    ----------
    data : DataFrame
        As `sosclib.measure.traffic` returns it.
    events : mapping of str to float, optional
        What happened when, in seconds since the first request.
    title : str
    """
    good, lost = data[data["error"] == ""], data[data["error"] != ""]
    top = max(float(good["seconds"].max()) if len(good) else 1.0, 0.01) * 1000
    with sheet(9.5, 4.5) as (figure, axes):
        axes.scatter(good["at"], good["seconds"] * 1000, s=14, color=BLUE, label=f"answered: {len(good)}")
        axes.scatter(
            lost["at"], [top * 1.1] * len(lost), s=60, marker="x", color=RED, label=f"lost: {len(lost)}"
        )
        for name, moment in (events or {}).items():
            axes.axvline(moment, color=GREY, linestyle="--", linewidth=1)
            axes.text(moment, top * 1.28, f" {name}", color=GREY, fontsize=10, va="top")
        axes.set_ylim(0, top * 1.32)
        if len(lost):
            # They have no time at which an answer came: their row has a name in place of a number.
            times = [tick for tick in axes.get_yticks() if 0 <= tick <= top]
            axes.set_yticks([*times, top * 1.1], [*(f"{tick:g}" for tick in times), "lost"])
        axes.set_xlabel("seconds since the first request")
        axes.set_ylabel("answer after, in ms")
        axes.set_title(title)
        axes.legend(loc="upper right", bbox_to_anchor=(1, -0.12), ncols=2)
        median = float(good["seconds"].median() * 1000) if len(good) else float("nan")
        footnote(
            figure,
            f"{len(data)} requests, each by a connection of its own; median of answers {median:.0f} ms",
        )
    return Chart(
        figure,
        f"Scatter plot of {len(data)} requests over {data['at'].max():.0f} seconds: {len(good)} answered, "
        f"in {median:.0f} ms in the median, {len(lost)} lost.",
        data,
        text=f"<requests over time: {len(lost)} lost>",
    )
