"""A stack drawn from file and engine by one code; the live view keeps step; every word is escaped."""

import threading
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import pytest

from sosclib.engine.compose_events import StackEvent
from sosclib.engine.compose_progress import ComposeState
from sosclib.engine.compose_rows import Rise
from sosclib.engine.stack import ENGINE, Service, Stack, compared, together
from sosclib.views.charts_rise import plot_rise, rise_table
from sosclib.views.composing import ComposeView
from sosclib.views.composing import frame as progress_frame
from sosclib.views.stack import draw_stack
from sosclib.views.stack_live import StackView
from sosclib.views.style import GREEN, ORANGE, RED

DB = Service("db", "registry:5000/db:1", ("back",), (("data", "/var/data"),))
WEB = Service("web", "web:1", ("back", "front"), (), (("8080", 80),), ("db",))
PLAN = Stack("shop", (DB, WEB), ("back", "front"), ("data",))
NOW = replace(PLAN, services=tuple(replace(one, state="healthy") for one in PLAN.services), source=ENGINE)
SVG = "{http://www.w3.org/2000/svg}"


def words(stack):
    return ["".join(text.itertext()) for text in ET.fromstring(draw_stack(stack).svg).iter(f"{SVG}text")]


def test_everything_of_a_stack_is_in_its_picture_and_its_description():
    seen = words(PLAN)
    for expected in (
        "shop",
        "back",
        "front",
        "db",
        "web",
        "db:1",
        "port 8080",
        ":80",
        "/var/data",
        "compose file",
    ):
        assert expected in seen, expected
    assert any(text.startswith("data") for text in seen)
    alt = draw_stack(PLAN).alt
    assert "Service db (planned), in the networks back, with the volume data at /var/data." in alt
    assert "published at port 8080" in alt


def test_file_and_engine_are_drawn_alike_but_for_the_states():
    assert set(words(NOW)) - {"✔ healthy", "engine"} == set(words(PLAN)) - {"compose file"}
    assert words(NOW).count("✔ healthy") == 2


def test_no_published_port_hides_another():
    web = replace(WEB, ports=(("8080-8082", 80), ("8443", 443), ("9000", 90)))
    root = ET.fromstring(draw_stack(replace(PLAN, services=(DB, web))).svg)
    boxes = [box for box in root.iter(f"{SVG}rect") if box.get("height") == "40"]
    ports = [(float(box.get("x")), float(box.get("y"))) for box in boxes]
    assert len(ports) == 3
    for upper, lower in pairwise(ports):
        assert upper[0] < lower[0] and upper[1] + 40 <= lower[1]


def test_differences_stand_below_and_in_the_description():
    broken = replace(
        NOW, services=(replace(NOW.services[0], state="exited (1)"), NOW.services[1]), networks=("back",)
    )
    both = compared(PLAN, broken)
    seen = words(both)
    assert "≠ the network front is not there" in seen
    assert "≠ the service db is exited (1)" in seen
    assert "✘ exited (1)" in seen
    assert "the service db is exited (1)" in draw_stack(both).alt
    assert "Nothing differs." in draw_stack(compared(PLAN, NOW)).alt


@pytest.mark.parametrize(
    ("states", "drawn", "said", "colour"),
    [
        (("running",) * 3, "▶ 3 of 3 running", "3 of 3 running", GREEN),
        (
            ("running", "exited (137)", "running"),
            "✘ 2 of 3 running1 exited (137)",
            "2 of 3 running, 1 exited (137)",
            RED,
        ),
        (("healthy", "starting"), "… 1 of 2 healthy1 starting", "1 of 2 healthy, 1 starting", ORANGE),
    ],
)
def test_copies_are_one_box_that_counts_them(states, drawn, said, colour):
    web = together([replace(WEB, state=state) for state in states])
    both = compared(PLAN, replace(NOW, services=(NOW.services[0], web)))
    assert drawn in words(both)
    assert f"Service web ({said})" in draw_stack(both).alt
    assert ("Nothing differs." in draw_stack(both).alt) == (set(states) == {"running"})
    assert colour in draw_stack(both).svg


def test_a_picture_grows_with_what_it_shows():
    small = draw_stack(Stack("one", (DB,), ("back",), ("data",)))
    many = tuple(replace(DB, name=f"s{number}") for number in range(6))
    assert draw_stack(Stack("six", many, ("back",), ("data",))).width > small.width
    draw_stack(Stack("none"))


def test_hostile_names_are_escaped():
    evil = '<img src=x onerror="alert(1)">'
    stack = Stack(evil, (Service(evil, evil, (evil,), ((evil, evil),)),), (evil,), (evil,))
    svg = draw_stack(stack).svg
    assert "<img" not in svg
    ET.fromstring(svg)


class Stage:
    """A project that a test changes at will: its events come when the test says so."""

    def __init__(self):
        self.name = "p"
        self.now = replace(NOW, services=())
        self.ready = threading.Event()
        self.api = self

    def planned(self):
        return PLAN

    def found(self):
        return self.now

    def events(self, **_):
        return self

    def __iter__(self):
        self.ready.wait(10)
        yield {"Actor": {"Attributes": {"com.docker.compose.service": "db"}}, "Action": "start"}

    def close(self):
        self.ready.set()


def test_the_live_view_keeps_step_and_ends_with_the_last_state():
    stage, shown, seen = Stage(), [], []
    with StackView(stage, show=shown.append, live=True, watch=seen.append, period=0) as view:
        assert view is not None and len(shown) == 1 and "not there" in seen[0].services[0].state
        stage.now = replace(NOW, services=(NOW.services[0],))
        stage.ready.set()
        deadline = time.monotonic() + 60
        while len(seen) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        stage.now = NOW
    assert [one.state for one in seen[1].services] == ["healthy", "not there"]
    assert seen[-1] == compared(PLAN, NOW)
    assert len(shown) == 1 and "Nothing differs." in shown[0].value


def test_without_a_browser_nothing_is_shown_and_nothing_asked():
    stage, shown = Stage(), []
    stage.planned = stage.found = lambda: pytest.fail("asked")
    with StackView(stage, show=shown.append, live=False):
        pass
    assert shown == []


def states(*lines):
    state = ComposeState()
    yield state
    for line in lines:
        state = state.after(line)
        yield state


def test_progress_is_a_table_and_each_command_has_its_own():
    shown = []
    view = ComposeView(show=shown.append, period=0)
    for _ in range(2):
        for state in states(" Network n  Creating", " Network n  Created", " Container <b>  Starting"):
            view(state)
    assert len(shown) == 2
    table = ET.fromstring(shown[0].value)
    assert [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")] == [
        ["✔ Created", "Network", "n"],
        ["▶ Starting", "Container", "<b>"],
    ]
    assert "1 of 2 done" in progress_frame(list(states(" Network n  Created", " Volume v  Creating"))[-1])


def test_only_a_kernel_of_a_browser_watches_compose(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert ComposeView.if_live() is None
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/12.ipynb")
    assert isinstance(ComposeView.if_live(), ComposeView)


EVENTS = (
    StackEvent(0.5, "db", "create"),
    StackEvent(1.0, "db", "start"),
    StackEvent(4.0, "db", "health_status: healthy"),
    StackEvent(5.0, "web", "start"),
    StackEvent(9.5, "web", "health_status: healthy"),
)


def test_how_a_stack_came_up_is_what_the_events_say():
    rise = Rise(EVENTS, 9.6)
    assert rise_table(rise).values.tolist() == [["db", 1.0, 4.0], ["web", 5.0, 9.5]]
    chart = plot_rise(rise)
    axes = chart.figure.axes[0]
    drawn = [
        line.get_xdata().tolist() if hasattr(line.get_xdata(), "tolist") else list(line.get_xdata())
        for line in axes.lines
        if len(line.get_xdata()) == 2
    ]
    assert drawn == [[5.0, 9.5], [1.0, 4.0]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["web", "db"]
    assert "web: started after 5 s, healthy after 9.5 s" in chart.alt
    assert "In the order of their starts: db, web." in chart.text and "9" not in chart.text


def test_a_service_that_nobody_looks_after_has_no_end():
    rise = Rise(EVENTS[:2], 1.1)
    assert rise_table(rise)["healthy"].isna().all()
    chart = plot_rise(rise)
    assert "db" in chart.text and chart.alt.endswith("db: started after 1 s.")
    assert [words.get_text() for words in chart.figure.axes[0].texts] == ["started"]
