"""The options of a service: what asks for nothing is neither shown nor sent."""

from types import SimpleNamespace

import pytest

from sosclib.engine.services import Services
from sosclib.engine.terminal import Terminal

NOTHING = {"no_healthcheck": False, "constraints": None, "environment": None, "configs": None, "ports": None}
IMAGE = f"web@sha256:{'0' * 64}"


class Manager:
    """A manager's engine: what it is asked for is noted."""

    def __init__(self):
        self.asked = []

    def create_service(self, template, **about):
        self.asked.append((template, about))
        return {"ID": "1"}

    def services(self, **_):
        return [{"ID": "1", "Spec": {"Name": "web"}}]

    def inspect_service(self, *_):
        template = {"ContainerSpec": {"Image": IMAGE}}
        return {
            "ID": "1",
            "Version": {"Index": 1},
            "Spec": {"Name": "web", "Mode": {}, "TaskTemplate": template},
        }

    def update_service(self, *_, **about):
        self.asked.append(about)


@pytest.fixture
def manager():
    return Manager()


@pytest.fixture
def services(manager):
    node = SimpleNamespace(title="VM1", docker=SimpleNamespace(api=manager))
    ownership = SimpleNamespace(require_own_engine=lambda: None, labels=dict)
    return Services(node, Terminal(), ownership)


def test_what_asks_for_nothing_is_as_if_it_were_not_there(services, manager, capsys):
    services.create(IMAGE, name="web", wait=False)
    services.create(IMAGE, name="web", wait=False, **NOTHING)
    assert manager.asked[0] == manager.asked[1]
    shown = [line for line in capsys.readouterr().out.splitlines() if "$" in line]
    assert shown[0] == shown[1]


def test_of_what_is_not_said_the_engine_decides_as_for_the_cli(services, manager):
    services.create(IMAGE, name="web", wait=False, restart_condition="on-failure", health_cmd="true")
    services.create(IMAGE, name="web", wait=False)
    (said, _), (unsaid, _) = manager.asked
    assert said["RestartPolicy"] == {"Condition": "on-failure"}
    assert said["ContainerSpec"]["Healthcheck"]["Interval"] is None
    assert "RestartPolicy" not in unsaid


def test_an_update_changes_of_the_way_of_updating_what_is_said(services, manager, monkeypatch):
    before = manager.inspect_service()
    way = {"Parallelism": 2, "FailureAction": "rollback", "Order": "start-first", "Delay": 0}
    before["Spec"]["UpdateConfig"] = way
    monkeypatch.setattr(manager, "inspect_service", lambda *_: before)
    services.update("web", wait=False, update_delay=3, update_failure_action="pause")
    sent = manager.asked[-1]["update_config"]
    assert sent == way | {"Delay": 3_000_000_000, "FailureAction": "pause"}
    del before["Spec"]["UpdateConfig"]
    services.update("web", wait=False, update_delay=3)
    sent = manager.asked[-1]["update_config"]
    assert (sent["Parallelism"], sent["Order"], sent["Delay"]) == (1, "stop-first", 3_000_000_000)


def test_an_update_that_asks_for_nothing_changes_nothing(services, manager, capsys):
    services.update("web", wait=False, environment=None, configs=None, update_delay=None)
    assert manager.asked[0]["task_template"] == {"ContainerSpec": {"Image": IMAGE}}
    assert "$ docker service update --detach web\n" in capsys.readouterr().out
