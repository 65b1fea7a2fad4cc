"""The chart of memory shows every sample, the limit, and how each container ended."""

import pandas as pd
import pytest

from sosclib.measure.memory import MemoryTrace
from sosclib.views.charts_memory import MIB, plot_memory


def trace(name, sizes, limit=0, code=0, killed=False):
    samples = pd.DataFrame(
        {"seconds": [0.5 * n for n in range(len(sizes))], "bytes": [s * MIB for s in sizes]}
    )
    return MemoryTrace(name, limit * MIB, code, killed, samples)


@pytest.fixture(scope="module")
def chart():
    return plot_memory({"free": trace("a", [2, 40, 160]), "held": trace("b", [2, 60], 64, 137, True)})


def test_the_data_are_what_is_drawn(chart):
    assert chart.data.values.tolist() == [
        *(["free", 0.0, 2.0], ["free", 0.5, 40.0], ["free", 1.0, 160.0]),
        *(["held", 0.0, 2.0], ["held", 0.5, 60.0]),
    ]
    lines = {line.get_label(): line.get_xydata().tolist() for line in chart.figure.axes[0].lines}
    assert lines["free"] == [[0, 2], [0.5, 40], [1, 160]]
    assert lines["held"] == [[0, 2], [0.5, 60]]


def test_only_the_limited_one_has_a_line_for_its_limit_and_its_end_has_another_sign(chart):
    axes = chart.figure.axes[0]
    dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert [set(line.get_ydata()) for line in dashed] == [{64.0}]
    assert [text.get_text() for text in axes.texts] == [
        "ended by itself, exit code 0",
        "killed, exit code 137",
    ]
    assert {line.get_marker() for line in axes.lines if line.get_markersize() == 12} == {"o", "X"}


def test_the_words_tell_the_same_and_the_stored_text_does_not_vary(chart):
    assert chart.alt == (
        "Memory of containers over time. free: at most 160 MiB seen, no limit, ended by itself, exit code 0;"
        " held: at most 60 MiB seen, limit 64 MiB, killed, exit code 137."
    )
    assert repr(chart) == (
        "Memory of containers over time. free: no limit, ended by itself, exit code 0;"
        " held: limit 64 MiB, killed, exit code 137."
    )


def test_one_that_was_never_seen_alive_is_drawn_all_the_same():
    chart = plot_memory({"gone": trace("a", [], 64, 137, True)})
    assert "nothing seen" in chart.alt and chart.png().startswith(b"\x89PNG")
