"""The frame of a build is a pure function of its state; the live view sets values and nothing else."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from unittest.mock import Mock

import pytest

from sosclib.engine.building import Builder
from sosclib.engine.building_state import BuildState
from sosclib.engine.dockerfile import parse
from sosclib.views.building import BuildView, frame

DOCKERFILE = "FROM a\nRUN make\nEXPOSE 80\nCOPY page.html /\n"


def begun():
    return BuildState.of("web:latest", parse(DOCKERFILE))


def states():
    state = begun()
    yield state
    for number in (1, 2, 4):
        state = state.marked(number, "running")
        yield state
        if number == 2:
            state = state.saying(2, "compiling one\ncompiling two\n")
            yield state
        state = state.marked(number, "cached" if number == 4 else "done", 1.25 * number)
        yield state


def rows(html):
    return [["".join(cell.itertext()) for cell in row] for row in ET.fromstring(html).iter("tr")]


def test_a_frame_has_a_line_per_step_with_its_state():
    seen = list(states())
    assert rows(frame(seen[0])) == [
        ["· waiting", "[1/4]", "FROM a", ""],
        ["· waiting", "[2/4]", "RUN make", ""],
        ["– noted", "[3/4]", "EXPOSE 80", ""],
        ["· waiting", "[4/4]", "COPY page.html /", ""],
    ]
    assert rows(frame(seen[4]))[1] == ["▶ running", "[2/4]", "RUN make", "compiling two"]
    assert rows(frame(seen[-1])) == [
        ["✔ done", "[1/4]", "FROM a", "1.2 s"],
        ["✔ done", "[2/4]", "RUN make", "2.5 s"],
        ["– noted", "[3/4]", "EXPOSE 80", ""],
        ["↺ cached", "[4/4]", "COPY page.html /", ""],
    ]
    assert "web:latest: 4 of 4 steps over" in frame(seen[-1])


def test_a_step_that_failed_shows_its_last_line():
    state = begun().marked(2, "running").saying(2, "it is wrong\n").marked(2, "failed")
    assert rows(frame(state))[1] == ["✘ failed", "[2/4]", "RUN make", "it is wrong"]


def test_all_that_programs_say_is_escaped():
    evil = '<img src=x onerror="alert(1)">'
    state = (
        BuildState.of(evil, parse(f"FROM a\nRUN echo '{evil}'\n")).marked(2, "running").saying(2, f"{evil}&")
    )
    html = frame(state)
    assert "<img" not in html
    assert rows(html)[1][2:] == [f"RUN echo '{evil}'", f"{evil}&"]
    ET.fromstring(html)


def test_the_view_shows_one_widget_per_build_and_ends_with_its_last_frame():
    shown = []
    view = BuildView(show=shown.append, period=3600)
    for _ in range(2):
        for state in states():
            view(state)
    assert len(shown) == 2
    assert all("4 of 4 steps over" in widget.value for widget in shown)


def test_a_build_that_gave_up_ends_its_widget():
    shown = []
    view = BuildView(show=shown.append, period=3600)
    view(begun())
    view(replace(begun().marked(2, "failed"), error="exit code: 1"))
    view(begun())
    assert len(shown) == 2 and "✘ failed" in shown[0].value


def test_a_build_that_was_interrupted_ends_its_widget(monkeypatch):
    shown = []
    view = BuildView(show=shown.append, period=3600)

    def interrupted(*_):
        view(begun().marked(2, "running"))
        raise KeyboardInterrupt

    monkeypatch.setattr(Builder, "_built", interrupted)
    builder = Builder(Mock(), Mock(), Mock(), Mock(), view)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            builder.build(Mock())
    assert len(shown) == 2


def test_frames_are_limited():
    shown, values = [], []
    view = BuildView(
        show=lambda widget: (shown.append(widget), widget.observe(values.append, "value")), period=60
    )
    state = begun().marked(2, "running")
    for number in range(300):
        state = state.saying(2, f"line {number}\n")
        view(state)
    assert len(values) == 1


def test_only_a_kernel_of_a_browser_has_a_live_view(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert BuildView.if_live() is None
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/08-dockerfiles.ipynb")
    assert isinstance(BuildView.if_live(), BuildView)
