"""Machines that are containers: made, stopped, found again, cut off, and removed with all that they had."""

import os
import socket
import subprocess
import sys
import time
import uuid

import docker
import docker.errors
import pytest
import requests.exceptions

from sosclib.engine.snapshot import objects
from sosclib.lab.dind import DindLab
from sosclib.lab.dind.relay import Relay
from sosclib.lab.errors import LabError

pytestmark = [pytest.mark.engine, pytest.mark.apart, pytest.mark.dind, pytest.mark.timeout(600)]


@pytest.fixture
def client():
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture
def name(monkeypatch, tmp_path, client):
    """Give the name of a lab of the test's own, which is gone afterwards with everything."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    monkeypatch.setenv("SOSC_STATE", str(tmp_path))
    monkeypatch.setenv("SOSC_LAB_NAME", name)
    yield name
    DindLab.destroy(name)
    room = f"sosc-{name}"
    assert not client.containers.list(all=True, filters={"name": room})
    assert not client.volumes.list(filters={"name": room})
    assert not client.networks.list(names=[room])


def test_it_is_made_stopped_and_found_again_with_what_was_on_it(name):
    assert DindLab.find() is None
    told = []
    lab = DindLab.up(told.append)
    assert "Making VM1 and VM2, as containers" in told
    address = lab.nodes["vm2"].private_address
    lab.nodes["vm1"].docker.volumes.create("kept")
    lab.down()
    assert DindLab.find() is None
    told.clear()
    again = DindLab.up(told.append)
    try:
        assert told == ["Waiting for the engines of VM1 and VM2"]
        assert again.nodes["vm2"].private_address == address
        assert again.nodes["vm1"].docker.volumes.get("kept")
        found = DindLab.find()
        assert found.status().running
        found.close()
        again.reset()
        assert again.nodes["vm1"].docker.volumes.list() == []
        with pytest.raises(LabError, match="no checkpoints"):
            again.checkpoint("mine")
    finally:
        again.close()


ENDS = """import sys
from sosclib.lab.dind import DindLab
lab = DindLab.find()
assert lab.nodes["vm1"].docker.ping()
if sys.argv[1] == "closed":
    lab.close()
    assert lab.nodes["vm1"].docker.ping()
"""


@pytest.mark.parametrize("how", ["open", "closed"])
def test_a_program_that_ends_leaves_no_sockets(name, tmp_path, how):
    DindLab.up().close()
    temporary = tmp_path / "t"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", ENDS, how], env=environment, check=True)
    assert list(temporary.iterdir()) == []


def test_it_is_the_rooms_furniture_and_no_section_sees_it(name, client):
    before = objects(client)
    lab = DindLab.up()
    try:
        assert objects(client) == before
        assert "no virtual machines" in lab.status().detail["machines"]
    finally:
        lab.close()


def test_a_container_that_was_killed_starts_again(name, client):
    lab = DindLab.up()
    lab.close()
    client.containers.get(f"sosc-{name}-vm1").kill()
    assert DindLab.find() is None
    again = DindLab.up()
    try:
        assert again.nodes["vm1"].docker.ping()
    finally:
        again.close()


BREAKS = """from sosclib.lab.dind import DindLab
lab = DindLab.up()
lab.drills.cut_link()
lab.drills.stop_engine("vm1")
print("broken", flush=True)
input()
"""
QUEUE = "tc qdisc replace dev eth0 root pfifo limit 500"
"""Stands in for the slow one, which not every kernel has."""
QUEUES = "tc qdisc show dev eth0 | grep -c pfifo"
REACHES = "ping -c 2 -W 2 {address}"


def test_what_a_killed_program_has_broken_is_mended_when_the_lab_comes_up(name, tmp_path):
    lab = DindLab.up()
    addresses = [node.private_address for node in lab.nodes.values()]
    lab.close()
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", BREAKS], env=environment, **pipes) as drilling:
        assert drilling.stdout.readline() == b"broken\n"
        drilling.kill()
    again = DindLab.up()
    try:
        vm1, vm2 = again.nodes.values()
        assert [vm1.private_address, vm2.private_address] == addresses
        assert vm1.sh(REACHES.format(address=vm2.private_address)).exit_code == 0
    finally:
        again.close()


def test_a_cable_that_was_made_slow_is_quick_when_the_lab_comes_up(name, monkeypatch):
    monkeypatch.setattr("sosclib.lab.dind.faults.NETEM", QUEUE)
    lab = DindLab.up()
    try:
        lab.drills.slow_link(150)
        assert [node.root(QUEUES).stdout.strip() for node in lab.nodes.values()] == ["1", "1"]
        DindLab.up().close()
        assert [node.root(QUEUES).stdout.strip() for node in lab.nodes.values()] == ["0", "0"]
    finally:
        lab.close()


def test_an_engine_that_crashes_is_started_anew_as_on_any_machine(dind_lab, client):
    node = dind_lab.nodes["vm1"]
    container = client.containers.get(node.container)
    before = container.attrs["State"]["StartedAt"]
    node.root("kill -9 $(pidof dockerd)").check()
    end = time.monotonic() + 60
    while b"is started anew" not in container.logs(tail=200) or not answers(node):
        assert time.monotonic() < end, container.logs(tail=20)
        time.sleep(0.2)
    container.reload()
    assert container.attrs["State"]["StartedAt"] == before


def answers(node):
    try:
        return node.docker.ping()
    except (docker.errors.DockerException, requests.exceptions.ConnectionError):
        return False


@pytest.mark.parametrize("directly", [True, False])
def test_a_door_leads_to_a_port_of_the_node(dind_lab, directly):
    """Directly, or by a command in the container where this computer does not reach the address."""
    node = dind_lab.nodes["vm1"]
    there = ["docker", "exec", "--interactive", node.container, "socat", "STDIO", "TCP:127.0.0.1:5000"]
    door = node.forward(5000) if directly else Relay(there)
    try:
        with socket.create_connection(("127.0.0.1", door.port), timeout=20) as connection:
            connection.sendall(b"GET /v2/ HTTP/1.0\r\nHost: registry\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.0 200")
    finally:
        door.close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", door.port), timeout=2)


def test_two_labs_side_by_side_do_not_see_each_other(name, dind_lab):
    lab = DindLab.up()
    try:
        lab.nodes["vm1"].docker.volumes.create("mine")
        assert dind_lab.nodes["vm1"].docker.volumes.list(filters={"name": "mine"}) == []
        addresses = {node.private_address for one in (lab, dind_lab) for node in one.nodes.values()}
        assert len(addresses) == 4
    finally:
        lab.close()
