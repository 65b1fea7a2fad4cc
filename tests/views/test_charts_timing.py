"""Charts of stops and of rebuilds: every sample is in the data, and what varies is not in the text."""

from sosclib.measure.rebuilding import Rebuilds, called
from sosclib.measure.stopping import Ending, Stops
from sosclib.measure.timing import COLD, WARM, Events, Sample, Timings
from sosclib.views.charts_timing import plot_rebuilds, plot_stops


def timings(**seconds):
    events = tuple(Events(name, "a", "b") for name in seconds)
    samples = tuple(
        Sample(name, WARM, turn, 1, value)
        for name, row in seconds.items()
        for turn, value in enumerate(row, 1)
    )
    return Timings(events, (*samples, Sample(next(iter(seconds)), COLD, 1, 1, 99.0)), 1)


STOPS = Stops(
    timings(good=(0.2, 0.3, 0.25), bad=(3.1, 3.2, 3.3)),
    (Ending("good", "work", (0, 0, 0)), Ending("bad", "sh <a>", (137, 137, 143))),
    3,
)


def test_every_warm_sample_of_a_stop_is_plotted():
    chart = plot_stops(STOPS)
    assert list(chart.data["seconds"]) == [0.2, 0.3, 0.25, 3.1, 3.2, 3.3]
    drawn = [list(line.get_xdata()) for line in chart.figure.axes[0].lines]
    assert [0.2, 0.3, 0.25] in drawn and [3.1, 3.2, 3.3] in drawn and [3.2, 3.2] in drawn
    assert [3, 3] in drawn, "where patience ends"
    assert set(chart.data["told"]) == {"exit code 0", "exit code 137, 143"}


def test_the_text_has_exit_codes_and_no_times():
    chart = plot_stops(STOPS)
    assert "250 ms" in chart.alt and "3.2 s" in chart.alt
    assert "bad (exit code 137, 143)" in repr(chart)
    assert "3.2" not in repr(chart) and "250" not in repr(chart)


def test_rebuilds_stand_by_change_and_tell_what_was_done_anew():
    names = {
        called(f, c): (n,) for n, (f, c) in enumerate([("A", "x"), ("A", "y"), ("B", "x"), ("B", "y")], 1)
    }
    anew = {name: ("COPY . .", "RUN make") if "A" in name else () for name in names}
    rebuilds = Rebuilds(timings(**names), anew, ("A", "B"), ("x", "y"))
    chart = plot_rebuilds(rebuilds)
    labels = [label.get_text() for label in chart.figure.axes[0].get_yticklabels()]
    assert labels == ["A: x", "B: x", "A: y", "B: y"]
    assert dict(zip(chart.data["contender"], chart.data["seconds"], strict=True)) == {
        name: row[0] for name, row in names.items()
    }
    assert "A: x (COPY, RUN anew)" in repr(chart) and "B: y (nothing anew)" in repr(chart)
