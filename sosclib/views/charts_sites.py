"""Charts that put sites side by side: what a visitor gets of each, and how much each gets done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.views.matrix import fill, lay_out
from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, GREY, INK, footnote, sheet

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


def plot_throughput(*measured: pd.DataFrame) -> Chart:
    """Draw how many answers per second each page gave to several clients at once.

    Parameters
    ----------
    *measured : DataFrame
        As `sosclib.course.traffic.crowd` returns it, of the same machine at different times: each has its own
        first page to compare with.

    Returns
    -------
    Chart
        Its data: page, round, answers per second, and how many times as many as the first page's.
    """
    import pandas as pd

    data = pd.concat(measured, ignore_index=True)
    medians = data.groupby("page", sort=False)[["per_second", "ratio"]].median()
    firsts = {str(one["page"].iloc[0]) for one in measured}
    with sheet(9.5, 1.7 + 0.5 * len(medians)) as (figure, axes):
        colours = [GREY if page in firsts else BLUE for page in medians.index]
        axes.barh(medians.index, medians["per_second"], color=colours, alpha=0.75)
        for row, page in enumerate(medians.index):
            rates = data.loc[data["page"] == page, "per_second"]
            axes.plot(rates, [row] * len(rates), "o", color=INK, markersize=5)
            axes.text(rates.max(), row, f"   {_told(medians, page, firsts)}", va="center", color=INK)
        axes.invert_yaxis()
        axes.margins(x=0.25)
        axes.set_xlabel("answers per second")
        axes.set_title("How much gets done")
        footnote(figure, "Dots: rounds, bars: medians. The factor is against the grey bar above it.")
    each = "; ".join(f"{page} {_told(medians, page, firsts)}" for page in medians.index)
    return Chart(
        figure,
        f"Bar chart. Answers per second: {each}.",
        data,
        text=f"<answers per second: {'; '.join(medians.index)}>",
    )


def _told(medians: pd.DataFrame, page: str, firsts: set[str]) -> str:
    rate, ratio = float(medians["per_second"][page]), float(medians["ratio"][page])
    return f"{rate:.1f}" if page in firsts else f"{rate:.1f}, × {ratio:.2f}"
