"""A swarm of two machines, for real: formed, joined, services that come up, change, fail and say why."""

import re
import time

import docker
import pytest

from sosclib.course.magics import type_in
from sosclib.engine.convergence import await_converged
from sosclib.engine.machine import Machine
from sosclib.engine.nodes import hostname_of
from sosclib.engine.ownership import Ownership
from sosclib.engine.swarm import JoinToken
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import NameTaken, NotFound, ServiceError, SoscError, SwarmError
from sosclib.measure.repair import repair

from .conftest import SECTION

pytestmark = [pytest.mark.engine, pytest.mark.apart, pytest.mark.timeout(600)]


@pytest.fixture
def asleep(swarm, small):
    """Give a service of two tasks that sleep, and the manager."""
    vm1, _ = swarm
    service = vm1.services.create(
        small, "sleep 600", name="asleep", replicas=2, stop_grace_period=1, update_monitor=1
    )
    return vm1, service


def test_a_swarm_is_formed_shown_and_left_and_no_token_is_ever_seen(two, capsys):
    vm1, vm2 = two
    token = vm1.swarm.init()
    vm2.swarm.join(token)
    vm1.swarm.join_token("manager")
    vm1.sh("docker swarm join-token -q worker")
    vm1.cli("swarm", "join-token", "manager")
    type_in(vm1, f"docker swarm join-token worker\necho {token.value}")
    said = capsys.readouterr().out
    assert f"student@VM1:~$ docker swarm init --advertise-addr {vm1.node.private_address}\n" in said
    own = f"--advertise-addr {vm2.node.private_address}"
    assert f'student@VM2:~$ docker swarm join --token "$TOKEN" {own} {token.address}\n' in said
    assert "This node joined a swarm as a worker." in said
    assert "SWMTKN-1-…" in said and not re.search(r"SWMTKN-1-\w", said + repr(token))
    assert said.count("SWMTKN-1-…") == 7
    assert (vm1.swarm.manager, vm2.swarm.manager, vm2.swarm.active) == (True, False, True)
    listed = vm1.nodes.list()
    assert listed["HOSTNAME"].tolist() == ["VM1", "VM2"]
    assert listed["STATUS"].tolist() == ["Ready", "Ready"]
    assert listed["MANAGER STATUS"].tolist() == ["Leader", ""]
    vm2.swarm.leave()
    vm1.swarm.leave(force=True)
    assert not vm1.swarm.active and not vm2.swarm.active


def test_what_goes_wrong_at_the_door_is_told(two):
    vm1, vm2 = two
    address = f"{vm1.node.private_address}:2377"
    with pytest.raises(SwarmError, match="in no swarm"):
        vm1.swarm.leave()
    token = vm1.swarm.init(advertise_addr=vm1.node.private_address)
    with pytest.raises(SwarmError, match="in a swarm already"):
        vm1.swarm.init()
    secret = token.value.split("-")[3]
    wrong = JoinToken(token.value.replace(secret, "0" * len(secret)), address)
    with pytest.raises(SwarmError, match="token is wrong") as refused:
        vm2.swarm.join(wrong)
    assert "SWMTKN-1-0" not in str(refused.value)
    with pytest.raises(SwarmError, match="no manager"):
        vm2.swarm.join_token()
    with pytest.raises(SwarmError, match="does not leave just so"):
        vm1.swarm.leave()


def test_on_somebodys_own_engine_no_swarm_is_begun(two):
    vm1, _ = two
    theirs = Machine(
        vm1.node, Ownership("x", SECTION, False, vm1.ownership.ledger, vm1.ownership.engine), Terminal()
    )
    for change in (
        theirs.swarm.init,
        lambda: theirs.swarm.leave(force=True),
        lambda: theirs.nodes.update("VM1", availability="drain"),
        lambda: theirs.nodes.promote("VM1"),
        lambda: theirs.nodes.demote("VM1"),
        lambda: theirs.nodes.remove("VM1", force=True),
        lambda: theirs.services.create("busybox", name="x"),
        lambda: theirs.services.scale("x", 2),
        lambda: theirs.services.update("x", force=True),
        lambda: theirs.services.rollback("x"),
        lambda: theirs.services.remove("x"),
        lambda: theirs.stacks.deploy("stack.yaml", "x"),
        lambda: theirs.stacks.remove("x"),
        lambda: theirs.secrets.create("x", "y"),
        lambda: theirs.configs.remove("x"),
    ):
        with pytest.raises(SwarmError, match="Your own engine's swarm is left alone"):
            change()
    assert not vm1.swarm.active


def test_a_service_comes_up_is_shown_scaled_and_removed(capsys, asleep, small):
    vm1, service = asleep
    said = capsys.readouterr().out
    assert (
        f"docker service create --name asleep --replicas 2 --stop-grace-period 1s --update-monitor 1s {small}"
        in said
    )
    assert said.endswith("overall progress: 2 out of 2 tasks\nverify: Service asleep converged\n")
    assert vm1.services.list()[["NAME", "MODE", "REPLICAS", "IMAGE"]].values.tolist() == [
        ["asleep", "replicated", "2/2", small]
    ]
    shown = service.tasks()
    assert shown["NAME"].tolist() == ["asleep.1", "asleep.2"]
    assert sorted(shown["NODE"]) == ["VM1", "VM2"]
    service.scale(3)
    assert service.state.replicas == "3/3"
    service.scale(1)
    assert [task.slot for task in vm1.services.tasks_of("asleep") if task.runs] == [1]
    service.remove()
    with pytest.raises(NotFound):
        vm1.services.get("asleep")


def test_a_drained_node_has_no_task_and_its_tasks_go_elsewhere(asleep):
    vm1, service = asleep
    vm1.nodes.get("VM2").update(availability="drain")
    assert {task.node for task in await_tasks(vm1, 2, away_from="VM2")} == {"VM1"}
    history = service.tasks()["NAME"].tolist()
    assert any(name.startswith(" \\_ ") for name in history)
    vm1.nodes.update("VM2", availability="active")
    assert vm1.nodes.list()["AVAILABILITY"].tolist() == ["Active", "Active"]
    with pytest.raises(SwarmError, match="cannot be 'asleep'"):
        vm1.nodes.update("VM2", availability="asleep")
    with pytest.raises(NotFound, match="no node VM9"):
        vm1.nodes.get("VM9")


def await_tasks(vm1, number, *, away_from):
    import time

    end = time.monotonic() + 60
    while time.monotonic() < end:
        running = [task for task in vm1.services.tasks_of("asleep") if task.runs]
        if len(running) == number and away_from not in {task.node for task in running}:
            return running
        time.sleep(0.2)
    raise AssertionError(running)


def test_a_worker_becomes_a_manager_and_a_worker_again(swarm, capsys):
    vm1, vm2 = swarm
    capsys.readouterr()
    vm1.nodes.promote("VM2")
    until(lambda: vm2.swarm.manager and standing(vm1) == ["Leader", "Reachable"])
    assert [hostname_of(one) for one in vm2.nodes.raw()] == ["VM1", "VM2"], "it answers as managers do"
    vm1.nodes.get("VM2").demote()
    until(lambda: not vm2.swarm.manager and standing(vm1) == ["Leader", ""])
    with pytest.raises(SwarmError, match="no manager"):
        vm2.swarm.join_token()
    assert [line for line in capsys.readouterr().out.splitlines() if "mote" in line] == [
        "student@VM1:~$ docker node promote VM2",
        "Node VM2 promoted to a manager in the swarm.",
        f"student@VM1:~$ docker node demote {vm1.nodes.get('VM2').id}",
        f"Manager {vm1.nodes.get('VM2').id} demoted in the swarm.",
    ]
    with pytest.raises(NotFound, match="no node VM9"):
        vm1.nodes.promote("VM9")


def standing(manager):
    with manager.terminal.quietly():
        return manager.nodes.list()["MANAGER STATUS"].tolist()


def until(right):
    end = time.monotonic() + 120
    while not right():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_the_logs_of_a_service_come_from_all_nodes(swarm, small, capsys):
    vm1, _ = swarm
    speak = ["sh", "-c", "echo it is $(hostname); exec sleep 600"]
    service = vm1.services.create(
        small, speak, name="speaks", replicas=None, hostname="on-{{.Node.Hostname}}", stop_grace_period=1
    )

    def lines():
        capsys.readouterr()
        service.logs()
        command, *rest = capsys.readouterr().out.splitlines()
        assert command == "student@VM1:~$ docker service logs speaks"
        return sorted(line.partition("| ")[2] for line in rest)

    until(lambda: lines() == ["it is on-VM1", "it is on-VM2"])
    with pytest.raises(NotFound, match="no service nosuch"):
        vm1.services.logs("nosuch")


def test_an_update_and_a_rollback(asleep):
    _, service = asleep
    service.update(environment={"COLOUR": "blue"}, update_parallelism=2)
    assert service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]["Env"] == ["COLOUR=blue"]
    assert service.state.update == "completed"
    service.rollback()
    assert "Env" not in service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert service.state.update == "rollback_completed"


def test_a_global_service_wants_a_task_where_its_constraints_allow_one(swarm, small):
    vm1, _ = swarm
    with pytest.raises(ServiceError, match="0/1 replicas"):
        vm1.services.create(
            small, "sleep 600", name="none", replicas=None, constraints=["node.role==x"], limit=15
        )
    vm1.services.create(small, "sleep 600", name="all", replicas=None, stop_grace_period=1)
    assert vm1.services.get("all").state.replicas == "2/2"
    here = {"constraints": ["node.hostname==VM2"], "stop_grace_period": 1}
    vm1.services.create(small, "sleep 600", name="some", replicas=None, **here)
    assert vm1.services.get("some").state.replicas == "1/1"


def test_how_it_is_rolled_back_is_asked_for_as_the_cli_asks(swarm, small, capsys):
    vm1, _ = swarm
    gently = {"rollback_order": "start-first", "rollback_parallelism": 2}
    vm1.services.create(small, "sleep 600", name="gentle", stop_grace_period=1, **gently)
    assert "--rollback-parallelism 2 --rollback-order start-first" in capsys.readouterr().out
    config = vm1.services.get("gentle").attrs["Spec"]["RollbackConfig"]
    assert (config["Order"], config["Parallelism"]) == ("start-first", 2)


def test_an_update_that_cannot_work_stops_and_says_why(asleep):
    vm1, service = asleep
    with pytest.raises(ServiceError, match="has stopped") as told:
        service.update("localhost:5000/nosuch:1", update_failure_action="pause")
    assert "No such image: localhost:5000/nosuch:1" in told.value.why
    assert "docker service rollback asleep" in told.value.help
    assert len([task for task in vm1.services.tasks_of("asleep") if task.runs]) == 1


def test_a_service_that_cannot_start_says_why_and_stays(swarm, small, capsys):
    vm1, _ = swarm
    with pytest.raises(ServiceError, match="0/2 replicas") as told:
        vm1.services.create("localhost:5000/nosuch:1", name="bad", replicas=2, limit=15)
    assert "No such image: localhost:5000/nosuch:1 (on VM" in told.value.why
    assert "could not be accessed on a registry" in capsys.readouterr().out
    assert vm1.services.get("bad").state.running == 0
    vm1.services.create(small, "false", name="restless", wait=False)
    until(lambda: any(task.error for task in vm1.services.tasks_of("restless")))
    with pytest.raises(ServiceError) as told:
        await_converged(vm1.node, "restless", limit=1)
    assert "non-zero exit (1)" in told.value.why
    with pytest.raises(ServiceError) as told:
        vm1.services.create(small, "sleep 60", name="nowhere", constraints=["node.hostname==VM9"], limit=3)
    assert "no suitable node" in told.value.why


def test_a_name_that_is_taken_and_an_option_that_is_none_are_told(asleep, small):
    vm1, _ = asleep
    with pytest.raises(NameTaken):
        vm1.services.create(small, "sleep 60", name="asleep")
    with pytest.raises(SoscError, match="does not change limit_memory"):
        vm1.services.update("asleep", limit_memory=64)
    with pytest.raises(NotFound, match="no service nothing"):
        vm1.services.get("nothing")
    with pytest.raises(SoscError, match="no option colour"):
        vm1.services.create(small, "sleep 60", name="other", colour="blue")


def test_one_on_each_node_publishing_its_own_port(swarm, small):
    vm1, _ = swarm
    service = vm1.services.create(
        small,
        ["sh", "-c", "hostname > index.html; exec httpd -f -p 80"],
        name="each",
        replicas=None,
        ports={8099: 80},
        publish_mode="host",
        stop_grace_period=1,
    )
    assert service.state.replicas == "2/2"
    answers = {
        one.node.sh("wget -qO- http://127.0.0.1:8099 || curl -s http://127.0.0.1:8099").stdout
        for one in swarm
    }
    assert len(answers) == 2 and "" not in answers
    shown = service.tasks()
    # Where a machine has two families of addresses, the engine tells of each, in the same words.
    assert {port for line in shown["PORTS"] for port in line.split(",")} == {"*:8099->80/tcp"}


def test_a_label_of_the_course_is_on_the_service_and_its_containers(asleep, swarm):
    _, service = asleep
    assert service.attrs["Spec"]["Labels"]["sosc.section"] == SECTION
    found = [one.docker.containers.list() for one in swarm]
    assert all(container.labels["sosc.section"] == SECTION for some in found for container in some)


def test_the_clients_sdk_sees_the_same(asleep):
    vm1, service = asleep
    assert isinstance(vm1.docker, docker.DockerClient)
    assert [one.name for one in vm1.docker.services.list()] == ["asleep"]
    assert service.id == vm1.docker.services.get("asleep").id


def test_a_secret_is_a_file_in_memory_for_those_who_need_it_and_nobody_else_reads_it(capsys, swarm, small):
    vm1, _ = swarm
    vm1.secrets.create("db_password", "correct horse")
    vm1.configs.create("greeting", "hello from a config\n")
    service = vm1.services.create(
        small,
        "sleep 600",
        name="keeper",
        secrets=["db_password"],
        configs=["greeting:/etc/greeting"],
        stop_grace_period=1,
        no_healthcheck=True,
    )
    said = capsys.readouterr().out
    assert "docker secret create db_password -\n" in said and "correct horse" not in said
    assert "--secret db_password --config source=greeting,target=/etc/greeting" in said
    (task,) = [one for one in vm1.services.tasks_of("keeper") if one.runs]
    node = next(one for one in swarm if one.title == task.node).node
    read = "cat /run/secrets/db_password /etc/greeting; grep -c /run/secrets /proc/mounts"
    assert (
        node.cli("exec", task.container, "sh", "-c", read).stdout == "correct horsehello from a config\n1\n"
    )
    assert "correct horse" not in str(vm1.secrets.inspect("db_password")) + str(service.attrs)
    assert vm1.secrets.read("db_password") == "" and vm1.configs.read("greeting") == "hello from a config\n"
    assert vm1.secrets.list()["NAME"].tolist() == ["db_password"]
    with pytest.raises(SoscError, match="refuses") as told:
        vm1.secrets.remove("db_password")
    assert "in use by the following service" in told.value.why
    with pytest.raises(NotFound, match="no secret nothing"):
        vm1.services.create(small, "sleep 600", name="other", secrets=["nothing"])
    with pytest.raises(NameTaken):
        vm1.secrets.create("db_password", "other")
    vm1.configs.create("greeting2", "hello again\n")
    service.update(configs=["greeting2:/etc/greeting"], update_monitor=1)
    assert (
        "--config-rm greeting --config-add source=greeting2,target=/etc/greeting" in capsys.readouterr().out
    )
    (task,) = [one for one in vm1.services.tasks_of("keeper") if one.runs]
    node = next(one for one in swarm if one.title == task.node).node
    assert node.cli("exec", task.container, "cat", "/etc/greeting").stdout == "hello again\n"
    service.remove()
    vm1.configs.remove("greeting2")
    vm1.secrets.remove("db_password")
    vm1.configs.remove("greeting")
    assert vm1.secrets.list().empty and vm1.configs.list().empty


def test_a_crash_is_repaired_and_timed(asleep, swarm):
    _, service = asleep
    data = repair(swarm, "asleep", repeats=2)
    assert data["attempt"].tolist() == [1, 2] and data["node"].tolist() == ["VM1", "VM2"]
    assert (data["noticed"] <= data["repaired"]).all()
    assert service.state.replicas == "2/2"
    assert len([one for one in service.tasks()["NAME"] if "\\_" in one]) == 2
    service.remove()
    with pytest.raises(NotFound):
        repair(swarm, "asleep")
