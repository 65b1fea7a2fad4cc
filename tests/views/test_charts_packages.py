"""The chart of packages: what is plotted is what was counted."""

from sosclib.measure.packages import Old, PackageAge
from sosclib.views.charts_packages import CURRENT, OLD, SECURITY, plot_outdated

FRESH = PackageAge("fresh:1", "Debian 13", "2026-11-24", 94, ())
STALE = PackageAge(
    "stale:1",
    "Debian 12",
    "2026-11-24",
    90,
    (
        Old("a", "1", "2", security=True),
        Old("b", "1", "2", security=True),
        Old("c", "1", "2", security=False),
    ),
)


def test_the_parts_of_each_image_add_up_to_its_packages():
    chart = plot_outdated([FRESH, STALE])
    parts = chart.data.pivot(index="image", columns="part", values="packages")
    assert dict(parts.loc["stale:1"]) == {CURRENT: 87, OLD: 1, SECURITY: 2}
    assert dict(parts.loc["fresh:1"]) == {CURRENT: 94, OLD: 0, SECURITY: 0}
    widths = [bar.get_width() for bar in chart.figure.axes[0].patches]
    assert sorted(widths) == [0, 0, 1, 2, 87, 94]


def test_the_alt_text_has_the_numbers_and_the_day_and_the_text_has_not():
    chart = plot_outdated(STALE)
    assert "3 of 90 packages are out of date, 2 of them by security updates" in chart.alt
    assert "24 November 2026" in chart.alt
    assert "stale:1" in repr(chart) and "90" not in repr(chart)
