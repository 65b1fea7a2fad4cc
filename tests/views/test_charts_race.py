"""The race's chart shows every warm sample, and tells a reference from a measurement."""

import pytest

from sosclib.measure.contenders import DOCKER, TINY_VM, TRUE
from sosclib.measure.race import MEASURED, REFERENCE
from sosclib.views.charts_race import plot_race


@pytest.fixture(scope="module")
def chart(race):
    return plot_race(race)


def test_every_warm_sample_is_plotted_and_no_cold_one(chart, seconds):
    plotted = [
        (length, round(height))
        for line in chart.figure.axes[0].lines
        if line.get_linestyle() == "None"
        for length, height in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]
    expected = [(s, row) for row, samples in enumerate([*seconds.values(), (1.5, 3.0)]) for s in samples]
    assert sorted(plotted) == sorted(expected)
    assert sorted(chart.data["seconds"]) == sorted(length for length, _ in expected)


def test_medians_stand_at_the_median(chart):
    strokes = [line for line in chart.figure.axes[0].lines if line.get_linewidth() == 2.6]
    assert [line.get_xdata()[0] for line in strokes] == [0.002, 0.02, 0.3]


def test_a_reference_has_another_mark_than_a_measurement(chart, seconds):
    axes = chart.figure.axes[0]
    marks = {
        source: {line.get_marker() for line in axes.lines if set(line.get_xdata()) == set(samples)}
        for source, samples in ((MEASURED, seconds[TRUE]), (REFERENCE, (1.5, 3.0)))
    }
    assert marks[MEASURED] and marks[REFERENCE] and not marks[MEASURED] & marks[REFERENCE]


def test_axis_is_logarithmic_and_says_so(chart, seconds):
    axes = chart.figure.axes[0]
    assert axes.get_xscale() == "log"
    assert "time" in axes.get_xlabel() and "logarithmic" in axes.get_xlabel()
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [*seconds, TINY_VM]


def test_alt_text_has_the_medians_and_the_plain_text_none(chart):
    assert "true 2 ms" in chart.alt
    assert f"{DOCKER} 300 ms" in chart.alt
    assert f"{TINY_VM} 2.25 s (reference, measured elsewhere)" in chart.alt
    assert not any(character.isdigit() for character in repr(chart))


def test_race_in_words(race):
    assert race.faster(DOCKER, TINY_VM) and not race.faster(DOCKER, TRUE)
    assert race.table().loc[DOCKER].tolist() == ["container", "300 ms", "100 ms", 3, MEASURED]
