"""The picture of a swarm, and how it follows the real one."""

import time
import uuid
from xml.etree import ElementTree

import pytest

from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.swarm_state import LOST, SwarmNodeState, SwarmState
from sosclib.engine.tasks import Task
from sosclib.engine.terminal import Terminal
from sosclib.lab.dind import DindLab
from sosclib.lab.registry import registry_of
from sosclib.views.swarm import RESYNC, SwarmView, draw, look


def task(slot, node, state="running", desired="running", error=""):
    return Task(f"id{slot}{state}", "web", slot, node, node, "nginx", desired, state, 1000.0 + slot, error)


VM1 = SwarmNodeState("VM1", "leader", "active", True)
VM2 = SwarmNodeState("VM2", "worker", "active", True)


def words(diagram):
    return [element.text for element in ElementTree.fromstring(diagram.svg).iter() if element.text]


def test_each_node_is_a_column_with_its_tasks():
    state = SwarmState(
        (VM1, VM2), (task(1, "VM1"), task(2, "VM2"), task(3, "VM2", "starting")), {"web": "2/3"}
    )
    drawn = draw(state)
    assert {"VM1", "VM2", "leader", "worker", "web.1", "web.2", "web.3", "starting"} <= set(words(drawn))
    assert drawn.alt == "Swarm. VM1 (leader): web.1 running; VM2 (worker): web.2 running, web.3 starting."
    assert repr(drawn) == "<swarm of 2 nodes; web 2/3>"
    assert (state.running(), state.running("VM2")) == (2, 1)


def test_a_task_of_a_global_service_is_called_by_it_alone_as_it_stands_in_its_nodes_column():
    drawn = draw(SwarmState((VM1, VM2), (task(0, "VM1"), task(0, "VM2")), {"web": "2/2"}))
    assert drawn.alt == "Swarm. VM1 (leader): web running; VM2 (worker): web running."
    assert words(drawn).count("web") == 2


def test_a_lost_node_stays_and_is_marked_and_none_of_its_tasks_runs():
    silent = SwarmNodeState("VM2", "worker", "active", False)
    drawn = draw(SwarmState((VM1, silent), (task(1, "VM1"), task(2, "VM2", LOST)), {"web": "1/2"}))
    assert "worker, does not answer" in words(drawn)
    assert "lost: the node does not answer" in words(drawn)
    assert "silent: VM2" in repr(drawn)
    assert drawn.svg.count(">running<") == 1


def test_attempts_that_ended_are_left_out_and_those_that_failed_are_few():
    failed = [task(n, "VM1", "failed", "shutdown", "no such image") for n in range(1, 9)]
    drawn = draw(SwarmState((VM1,), (*failed, task(9, "VM1", "shutdown", "shutdown")), {"web": "0/1"}))
    assert words(drawn).count("failed") == 3 and "shutdown" not in words(drawn)


def test_what_waits_for_a_node_and_what_a_drained_node_is_stands_there():
    drained = SwarmNodeState("VM1", "leader", "drain", True)
    drawn = draw(SwarmState((drained,), (task(1, "", "pending", error="no suitable node"),), {"web": "0/1"}))
    assert "leader, drain" in words(drawn)
    assert "1 waiting for a node: no suitable node" in words(drawn)


def test_without_a_swarm_the_picture_says_so():
    assert "There is no swarm." in words(draw(SwarmState()))


def test_hostile_names_are_escaped():
    hostile = SwarmNodeState("<script>alert(1)</script>", "worker", "active", True)
    assert "<script>" not in draw(SwarmState((hostile,), ())).svg


@pytest.mark.engine
@pytest.mark.dind
@pytest.mark.timeout(600)
class TestOnARealSwarm:
    @pytest.fixture
    def lab(self, monkeypatch, tmp_path):
        name = f"test-{uuid.uuid4().hex[:8]}"
        monkeypatch.setenv("SOSC_STATE", str(tmp_path))
        monkeypatch.setenv("SOSC_LAB_NAME", name)
        lab = DindLab.up()
        yield lab
        lab.close()
        DindLab.destroy(name)

    @pytest.fixture
    def two(self, lab):
        machines = [
            Machine(node, Ownership(lab.name, "17-test", True, lab.ledger, name), Terminal())
            for name, node in lab.nodes.items()
        ]
        machines[1].swarm.join(machines[0].swarm.init(machines[0].node.private_address))
        return machines

    def test_it_follows_what_happens_and_a_killed_node_is_marked(self, lab, two, monkeypatch):
        """The usual visualiser goes on showing the tasks of a lost node as running."""
        vm1, vm2 = two
        small = registry_of(lab).stock("small")
        widgets = []
        view = SwarmView(two, show=widgets.append)
        try:
            vm1.services.create(
                small, "sleep 600", name="web", replicas=4, stop_grace_period=1, update_monitor=1
            )
            await_shown(widgets[0], lambda shown: shown.count(">running<") == 4, 120)
            frames = noted(widgets[0])
            late = [self.late_by(vm2, view, frames, monkeypatch) for _ in range(3)]
            assert min(late) < RESYNC, "looking now and then would be as quick"
            lab.room.pull_plug("vm2")
            await_shown(widgets[0], lambda shown: "does not answer" in shown, 120)
            column = widgets[0].value
            assert "VM2" in column and column.count("lost: the node does not answer") == 2
            assert column.count(">running<") == 2
            await_shown(widgets[0], lambda shown: shown.count(">running<") == 4, 120)
            assert "VM2" in widgets[0].value
        finally:
            view.close()
        assert len(widgets) == 1

    def late_by(self, machine, view, frames, monkeypatch):
        """Kill a container, and return how much later than the engine's own event the picture tells it."""
        with monkeypatch.context() as patch:
            patch.setattr("sosclib.views.swarm.RESYNC", 600.0)
            time.sleep(2 * RESYNC)  # from now on it wakes up for an event only
            frames.clear()
            began = time.time()
            container = machine.docker.containers.list()[0]
            container.kill()
            until(lambda: any(shown.count(">running<") < 4 for _, shown in frames), 60)
        told = next(moment for moment, shown in frames if shown.count(">running<") < 4)
        # A manager may hear of the new task after the engine's event: for that one looks now and then.
        view._wakeups.wake()
        until(lambda: frames[-1][1].count(">running<") == 4, 120)
        wanted = {"container": container.id, "event": "die"}
        (event,) = machine.docker.api.events(
            since=int(began), until=int(time.time()) + 1, filters=wanted, decode=True
        )
        return told - event["timeNano"] / 1e9

    def test_where_no_manager_answers_any_more_nothing_is_said_to_run(self, lab, two):
        nodes = [machine.node for machine in two]
        known = look(nodes)
        assert [node.answers for node in known.nodes] == [True, True]
        lab.room.pull_plug("vm1")
        lab.room.pull_plug("vm2")
        later = look(nodes, known)
        assert [node.hostname for node in later.nodes] == ["VM1", "VM2"]
        assert not any(node.answers for node in later.nodes) and later.running() == 0


def noted(widget):
    """Return a list in which each value of a widget will stand, with its moment."""
    frames = []
    widget.observe(lambda change: frames.append((time.time(), change.new)), "value")
    return frames


def await_shown(widget, right, seconds):
    until(lambda: right(widget.value), seconds, lambda: widget.value)


def until(right, seconds, told=lambda: ""):
    end = time.monotonic() + seconds
    while not right():
        assert time.monotonic() < end, told()
        time.sleep(0.05)
