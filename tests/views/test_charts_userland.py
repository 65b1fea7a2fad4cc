"""The chart of what a container costs without Docker shows the ratio of every round, and their medians."""

import itertools
import statistics

import pytest

from sosclib.measure.environment import Environment
from sosclib.measure.timing import COLD, WARM, Events, Sample, Timings
from sosclib.measure.userland import AGAIN, CONTENDERS, DOCKER, PLAIN, PROOT, START, UDOCKER, WORKS, Userland
from sosclib.views.charts_userland import plot_userland

FACTORS = {
    PLAIN: (1, 1, 1),
    AGAIN: (0.9, 1, 1.1),
    PROOT: (2, 3, 10),
    UDOCKER: (4, 5, 6),
    DOCKER: (0.8, 1.5, 1.1),
}
BARE = (0.1, 0.2, 0.4)


@pytest.fixture(scope="module")
def userland():
    def timings(scale):
        samples = [
            Sample(name, WARM, turn, 1, bare * (scale * factor if name != PLAIN else 1))
            for name in CONTENDERS
            for turn, (bare, factor) in enumerate(zip(BARE, FACTORS[name], strict=True), start=1)
        ]
        cold = [Sample(name, COLD, 1, 1, 77.0) for name in CONTENDERS]
        return Timings(tuple(Events(name, "on", "off") for name in CONTENDERS), tuple(cold + samples), 1)

    return Userland(
        {work: timings(scale) for scale, work in enumerate(WORKS, start=1)},
        dict.fromkeys(WORKS[1:], 7),
        Environment("6.1", "x86_64", 2, engine="26.1", engine_kernel="6.1", storage_driver="overlay2"),
        "this machine",
        filtered=False,
    )


@pytest.fixture(scope="module")
def chart(userland):
    return plot_userland(userland)


def expected():
    return {
        (scale, name): [scale * factor for factor in FACTORS[name]]
        for scale in range(1, len(WORKS) + 1)
        for name in CONTENDERS[1:]
    }


def test_every_ratio_is_plotted_once_and_no_cold_one(chart):
    plotted = [
        ratio
        for line in chart.figure.axes[0].lines
        if line.get_linestyle() == "None"
        for ratio in line.get_xdata()
    ]
    wanted = [ratio for ratios in expected().values() for ratio in ratios]
    assert sorted(plotted) == pytest.approx(sorted(wanted))
    assert sorted(chart.data["ratio"]) == pytest.approx(sorted(wanted))


def test_medians_stand_at_the_median_with_their_number(chart):
    axes = chart.figure.axes[0]
    strokes = [line.get_xdata()[0] for line in axes.lines if line.get_linewidth() == 2.6]
    medians = [statistics.median(ratios) for ratios in expected().values()]
    assert strokes == pytest.approx(medians)
    assert "× 15.0" in {text.get_text() for text in axes.texts}, "udocker's third work, or PRoot's fifth"


def test_rows_do_not_run_into_one_another(chart):
    rows = sorted(
        {
            round(sum(line.get_ydata()) / 2, 3)
            for line in chart.figure.axes[0].lines
            if line.get_linewidth() == 2.6
        }
    )
    assert len(rows) == len(WORKS) * 4
    assert min(after - before for before, after in itertools.pairwise(rows)) >= 1


def test_the_axis_is_logarithmic_says_so_and_names_the_works(chart):
    axes = chart.figure.axes[0]
    assert axes.get_xscale() == "log" and "logarithmic" in axes.get_xlabel()
    names = [tick.get_text().partition("\n")[0] for tick in axes.get_yticklabels()]
    assert names == list(WORKS)


def test_colour_is_not_the_only_sign(chart):
    marks = {
        (line.get_color(), line.get_marker())
        for line in chart.figure.axes[0].lines
        if line.get_linestyle() == "None"
    }
    assert len(marks) == len({mark for _, mark in marks}) == 4


def test_words_have_the_medians_and_the_note_says_how_proot_works(chart):
    assert f"{START}: {AGAIN} × 1.00, {PROOT} × 3.00, {UDOCKER} × 5.00, {DOCKER} × 1.10" in chart.alt
    assert "stops at every system call" in chart.figure._supxlabel.get_text()
