"""What is drawn of services and repairs is what was measured."""

from unittest.mock import MagicMock, Mock

import pandas as pd

from sosclib.engine import convergence
from sosclib.engine.convergence import Convergence
from sosclib.engine.tasks import Task
from sosclib.views.charts_repair import plot_repair
from sosclib.views.convergence import ServiceView, frame


def task(slot, state):
    return Task(f"id{slot}", "web", slot, "VM1", "n1", "nginx", "running", state, 0.0)


def test_a_bar_has_two_parts_until_noticed_and_until_repaired():
    data = pd.DataFrame(
        {"attempt": [1, 2], "node": ["VM1", "VM2"], "noticed": [0.5, 0.25], "repaired": [6.0, 5.0]}
    )
    chart = plot_repair(data)
    widths = [bar.get_width() for bar in chart.figure.axes[0].patches]
    assert widths == [0.5, 0.25, 5.5, 4.75]
    assert chart.alt == "Bar chart: 2 repairs, in 5.5 s in the median, at most 6.0 s."
    assert chart.data is data and repr(chart) == "<2 repairs>"


def test_a_service_on_its_way_is_one_bar_and_words():
    state = Convergence(
        "w<b>", 3, 1, "updating", "", (task(1, "running"), task(2, "starting"), task(3, "starting"))
    )
    shown = frame(state)
    assert "w&lt;b&gt;: 1/3 · updating" in shown and '<progress value="1" max="3">' in shown
    assert "2 starting" in shown


def test_services_that_are_waited_for_together_share_a_widget():
    """As those of a stack, of which each is looked at several times."""
    widgets = []
    view = ServiceView(show=widgets.append, period=0)
    for since, name, running in ((1, "a", 0), (1, "a", 2), (1, "b", 1), (1, "a", 2), (2, "c", 0)):
        view(Convergence(name, 2, running, waited_since=since))
    together, alone = (widget.value for widget in widgets)
    assert together.count("<progress") == 2 and "a: 2/2" in together and "b: 1/2" in together
    assert alone.count("<progress") == 1 and "c: 0/2" in alone


def test_each_wait_for_one_service_has_a_widget_of_its_own(monkeypatch):
    """A whole section is about one service: its progress belongs below the cell that asked for it."""
    widgets = []
    view = ServiceView(show=widgets.append, period=0)
    looks = [Convergence("web_swarm", 2, running) for running in (0, 2, 2)]
    monkeypatch.setattr(convergence, "look", lambda *_: looks.pop(0))
    monkeypatch.setattr(convergence, "Wakeups", MagicMock())
    for _ in range(2):
        convergence.await_converged(Mock(), "web_swarm", stable=0, told=view)
    assert [widget.value.count("2/2") for widget in widgets] == [1, 1]
