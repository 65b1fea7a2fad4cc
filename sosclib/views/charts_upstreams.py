"""How a load balancer spread its requests, drawn: a bar for each configuration, a part for each server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.patches import Patch

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, GREY)
HATCHES = ("", "//", "..", "xx", "--", "||")
"""Beside its colour each server has a pattern of its own."""


def plot_upstreams(
    logs: Mapping[str, pd.DataFrame],
    names: Mapping[str, str] | None = None,
    *,
    title: str = "Where the load balancer sent the requests",
) -> Chart:
    """Draw how many requests went to which server.

    Parameters
    ----------
    logs : mapping of str to DataFrame
        From the words for a configuration to its log, as `sosclib.measure.upstreams.upstreams` returns it.
    names : mapping of str to str, optional
        What servers are called, by address without a port.
    title : str

    Returns
    -------
    Chart
        Its data: one row for each configuration and server, with ``configuration``, ``server``, ``requests``
        and ``share``.
    """
    import pandas as pd

    parts = _parts(logs, names or {})
    servers = sorted({part.server for part in parts})
    looks = dict(zip(servers, cycle(zip(COLOURS, HATCHES, strict=True)), strict=False))
    with sheet(9.5, 1.9 + 0.75 * len(logs)) as (figure, axes):
        for part in parts:
            colour, hatch = looks[part.server]
            axes.barh(
                part.configuration,
                part.requests,
                left=part.left,
                color=colour,
                hatch=hatch,
                edgecolor="white",
            )
            axes.text(
                part.left + part.requests / 2,
                list(logs).index(part.configuration),
                str(part.requests),
                ha="center",
                va="center",
                fontweight="bold",
                bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none"},
            )
        axes.invert_yaxis()
        axes.set_xlabel("requests")
        axes.set_title(title)
        axes.legend(
            handles=[_key(server, *looks[server]) for server in servers],
            loc="upper right",
            bbox_to_anchor=(1, -0.25),
            ncols=min(len(servers), 4),
        )
        footnote(figure, "Counted in the load balancer's own log.")
    data = pd.DataFrame(
        [
            (one.configuration, one.server, one.requests, one.requests / len(logs[one.configuration]))
            for one in parts
        ],
        columns=["configuration", "server", "requests", "share"],
    )
    return Chart(figure, _alt(parts), data)


@dataclass(frozen=True)
class Part:
    """The requests of one configuration that went to one server, and how many stand left of them."""

    configuration: str
    server: str
    requests: int
    left: int


def _parts(logs: Mapping[str, pd.DataFrame], names: Mapping[str, str]) -> list[Part]:
    parts = []
    for configuration, log in logs.items():
        counts = Counter(names.get(one.rpartition(":")[0], one) for one in log["upstream"].tolist())
        left = 0
        for server, number in sorted(counts.items()):
            parts.append(Part(configuration, server, number, left))
            left += number
    return parts


def _key(server: str, colour: str, hatch: str) -> Patch:
    from matplotlib.patches import Patch

    return Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=server)


def _alt(parts: Sequence[Part]) -> str:
    told = []
    for configuration in dict.fromkeys(part.configuration for part in parts):
        each = [f"{one.server} {one.requests}" for one in parts if one.configuration == configuration]
        told.append(f"{configuration}: {', '.join(each)}")
    return f"Bar chart of requests by server. {'; '.join(told)}."
