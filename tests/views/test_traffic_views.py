"""What is drawn of requests is what was measured."""

from sosclib.measure.traffic import Answer, frame_of
from sosclib.views.charts_traffic import NOBODY, plot_answers, plot_traffic
from sosclib.views.traffic import TrafficView, frame

ANSWERS = [
    Answer(0.0, 0.010, 200, "b", ""),
    Answer(1.0, 0.030, 200, "a", ""),
    Answer(2.0, 0.020, 200, "b", ""),
    Answer(3.0, 5.000, 0, "", "TimeoutError"),
]


def test_bars_count_answers_and_lost_ones_come_last():
    chart = plot_answers(frame_of(ANSWERS))
    assert chart.data["who"].tolist() == ["a", "b", NOBODY]
    assert chart.data["answers"].tolist() == [1, 2, 1]
    assert chart.data["share"].tolist() == [0.25, 0.5, 0.25]
    bars = [patch.get_width() for patch in chart.figure.axes[0].patches]
    assert bars == [1, 2, 1]
    assert chart.alt == "Bar chart: of 4 requests 2 servers answered: a 1, b 2, no answer 1."
    assert repr(chart) == "<who answered 4 requests: 2 servers, 1 lost>"


def test_points_are_requests_and_crosses_lost_ones():
    chart = plot_traffic(frame_of(ANSWERS), {"update": 1.5})
    good, lost = chart.figure.axes[0].collections
    assert good.get_offsets().tolist() == [[0.0, 10.0], [1.0, 30.0], [2.0, 20.0]]
    assert [x for x, _ in lost.get_offsets().tolist()] == [3.0]
    rows = {label.get_text(): label.get_position()[1] for label in chart.figure.axes[0].get_yticklabels()}
    assert rows.pop("lost") == lost.get_offsets()[0][1] > max(map(float, rows))
    assert "4 requests over 3 seconds: 3 answered, in 20 ms in the median, 1 lost" in chart.alt
    assert any(text.get_text().strip() == "update" for text in chart.figure.axes[0].texts)


def test_the_live_frame_counts_and_escapes():
    shown = frame({"<b>": 3, "lost": 1, "": 2})
    assert "<caption>6 requests</caption>" in shown and "&lt;b&gt;" in shown and "<b>" not in shown
    assert shown.index("lost") > shown.index("a server")
    widgets = []
    view = TrafficView(show=widgets.append, period=0)
    for answer in ANSWERS:
        view(answer)
    view.close()
    assert len(widgets) == 1 and "4 requests" in widgets[0].value
