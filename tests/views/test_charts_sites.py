"""What is drawn of sites side by side is what was measured."""

import pandas as pd
import pytest

from sosclib.measure.timing import Events, Sample, Timings
from sosclib.views.charts_sites import plot_pages, plot_throughput
from sosclib.views.charts_timing import plot_latency

VISITS = pd.DataFrame(
    {"monolith": ["nobody answers", "nobody answers"], "services": ["200", "503"]},
    index=pd.Index(["/", "/compute"], name="page"),
)


def test_a_cell_for_each_page_and_site_with_what_came():
    chart = plot_pages(VISITS)
    assert chart.data.values.tolist() == [
        ["/", "monolith", "nobody answers"],
        ["/compute", "monolith", "nobody answers"],
        ["/", "services", "200"],
        ["/compute", "services", "503"],
    ]
    words = [text.get_text() for text in chart.figure.axes[0].texts]
    assert words == ["✘ nobody answers", "✘ nobody answers", "✔ 200", "✘ 503"]
    assert "services: / 200, /compute 503." in chart.alt


def rates(*rows):
    return pd.DataFrame(rows, columns=["page", "round", "per_second", "ratio"])


def test_bars_are_medians_dots_are_rounds_and_each_time_has_its_own_first_page():
    before = rates(("one", 1, 2.0, 1.0), ("two", 1, 4.0, 2.0), ("one", 2, 4.0, 1.0), ("two", 2, 4.0, 1.0))
    after = rates(("one again", 1, 1.0, 1.0), ("three", 1, 3.0, 3.0))
    chart = plot_throughput(before, after)
    axes = chart.figure.axes[0]
    assert [patch.get_width() for patch in axes.patches] == [3.0, 4.0, 1.0, 3.0]
    assert [line.get_xdata().tolist() for line in axes.lines] == [[2.0, 4.0], [4.0, 4.0], [1.0], [3.0]]
    assert chart.alt == (
        "Bar chart. Answers per second: one 3.0; two 4.0, × 1.50; one again 1.0; three 3.0, × 3.00."
    )
    assert repr(chart) == "<answers per second: one; two; one again; three>"
    assert chart.data["per_second"].tolist() == [2.0, 4.0, 4.0, 4.0, 1.0, 3.0]


def test_each_request_is_a_mark_and_the_words_stand_beside():
    samples = tuple(Sample(name, "warm", n, 1, n / 100) for name in ("a", "b") for n in (1, 2, 3))
    timings = Timings((Events("a", "s", "e"), Events("b", "s", "e")), samples, 1)
    chart = plot_latency(timings, {"a": "one process", "b": "two"})
    assert chart.data["seconds"].tolist() == pytest.approx([0.01, 0.02, 0.03] * 2)
    assert repr(chart) == "How long one page takes, every sample and the medians: a (one process); b (two)."
    assert "Medians: a 20 ms, one process; b 20 ms, two." in chart.alt
