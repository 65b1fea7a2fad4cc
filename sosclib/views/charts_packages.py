"""How much of an image is out of date, as bars."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sosclib.measure.packages import PackageAge
from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, ORANGE, PAPER, RED, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd

CURRENT, OLD, SECURITY = "newest version", "out of date", "security update missing"
PARTS = {CURRENT: (BLUE, ""), OLD: (ORANGE, "///"), SECURITY: (RED, "xxx")}
"""What is told apart, each with a colour and a hatching."""


def plot_outdated(ages: PackageAge | Iterable[PackageAge]) -> Chart:
    """Draw how many packages of images are up to date, out of date, and lack a security update.

    Parameters
    ----------
    ages : PackageAge or iterable of PackageAge
        As ``sosc.outdated(vm1, image)`` returns them.

    Returns
    -------
    Chart
        Its data: image, part, packages.
    """
    from matplotlib.patches import Patch

    every = [ages] if isinstance(ages, PackageAge) else list(ages)
    data = _counted(every)
    with sheet(10, 2.3 + 0.72 * len(every)) as (figure, axes):
        left = dict.fromkeys(data["image"], 0)
        rows = list(left)
        for image, part, packages in data.itertuples(index=False):
            colour, hatch = PARTS[part]
            filled = part == CURRENT
            axes.barh(
                rows.index(image),
                packages,
                left=left[image],
                height=0.6,
                facecolor=colour if filled else PAPER,
                edgecolor=colour,
                hatch=hatch,
                linewidth=1.6 if packages else 0,
            )
            left[image] += packages
        for row, age in enumerate(every):
            axes.annotate(
                f"{len(age.old)} of {age.total} out of date",
                (age.total, row),
                (9, 0),
                textcoords="offset points",
                va="center",
                fontweight="bold",
                fontsize=11,
            )
        axes.set_title("How many packages are out of date", pad=38)
        axes.set_yticks(range(len(rows)), [_short(image) for image in rows])
        axes.set_xlabel("packages in the image")
        axes.set_xlim(0, max(age.total for age in every) * 1.4)
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        handles = [
            Patch(facecolor=c if p == CURRENT else PAPER, edgecolor=c, hatch=h, label=p)
            for p, (c, h) in PARTS.items()
        ]
        axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderpad=0)
        footnote(figure, f"Compared with Debian's own index. {'; '.join(_said(age) for age in every)}.")
    told = "; ".join(map(repr, every))
    return Chart(figure, f"Bar chart of packages. {told}.", data, _same(every))


def _counted(ages: list[PackageAge]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (age.image, part, count)
        for age in ages
        for part, count in (
            (CURRENT, age.total - len(age.old)),
            (OLD, len(age.old) - age.security),
            (SECURITY, age.security),
        )
    ]
    return pd.DataFrame(rows, columns=["image", "part", "packages"])


def _said(age: PackageAge) -> str:
    return f"{_short(age.image)}: {age.release} as of {age.day}"


def _short(image: str) -> str:
    """Return an image's name without where it comes from."""
    return image.rpartition("/")[2]


def _same(ages: list[PackageAge]) -> str:
    return f"Bar chart: how many packages are out of date in {', '.join(age.image for age in ages)}."
