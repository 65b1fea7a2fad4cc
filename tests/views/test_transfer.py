"""The frame of a pull is a pure function of its state; the live view sets values and nothing else."""

import xml.etree.ElementTree as ET

from sosclib.engine.progress import TransferState
from sosclib.views.transfer import TransferView, frame

EVENTS = [
    {"status": "Pulling from library/debian", "id": "13"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": "aaa"},
    {"status": "Already exists", "progressDetail": {}, "id": "bbb"},
    {"status": "Downloading", "progressDetail": {"current": 1_500_000, "total": 3_000_000}, "id": "aaa"},
    {"status": "Pull complete", "progressDetail": {}, "id": "aaa"},
    {"status": "Digest: sha256:abc"},
    {"status": "Status: Downloaded newer image for debian:13"},
]


def states(events=EVENTS):
    state = TransferState()
    for event in events:
        state = state.after(event)
        yield state


def rows(html):
    return [["".join(cell.itertext()) for cell in row] for row in ET.fromstring(html).iter("tr")]


def test_a_frame_has_a_line_per_layer_with_its_bytes():
    _, _, _, downloading, *_ = states()
    html = frame(downloading)
    assert rows(html) == [["aaa", "Downloading", "", "1.5MB of 3MB"], ["bbb", "Already exists", "", ""]]
    bar = next(ET.fromstring(html).iter("progress"))
    assert (bar.get("value"), bar.get("max")) == ("1500000", "3000000")
    assert "1 of 2 layers complete" in html


def test_all_layers_are_complete_in_the_end():
    *_, last = states()
    assert "2 of 2 layers complete" in frame(last)
    assert all(bar.get("value") == bar.get("max") for bar in ET.fromstring(frame(last)).iter("progress"))


def test_what_the_engine_says_is_escaped():
    evil = "<img src=x onerror=alert(1)>"
    [state] = states([{"status": evil, "id": f"{evil}&", "progressDetail": {}}])
    html = frame(state)
    assert "<img" not in html
    assert rows(html)[0][:2] == [f"{evil}&", evil]


def test_the_view_shows_one_widget_per_pull_and_ends_with_its_last_frame():
    shown = []
    view = TransferView(show=shown.append, period=3600)
    for _ in range(2):
        for state in states():
            view(state)
    assert len(shown) == 2
    assert all("2 of 2 layers complete" in widget.value for widget in shown)


def test_frames_are_limited():
    shown = []
    values = []
    view = TransferView(
        show=lambda widget: (shown.append(widget), widget.observe(values.append, "value")), period=60
    )
    many = [
        {"status": "Downloading", "id": "aaa", "progressDetail": {"current": n, "total": 500}}
        for n in range(500)
    ]
    for state in states(many):
        view(state)
    assert len(values) == 1


def test_nothing_is_shown_where_all_layers_are_present():
    shown = []
    view = TransferView(show=shown.append)
    for state in states([e for e in EVENTS if e.get("id") != "aaa"]):
        view(state)
    assert shown == []


def test_only_a_kernel_of_a_browser_has_a_live_view(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert TransferView.if_live() is None
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/04-first-commands.ipynb")
    assert isinstance(TransferView.if_live(), TransferView)


def test_a_push_ends_with_its_last_frame_too():
    shown = []
    view = TransferView(show=shown.append, period=3600)
    for state in states(
        [
            {"status": "The push refers to repository [r/me/x]"},
            {"status": "Pushing", "id": "aaa", "progressDetail": {"current": 1, "total": 2}},
            {"status": "Pushed", "id": "aaa", "progressDetail": {}},
            {"status": "1.0: digest: sha256:0 size: 527"},
        ]
    ):
        view(state)
    assert [("1 of 1 layers complete" in widget.value) for widget in shown] == [True]
