"""What is drawn of sites side by side is what was measured."""

import pandas as pd
import pytest

from sosclib.measure.timing import Events, Sample, Timings
from sosclib.measure.traffic import Answer, frame_of
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


def test_bars_are_answers_per_second_and_ratios_are_to_the_first():
    one = frame_of([Answer(0.0, 0.5, 200, "", ""), Answer(0.5, 0.5, 200, "", "")])
    two = frame_of([Answer(0.0, 0.5, 200, "", "")] * 2)
    chart = plot_throughput({"one copy": one, "two copies": two})
    assert [patch.get_width() for patch in chart.figure.axes[0].patches] == [2.0, 4.0]
    assert chart.data["ratio"].tolist() == [1.0, 2.0]
    assert chart.alt == "Bar chart. Answers per second: one copy 2.0 (× 1.00); two copies 4.0 (× 2.00)."
    assert repr(chart) == "<answers per second: one copy, two copies>"


def test_a_site_that_gave_no_answer_has_an_empty_bar_and_no_ratio():
    lost = frame_of([Answer(0.0, 0.5, 0, "", "ConnectionRefusedError")])
    chart = plot_throughput({"dead": lost, "dead too": lost})
    assert chart.data["per second"].tolist() == [0.0, 0.0] and chart.data["ratio"].isna().all()


def test_each_request_is_a_mark_and_the_words_stand_beside():
    samples = tuple(Sample(name, "warm", n, 1, n / 100) for name in ("a", "b") for n in (1, 2, 3))
    timings = Timings((Events("a", "s", "e"), Events("b", "s", "e")), samples, 1)
    chart = plot_latency(timings, {"a": "one process", "b": "two"})
    assert chart.data["seconds"].tolist() == pytest.approx([0.01, 0.02, 0.03] * 2)
    assert repr(chart) == "How long one page takes, every sample and the medians: a (one process); b (two)."
    assert "Medians: a 20 ms, one process; b 20 ms, two." in chart.alt
