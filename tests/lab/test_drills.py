"""Power, cable and engine, broken on purpose and mended: on containers, and on virtual machines."""

import os
import subprocess
import time
import uuid
from contextlib import closing

import pytest

from sosclib.lab.dind import DindLab
from sosclib.lab.drills import Drills
from sosclib.lab.errors import LabError, NotFound
from sosclib.lab.host import HostLab
from sosclib.lab.node import CommandResult
from sosclib.lab.registry import registry_of
from sosclib.lab.ssh.faults import SshFaults

REACH = "ping -I {own} -c 2 -W 2 {address}"
"""From one's own private address, for the emulator's network answers a virtual machine for all addresses."""

LATE = 300
"""Milliseconds."""


class Noting:
    """Stands in for machines: notes what would be done to them."""

    def __init__(self, fails=()):
        self.done = []
        self.fails = set(fails)

    def off_before(self, name):
        return ("vm2",) if name == "vm1" else ()

    def __getattr__(self, name):
        def do(*arguments):
            self.done.append((name, *arguments))
            if name in self.fails:
                raise LabError(f"{name} fails.")

        return do


def test_all_that_is_broken_is_undone_machines_first():
    noting = Noting()
    drills = Drills(noting, ("vm1", "vm2"))
    drills.cut_link()
    drills.stop_engine("vm1")
    drills.slow_link(100, loss=5)
    drills.power_off("vm2")
    noting.done.clear()
    assert drills.undo() == ["power vm2", "engine vm1", "link", "slow"]
    assert noting.done == [("power_on", "vm2"), ("start_engine", "vm1"), ("restore_link",), ("quick_link",)]
    assert drills.undo() == []


def test_what_was_mended_by_hand_is_not_undone_again():
    noting = Noting()
    drills = Drills(noting, ("vm1", "vm2"))
    drills.stop_engine("vm2")
    drills.power_off("vm2")
    drills.power_on("vm2")
    drills.cut_link()
    drills.restore_link()
    drills.slow_link(50)
    drills.slow_link(0)
    assert drills.undo() == []


def test_where_vm1_alone_is_off_vm2_is_started_after_it():
    noting = Noting()
    drills = Drills(noting, ("vm1", "vm2"))
    drills.power_off("vm1")
    assert drills.undo() == ["power vm1", "power vm2"]
    assert noting.done[1:] == [("power_off", "vm2"), ("power_on", "vm1"), ("power_on", "vm2")]


def test_what_broke_half_is_undone_at_once_and_told():
    noting = Noting(fails={"slow_link"})
    drills = Drills(noting, ("vm1", "vm2"))
    with pytest.raises(LabError, match="slow_link fails"):
        drills.slow_link(100)
    assert noting.done == [("slow_link", 100, 0.0), ("quick_link",)]
    assert drills.undo() == []


def test_what_cannot_be_undone_keeps_nothing_else_broken_and_is_tried_again():
    noting = Noting(fails={"restore_link"})
    drills = Drills(noting, ("vm1", "vm2"))
    drills.cut_link()
    drills.slow_link(50)
    with pytest.raises(LabError, match="restore_link fails"):
        drills.undo()
    assert noting.done[-1] == ("quick_link",)
    noting.fails.clear()
    assert drills.undo() == ["link"]


def test_a_container_that_crashed_is_nothing_to_undo():
    noting = Noting()
    drills = Drills(noting, ("vm1", "vm2"))
    drills.kill("vm2", "web")
    assert noting.done == [("kill", "vm2", "web")]
    assert drills.undo() == []
    with pytest.raises(LabError, match="no machine 'vm9'"):
        drills.kill("vm9", "web")


@pytest.mark.parametrize("wrong", [(-1, 0), (0, 101), (10, -1)])
def test_a_cable_has_limits(wrong):
    with pytest.raises(LabError, match="A cable cannot"):
        Drills(Noting(), ("vm1",)).slow_link(*wrong)


def test_a_machine_that_is_not_there_is_told():
    with pytest.raises(LabError, match="no machine 'vm9'"):
        Drills(Noting(), ("vm1", "vm2")).power_off("vm9")


PROGRAMS = {
    "ip": "echo '2: ens3    inet 172.16.0.11/24 scope global ens3'",
    "tc": 'echo "$@" >> {log}; [ "$2" = del ] || echo "qdisc {queue} 8001: root refcnt 2"',
    "sudo": 'shift; exec "$@"',
}


class Shell:
    """Stands in for a machine by ssh: its commands meet programs that a test has written."""

    name, title, private_address = "vm1", "VM1", "172.16.0.11"

    def __init__(self, folder, queue):
        self.log = folder / "log"
        self._path = f"{folder}:{os.environ['PATH']}"
        for name, text in PROGRAMS.items():
            script = text.replace("{log}", str(self.log)).replace("{queue}", queue)
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)

    def carry(self, command):
        done = subprocess.run(
            ["bash", "-c", command], env={"PATH": self._path}, capture_output=True, text=True
        )
        return CommandResult(command, done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("queue", "deleted"), [("netem", True), ("pfifo", False)])
def test_only_a_queue_of_a_drill_is_taken_from_a_cable(tmp_path, queue, deleted):
    machine = Shell(tmp_path, queue)
    SshFaults([machine]).quick_link()
    commands = machine.log.read_text().splitlines()
    assert commands[0] == "qdisc show dev ens3 root"
    assert commands[1:] == (["qdisc del dev ens3 root"] if deleted else [])


@pytest.mark.engine
def test_on_somebodys_own_computer_nothing_is_broken(monkeypatch, tmp_path):
    monkeypatch.setenv("SOSC_STATE", str(tmp_path))
    with closing(HostLab()) as lab:
        with pytest.raises(LabError, match="nothing is broken on purpose"):
            _ = lab.drills


@pytest.fixture
def dind(monkeypatch, tmp_path, engine):
    name = f"test-{uuid.uuid4().hex[:8]}"
    monkeypatch.setenv("SOSC_STATE", str(tmp_path))
    monkeypatch.setenv("SOSC_LAB_NAME", name)
    with closing(DindLab.up()) as lab:
        yield lab
    DindLab.destroy(name)


@pytest.fixture(
    params=[
        pytest.param("dind", marks=[pytest.mark.engine, pytest.mark.apart, pytest.mark.dind]),
        pytest.param("vm", marks=pytest.mark.vm),
    ]
)
def lab(request):
    return request.getfixturevalue({"dind": "dind", "vm": "vm_lab"}[request.param])


def reached(lab):
    vm1, vm2 = lab.nodes.values()
    return vm1.sh(REACH.format(own=vm1.private_address, address=vm2.private_address)).exit_code == 0


@pytest.mark.timeout(600)
def test_a_cable_is_cut_and_plugged_in_again(lab):
    assert reached(lab)
    lab.drills.cut_link()
    assert not reached(lab)
    assert lab.drills.undo() == ["link"]
    assert reached(lab)


@pytest.mark.timeout(600)
def test_a_cable_that_was_cut_and_a_machine_without_power_are_both_mended(lab):
    lab.drills.cut_link()
    lab.drills.power_off("vm2")
    assert lab.drills.undo() == ["power vm2", "link"]
    assert reached(lab)


@pytest.mark.timeout(600)
def test_a_machine_without_power_comes_back_with_its_disk(lab):
    vm2 = lab.nodes["vm2"]
    vm2.docker.volumes.create("kept")
    vm2.sh("sync")
    lab.drills.power_off("vm2")
    assert not reached(lab)
    lab.drills.power_on("vm2")
    assert reached(lab)
    assert vm2.docker.volumes.get("kept").remove() is None
    assert vm2.sh("hostname").output.strip() == "VM2"
    assert lab.drills.undo() == []


@pytest.mark.timeout(600)
def test_an_engine_is_stopped_and_started(lab):
    lab.drills.stop_engine("vm2")
    assert lab.nodes["vm2"].cli("version").exit_code != 0
    assert lab.drills.undo() == ["engine vm2"]
    assert lab.nodes["vm2"].docker.ping()


@pytest.mark.timeout(600)
def test_a_container_crashes_and_its_restart_policy_counts(lab):
    vm2, small = lab.nodes["vm2"], registry_of(lab).stock("small")
    vm2.docker.images.pull(small)
    kept = vm2.docker.containers.run(small, "sleep 600", detach=True, restart_policy={"Name": "always"})
    other = vm2.docker.containers.run(small, "sleep 600", detach=True)
    try:
        lab.drills.kill("vm2", kept.id)
        end = time.monotonic() + 120
        while vm2.docker.api.inspect_container(kept.id)["RestartCount"] < 1:
            assert time.monotonic() < end, "it does not start again"
            time.sleep(0.2)
        lab.drills.kill("vm2", other.name)
        assert other.wait()["StatusCode"] == 137
        with pytest.raises(LabError, match="does not run on VM2"):
            lab.drills.kill("vm2", other.name)
        with pytest.raises(NotFound, match="VM1 has no container"):
            lab.drills.kill("vm1", other.name)
        assert lab.drills.undo() == []
    finally:
        for one in (kept, other):
            one.remove(force=True)
        vm2.docker.images.remove(small, force=True)


@pytest.mark.vm
@pytest.mark.timeout(600)
def test_a_slow_cable_is_slow(vm_lab):
    vm1, vm2 = vm_lab.nodes.values()
    usual = round_trip(vm1, vm2)
    vm_lab.drills.slow_link(LATE)
    try:
        slow = round_trip(vm1, vm2)
    finally:
        vm_lab.drills.slow_link(0)
    # There and back it is twice as late; half of that is left to a busy computer.
    assert slow > usual + LATE
    assert round_trip(vm1, vm2) < slow - LATE


def round_trip(one, other):
    """Return the quickest of a few pings, in milliseconds: what the cable alone costs."""
    said = one.sh(f"ping -c 5 -i 0.3 {other.private_address}").check().stdout
    return min(float(line.split("time=")[1].split()[0]) for line in said.splitlines() if "time=" in line)


@pytest.mark.vm
@pytest.mark.timeout(600)
def test_a_queue_that_somebody_has_set_up_for_a_cable_stays(vm_lab):
    vm2 = vm_lab.nodes["vm2"]
    device = vm2.sh(f"ip -4 -o address show to {vm2.private_address} | awk '{{print $2}}'").stdout.strip()
    vm2.sh(f"sudo tc qdisc replace dev {device} root handle 1: pfifo limit 500").check()
    try:
        with pytest.raises(LabError, match="VM2 has a queue that somebody has set up"):
            vm_lab.drills.slow_link(50)
        assert "pfifo 1:" in vm2.sh(f"sudo tc qdisc show dev {device} root").stdout
    finally:
        vm2.sh(f"sudo tc qdisc del dev {device} root").check()


@pytest.mark.vm
@pytest.mark.timeout(600)
def test_vm1_starts_only_while_vm2_is_off(vm_lab):
    vm_lab.drills.power_off("vm1")
    try:
        with pytest.raises(LabError, match="while VM2 runs"):
            vm_lab.drills.power_on("vm1")
        vm_lab.drills.power_off("vm2")
    finally:
        vm_lab.drills.power_on("vm1")
        vm_lab.drills.power_on("vm2")
    assert reached(vm_lab)
