"""What sections about swarms find when they are opened first, and that what they broke is set right."""

import pytest

from sosclib.course.begin import end
from sosclib.course.needs import bring_about
from sosclib.course.stacks import write_swarm_stack
from sosclib.course.swarms import HEADER_CONFIG, REPLICAS, WEB, await_nodes
from sosclib.course.traffic import ask
from sosclib.lab.errors import NotFound, SwarmError

pytestmark = [pytest.mark.engine, pytest.mark.apart, pytest.mark.timeout(600)]


def test_the_web_service_is_there_on_both_machines_and_says_who_answers(lay_desk):
    desk = lay_desk("18", needs=("web", "web_swarm"))
    assert [one["Description"]["Hostname"] for one in desk.vm1.nodes.raw()] == ["VM1", "VM2"]
    tasks = [task for task in desk.vm1.services.tasks_of(WEB) if task.runs]
    assert len(tasks) == REPLICAS and {task.node for task in tasks} == {"VM1", "VM2"}
    web = desk.vm1.services.get(WEB)
    answers = ask(web.url("VM1"), 3)
    assert (answers["error"] == "").all() and answers["who"].str.startswith("vm").all()
    found = [task.id for task in tasks]
    assert bring_about(desk)[1] == f"the service {WEB} with {REPLICAS} replicas"
    assert [task.id for task in desk.vm1.services.tasks_of(WEB) if task.runs] == found, "twice is once"
    assert desk.vm1.configs.list()["NAME"].tolist() == [HEADER_CONFIG]


def test_a_machine_that_is_in_another_swarm_joins_ours(lay_desk):
    desk = lay_desk("18", needs=())
    desk.vm2.swarm.init(desk.vm2.node.private_address)
    desk.vm1.swarm.init(desk.vm1.node.private_address)
    with pytest.raises(SwarmError, match="no 2 nodes") as told:
        await_nodes(desk.vm1, 2, limit=1)
    assert "VM1 is ready" in told.value.why
    again = lay_desk("18", needs=("swarm",))
    assert len(again.vm1.nodes.raw()) == 2 and not again.vm2.swarm.manager


def test_what_was_broken_on_purpose_is_set_right_at_the_end(lay_desk, capsys):
    desk = lay_desk("18", needs=())
    desk.drills.stop_engine("vm2")
    assert desk.vm2.node.cli("version").exit_code
    end()
    assert "Set right again: engine vm2.\n" in capsys.readouterr().out
    assert desk.vm2.node.cli("version").exit_code == 0


def test_a_stack_for_the_swarm_is_written_as_the_kernel_can_take_it(lay_desk):
    desk = lay_desk("19", needs=())
    assert write_swarm_stack("wordpress", web_port=8123) == "wordpress/stack.yaml"
    settings = desk.vm1.node.sh("cat wordpress/.env").stdout.split()
    modes = ("ingress", "vip") if desk.vm1.has_mesh else ("host", "dnsrr")
    assert {f"PUBLISH_MODE={modes[0]}", f"ENDPOINT_MODE={modes[1]}", "WEB_PORT=8123"} < set(settings)
    with pytest.raises(NotFound, match="no stack 'nothing'") as told:
        write_swarm_stack("nothing")
    assert told.value.help == "There are wordpress.", "stacks for Compose are none for a swarm"
