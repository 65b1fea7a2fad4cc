"""Charts that put sites side by side: what a visitor gets of each, and how much each gets done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sosclib.measure.crowd import per_second
from sosclib.views.matrix import fill, lay_out
from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, INK, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd

GOOD = "200"


def plot_pages(visits: pd.DataFrame, *, title: str = "What a visitor gets") -> Chart:
    """Draw which pages of which sites answer.

    Parameters
    ----------
    visits : DataFrame
        As `sosclib.course.traffic.visit` returns it: a line per page, a column per site.
    title : str

    Returns
    -------
    Chart
        Its data: page, site, answer.
    """
    pages, sites = list(visits.index), list(visits.columns)
    data = visits.melt(ignore_index=False, var_name="site", value_name="answer").reset_index()
    with sheet(9.5, 1.9 + 0.62 * len(pages)) as (figure, axes):
        for page, site, answer in data.itertuples(index=False):
            good = answer == GOOD
            words = f"✔ {answer}" if good else f"✘ {answer}"
            fill(axes, sites.index(site), pages.index(page), words, good=good)
        lay_out(axes, title, pages, sites)
        footnote(figure, "A number is HTTP's status: 200 is all right, 503 is “not available at the moment”.")
    told = [
        f"{site}: " + ", ".join(f"{page} {answer}" for page, answer in visits[site].items()) for site in sites
    ]
    return Chart(figure, f"{title}. {'; '.join(told)}.", data)


def plot_throughput(measured: Mapping[str, pd.DataFrame]) -> Chart:
    """Draw how many answers per second each site gave to several clients at once.

    Parameters
    ----------
    measured : mapping of str to DataFrame
        What to call each, and what `sosclib.course.traffic.crowd` returned.

    Returns
    -------
    Chart
        Its data: name, answers per second, and how many times as many as the first.
    """
    import pandas as pd

    rates = {name: per_second(data) for name, data in measured.items()}
    first = next(iter(rates.values()))
    rows = [(name, rate, rate / first if first else float("nan")) for name, rate in rates.items()]
    table = pd.DataFrame(rows, columns=["name", "per second", "ratio"])
    with sheet(9.5, 1.7 + 0.5 * len(rows)) as (figure, axes):
        axes.barh(table["name"], table["per second"], color=BLUE)
        for row, (_, rate, ratio) in enumerate(rows):
            axes.text(rate, row, f" {rate:.1f} (× {ratio:.2f})", va="center", color=INK)
        axes.invert_yaxis()
        axes.margins(x=0.18)
        axes.set_xlabel("answers per second")
        axes.set_title("How much gets done")
        requests = ", ".join(str(len(data)) for data in measured.values())
        footnote(figure, f"Requests: {requests}; each client asks again as soon as it has its answer.")
    each = "; ".join(f"{name} {rate:.1f} (× {ratio:.2f})" for name, rate, ratio in rows)
    return Chart(
        figure,
        f"Bar chart. Answers per second: {each}.",
        table,
        text=f"<answers per second: {', '.join(rates)}>",
    )
