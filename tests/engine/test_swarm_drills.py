"""A swarm in which something is broken: the desired state returns, or the message names the cause.

Each fault becomes a row of ``build/drills-….md``, with what it cost; the tests judge it by no clock.
"""

import time
from contextlib import contextmanager

import pytest

from sosclib.course.preparing import prepare
from sosclib.engine.cleaning import clean
from sosclib.engine.convergence import await_converged
from sosclib.engine.snapshot import objects
from sosclib.engine.swarm import JoinToken
from sosclib.lab.errors import ServiceError
from sosclib.lab.lab import quiet
from sosclib.lab.paths import ROOT
from sosclib.lab.registry import registry_of
from sosclib.measure.traffic import Load
from tests.engine.drilled import PATIENCE, PORT, SERVE, Swarm, serve, table_of
from tests.engine.swarm.conftest import SECTION, machine

pytestmark = pytest.mark.timeout(900)
DIND = pytest.param("dind", marks=[pytest.mark.engine, pytest.mark.apart, pytest.mark.dind])
VM = pytest.param("vm", marks=pytest.mark.vm)
VM_TOO = pytest.param("vm", marks=[pytest.mark.vm, pytest.mark.long])
TAKEN = 8098
UPDATED = 8097
ONLY_HERE = "localhost:5000/only-here:1"


def on(*labs):
    """Run a test on a swarm of these labs."""
    return pytest.mark.parametrize("swarm", labs, indirect=True)


@pytest.fixture(scope="module")
def swarm(request, tell):
    """Give a swarm on a lab, in which all is well; afterwards there is none, and the table is written."""
    provider = request.param
    lab = request.getfixturevalue(f"{provider}_lab")
    if provider == "vm":
        for node in lab.nodes.values():
            prepare(node, 17, quiet)
    small = registry_of(lab).stock("small")
    vm1, vm2 = machines = machine(lab, "vm1"), machine(lab, "vm2")
    before = [objects(one.docker) for one in machines]
    for one in machines:
        one.docker.images.pull(small)
    vm2.swarm.join(vm1.swarm.init(advertise_addr=vm1.node.private_address))
    made = Swarm(lab, vm1, vm2, small, f"http://127.0.0.1:{lab.forward(PORT)}/")
    try:
        serve(made, provider)
        yield made
    finally:
        lab.drills.undo()
        vm1.node.docker.ping()
        for one, found in zip(machines, before, strict=True):
            clean(one, section=SECTION, keep={thing.name for thing in found if thing.kind == "image"})
        if made.rows:
            written = table_of(made, ROOT / "build")
            tell(f"{len(made.rows)} faults of a swarm on {provider}: build/{written.name}")
    assert [objects(one.docker) for one in machines] == before, "left behind"


@pytest.fixture
def steady(swarm):
    """Give the swarm; all is well in it before and after the test."""
    swarm.steady()
    yield swarm
    swarm.lab.drills.undo()
    for service in swarm.vm1.services.raw():
        # Also of a drill that failed: the next one finds nothing of it.
        if service["Spec"]["Name"] not in ("web", swarm.service):
            swarm.vm1.services.remove(service["Spec"]["Name"])
    swarm.steady()


@on(DIND)
def test_a_killed_container_is_replaced(steady):
    (victim,) = [task for task in steady.running("web") if task.node == "VM1"]
    row = steady.drill(
        "container killed", lambda: steady.lab.drills.kill("vm1", victim.container), service="web"
    )
    assert row.told == "" and 0 < row.noticed <= row.repaired
    assert row.requests > row.lost > 0, "VM1's own port has no other server"
    assert victim.id not in {task.id for task in steady.running("web")}


@on(DIND, VM)
def test_without_power_on_one_machine_the_other_takes_over(steady):
    row = steady.drill(
        "VM2 without power", lambda: steady.lab.drills.power_off("vm2"), service=steady.service
    )
    assert row.told == "" and row.noticed <= row.repaired
    assert {task.node for task in steady.running(steady.service)} == {"VM1"}
    assert row.lost < row.requests


@on(DIND, VM_TOO)
def test_a_machine_that_was_cut_off_comes_back_and_no_replica_is_too_many(steady):
    row = steady.drill("link cut", steady.lab.drills.cut_link, service=steady.service)
    assert row.told == "" and {task.node for task in steady.running(steady.service)} == {"VM1"}
    steady.lab.drills.restore_link()
    healed = steady.drill("link healed", steady.steady)
    assert healed.told == ""
    assert len(steady.running(steady.service)) == steady.replicas
    on_vm2 = [task.container for task in steady.running(steady.service) if task.node == "VM2"]
    there = steady.vm2.docker.api.containers(
        filters={"label": f"com.docker.swarm.service.name={steady.service}"}
    )
    assert sorted(one["Id"] for one in there) == sorted(on_vm2), "what was given up over there has ended"


@on(DIND)
def test_a_stopped_engine_loses_its_tasks_to_the_other(steady):
    row = steady.drill(
        "engine of VM2 stopped", lambda: steady.lab.drills.stop_engine("vm2"), service=steady.service
    )
    assert row.told == "" and {task.node for task in steady.running(steady.service)} == {"VM1"}


def restart_manager(swarm):
    swarm.lab.drills.stop_engine("vm1")
    swarm.lab.drills.start_engine("vm1")


@on(DIND)
def test_a_manager_that_starts_again_knows_its_services(steady):
    row = steady.drill("manager restarted", lambda: restart_manager(steady), service="web")
    assert row.told == "" and row.lost < row.requests
    assert {one["Spec"]["Name"] for one in steady.vm1.services.raw()} == {"web", "work"}


@on(VM_TOO)
def test_a_rolling_update_under_load_loses_nothing(steady):
    page = steady.vm1.services.create(
        steady.small,
        SERVE,
        name="page",
        replicas=5,
        ports={UPDATED: 80},
        health_cmd="wget -q -O /dev/null http://127.0.0.1/",
        health_interval=20,
        update_order="start-first",
        update_parallelism=2,
        update_monitor=1,
        stop_grace_period=5,
    )
    before = {task.id for task in page.running()}
    with Load(f"http://127.0.0.1:{steady.lab.forward(UPDATED)}/", rate=5) as load:
        steady.vm1.services.update("page", environment={"VERSION": "2"}, limit=800)
    lost = load.data()["error"]
    assert before.isdisjoint(task.id for task in page.running()) and len(page.running()) == 5
    assert len(lost) > 20 and lost[lost != ""].empty


@on(DIND)
def test_an_image_that_one_machine_has_not_is_named_with_the_machine(steady):
    steady.vm1.docker.images.get(steady.small).tag("localhost:5000/only-here", "1")

    def create():
        steady.create_in_vain("sleep 60", "lonely", image=ONLY_HERE, constraints=["node.hostname==VM2"])

    try:
        row = steady.drill("image missing on VM2", create)
        assert f"No such image: {ONLY_HERE} (on VM2)" in row.told
    finally:
        steady.vm1.services.remove("lonely")
        steady.vm1.docker.images.remove(ONLY_HERE)


@on(DIND)
def test_a_port_that_is_taken_is_named(steady):
    vm1 = steady.vm1
    holder = vm1.docker.containers.run(steady.small, "sleep 3600", ports={80: TAKEN}, detach=True)
    options = {"publish_mode": "host", "constraints": ["node.hostname==VM1"]}

    def create():
        steady.create_in_vain(SERVE, "late", ports={TAKEN: 80}, **options)

    try:
        row = steady.drill("port taken on VM1", create)
        assert f"Bind for 0.0.0.0:{TAKEN} failed: port is already allocated (on VM1)" in row.told
        assert row.told.count(str(TAKEN)) == 1, "one error is told once, however often it came"
    finally:
        holder.remove(force=True)
    await_converged(vm1.node, "late", limit=PATIENCE, stable=1)
    vm1.services.remove("late")
    with pytest.raises(ServiceError, match="0/1 replicas") as told:
        steady.create_in_vain(SERVE, "late", ports={PORT: 80}, publish_mode="host")
    assert "host-mode port already in use on 2 nodes" in told.value.why
    vm1.services.remove("late")


@on(DIND)
def test_an_update_to_an_image_that_is_none_stops_or_is_taken_back(steady):
    bad = "localhost:5000/nosuch:1"
    work = steady.vm1.services.get("work")
    # An update keeps what an earlier one said, here all at once; and without a delay chance decides whether
    # the swarm first sees the failure or goes on to the next task.
    gently = {"update_failure_action": "pause", "update_delay": 60, "update_parallelism": 1}
    row = steady.drill("bad image in an update", lambda: work.update(bad, **gently))
    assert "has stopped" in row.told and f"No such image: {bad}" in row.told
    assert row.lost == 0 and len(steady.running("work")) == 3, "the first one stopped the rest"
    work.rollback()
    row = steady.drill(
        "bad image, taken back", lambda: work.update(bad, update_failure_action="rollback"), service="work"
    )
    assert "the swarm took it back" in row.told and f"No such image: {bad}" in row.told
    assert row.repaired and row.lost == 0
    assert "non-zero exit" not in row.told, "what failed before the update is not its fault"


@on(DIND)
def test_a_service_of_which_no_replica_is_healthy_says_so(steady):
    def create():
        steady.create_in_vain("sleep 600", "ill", health_cmd="false", health_interval=1, replicas=2)

    try:
        row = steady.drill("no healthy replica", create)
        assert "0/2 replicas" in row.told and "unhealthy container" in row.told
    finally:
        steady.vm1.services.remove("ill")


@on(DIND)
def test_a_wrong_token_is_refused_and_a_node_that_comes_back_counts_once(steady):
    vm1, vm2 = steady.vm1, steady.vm2
    token = vm1.swarm.join_token()
    vm2.swarm.leave()
    secret = token.value.rpartition("-")[2]
    wrong = JoinToken(token.value.replace(secret, "0" * len(secret)), token.address)
    try:
        row = steady.drill("join with a wrong token", lambda: vm2.swarm.join(wrong))
        assert "the token is wrong" in row.told and secret not in row.told
    finally:
        vm2.swarm.join(token)
    steady.steady()
    assert [one["Description"]["Hostname"] for one in vm1.nodes.raw()] == ["VM1", "VM2", "VM2"]
    vm1.services.update("work", force=True, update_parallelism=4)
    assert {task.node for task in steady.running("work")} == {"VM1", "VM2"}
    (gone,) = down_nodes(steady)
    vm1.nodes.remove(gone)


@on(DIND)
def test_a_manager_that_is_not_reached_is_named(steady):
    vm1, vm2 = steady.vm1, steady.vm2
    token = vm1.swarm.join_token()
    vm2.swarm.leave()
    try:
        nobody = JoinToken(token.value, f"{vm2.node.private_address}:2377")
        row = steady.drill("join where no manager listens", lambda: vm2.swarm.join(nobody))
        assert "The manager is not reached" in row.told
    finally:
        vm2.swarm.join(token)
    (gone,) = down_nodes(steady)
    vm1.nodes.remove(gone)


def down_nodes(swarm):
    """Return the ids of nodes that are down, once there is one."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = [one["ID"] for one in swarm.vm1.nodes.raw() if one["Status"]["State"] == "down"]
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError("the node that left is not down")


@on(DIND, VM_TOO)
def test_over_a_slow_link_all_stays_as_it_is(steady):
    def slow():
        steady.lab.drills.slow_link(150, loss=1)
        steady.vm1.services.update(steady.service, environment={"SLOW": "1"}, update_parallelism=2)

    row = steady.drill("slow link, and an update", slow)
    if row.told:
        # Only a kernel without the emulator may refuse, and it says so.
        assert "no network emulator" in row.told and steady.lab.provider == "dind"
    else:
        assert len(steady.running(steady.service)) == steady.replicas


FILL = "sudo fallocate -l $(($(df --output=avail -B1M / | tail -1) - 20))M /fill"
"""Twenty megabytes stay."""
FILL_UP = "sudo systemd-run --quiet --unit=fill sh -c 'while sleep 0.5; do cat /dev/zero >>/fill.up; done'"
"""And keeps it full: now and then something else lets go of a few kilobytes."""
ROOM = "sudo systemctl stop fill 2>/dev/null; sudo rm -f /fill /fill.up"
WRITE = """said=$(dd if=/dev/zero of=/written bs=1M count=40 2>&1) || { rm /written; echo "$said"; exit 1; }
sleep 600"""
"""What did not fit is taken away first: neither files of ended containers nor their logs would find room."""


@contextmanager
def full_disk(machine, fill):
    try:
        machine.node.sh(fill).check()
        yield
    finally:
        machine.node.sh(ROOM).check()


def said_on(machine, service):
    """Return what a service's tasks said, asked on their machine: a swarm may have lost sight of it."""
    label = {"label": f"com.docker.swarm.service.name={service}"}
    api = machine.docker.api
    return "".join(api.logs(one["Id"]).decode() for one in api.containers(all=True, filters=label))


def start_anew(machine):
    machine.node.sh("sudo systemctl restart docker").check()


@on(VM)
def test_a_full_disk_is_named_and_once_there_is_room_the_service_comes_up(steady):
    vm1, vm2 = steady.vm1, steady.vm2

    def create():
        steady.create_in_vain(["sh", "-c", WRITE], "full", constraints=["node.hostname==VM2"])

    def come_up():
        if "VM2" not in steady.ready():
            # Its agent wanted to write while the disk was full to the last byte: the next drill's fault.
            start_anew(vm2)
        await_converged(vm1.node, "full", limit=PATIENCE)

    with full_disk(vm2, FILL):
        row = steady.drill("disk full on VM2", create)
        # The engine says it where nothing can be made; else the program that wants to write does, in its log.
        assert "VM2" in row.told
        assert "no space left" in row.told or "no space left" in said_on(vm2, "full").lower()
    roomy = steady.drill("room again on VM2", come_up)
    assert roomy.told == ""


@on(VM)
def test_where_not_a_byte_is_left_the_agent_forgets_its_tasks_until_its_engine_starts_anew(steady):
    vm1, vm2 = steady.vm1, steady.vm2

    def create():
        vm1.services.create(
            steady.small,
            "sleep 600",
            name="stuck",
            constraints=["node.hostname==VM2"],
            stop_grace_period=1,
            limit=20,
        )

    with full_disk(vm2, f"{FILL} && {FILL_UP} && sleep 3"):
        row = steady.drill("not a byte left on VM2", create)
        assert "VM2" in row.told and ("accepted" in row.told or "no space left" in row.told)

    def come_up():
        start_anew(vm2)
        await_converged(vm1.node, "stuck", limit=PATIENCE)

    roomy = steady.drill("room again, and the engine of VM2 started anew", come_up)
    assert roomy.told == ""
