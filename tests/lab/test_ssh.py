"""Real machines, reached by ssh alone: the run's virtual ones play them, known by an inventory."""

import os
import socket
import subprocess
import uuid
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sosclib.course.begin import open_for
from sosclib.course.sections import find
from sosclib.course.tidying import tidy
from sosclib.course.waiting import until
from sosclib.harness.run import run_section
from sosclib.lab.errors import EngineUnreachable, LabError, WrongLab
from sosclib.lab.paths import lab_dir
from sosclib.lab.private import runtime_dir
from sosclib.lab.registry import registry_of
from sosclib.lab.ssh import SshLab
from tests.test_cli import sosc

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]
STOP, START = (f"sudo systemctl {order} docker.socket docker.service" for order in ("stop", "start"))
REACH = "ping -I {own} -c 2 -W 2 {address}"


@pytest.fixture
def refused(peers):
    """Give a function that tries to open a lab whose inventory has something changed, and returns why not."""

    def opened(*changes, kind=LabError):
        name = f"test-{uuid.uuid4().hex[:8]}"
        with peers.named(name, *changes):
            with pytest.raises(kind) as told:
                SshLab.up(name=name)
            await_logged_out(name)
        return told.value

    return opened


def await_logged_out(name):
    """Wait until nobody is logged in anywhere: a connection that was told to end takes a moment to do so."""
    until(lambda: not connections(name), "the connections to end", limit=10)


def connections(name):
    """Return the processes of ssh that hold a lab's connections."""
    mark = str(runtime_dir(lab_dir(name) / "ssh"))
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended while we looked
            command = (process / "cmdline").read_text()
            found += [command] if mark in command and "ssh" in command else []
    return found


def test_a_host_key_that_nobody_vouches_for_is_not_taken(peers, refused, tmp_path):
    empty = tmp_path / "known"
    empty.write_text("")
    told = refused((f'known_hosts = "{peers.known}"\n[vm2]', f'known_hosts = "{empty}"\n[vm2]'))
    assert "does not know the host key of VM1" in told.what and "compare the fingerprint" in told.help
    assert empty.read_text() == "", "nothing is entered there either"
    first, second = peers.known.read_text().splitlines()
    swapped = tmp_path / "swapped"
    swapped.write_text(f"{first.split()[0]} {' '.join(second.split()[1:])}\n")
    told = refused((f'known_hosts = "{peers.known}"\n[vm2]', f'known_hosts = "{swapped}"\n[vm2]'))
    assert "another host key" in told.what


def test_whom_the_machine_does_not_know_it_does_not_let_in(peers, refused, tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    told = refused((str(peers.key), str(key)))
    assert told.what == "VM1 does not let you in."
    assert f"ssh -p {peers.port} -i {key} student@127.0.0.1" in told.help


def test_a_machine_that_is_not_there_is_told_with_the_way_to_it(refused, peers):
    told = refused((f"port = {peers.port}", "port = 9"))
    assert told.what == "VM1 is not reached at 127.0.0.1." and "refused" in told.why
    told = refused(('host = "172.16.0.12"', 'host = "172.16.0.99"'))
    assert told.what == "VM2 is not reached by way of VM1." and "172.16.0.99" in told.help


def test_machines_that_do_not_reach_each_other_are_no_lab(refused):
    told = refused(('private_address = "172.16.0.12"', 'private_address = "172.16.0.99"'))
    assert told.what == "VM2 is not reached from VM1." and "private_address of [vm2]" in told.help


def test_an_engine_that_is_closed_stopped_or_missing_is_told_apart(refused, peers):
    vm1 = peers.vms["vm1"]
    vm1.sh("sudo gpasswd -d student docker").check()
    try:
        told = refused(kind=EngineUnreachable)
        assert told.what == "You may not command the engine of VM1."
        assert "sudo gpasswd -a student docker" in told.help
    finally:
        vm1.sh("sudo gpasswd -a student docker").check()
    vm1.sh(STOP).check()
    try:
        assert refused(kind=EngineUnreachable).what == "The engine of VM1 does not run."
        vm1.sh("sudo mv /usr/bin/docker /usr/bin/docker.hidden").check()
        assert refused(kind=EngineUnreachable).what == "VM1 has no Docker Engine."
    finally:
        vm1.sh(f"sudo mv /usr/bin/docker.hidden /usr/bin/docker; {START}").check()


def test_what_is_made_there_lies_in_one_folder_of_the_labs_own(ssh_lab, peers):
    node = ssh_lab.nodes["vm1"]
    assert node.home == f"/home/student/sosc-{ssh_lab.mark}" and node.user == "student"
    assert node.sh('cd; pwd; echo "$HOME"').stdout.split() == [node.home] * 2
    before = peers.vms["vm1"].sh("ls -A").stdout.split()
    node.sh("mkdir .docker; touch mine").check()
    assert peers.vms["vm1"].sh("ls -A").stdout.split() == before
    node.sh("rm -r .docker mine").check()


def test_a_port_of_vm1_answers_here_as_long_as_the_lab_is_open(ssh_lab):
    another = SshLab.find(ssh_lab.name)
    port = another.forward(22)
    assert another.forward(22) == port
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        assert connection.recv(4) == b"SSH-"
    another.close()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    assert ssh_lab.nodes["vm1"].docker.ping(), "who opened it first keeps its connections"


def test_what_only_vm1_has_answers_on_vm2_too(ssh_lab):
    vm1, vm2 = ssh_lab.nodes.values()
    port = int(registry_of(ssh_lab).address.rpartition(":")[2])
    ssh_lab.share(port)
    ask = f"curl -s http://{{}}:{port}/v2/"
    assert vm2.sh(ask.format("localhost")).stdout == "{}"
    assert vm2.sh(ask.format(vm1.private_address)).exit_code, "nobody else is let in there"
    with pytest.raises(LabError, match="port of VM2"):
        ssh_lab.share(22)


def reached(lab):
    one, other = lab.nodes.values()
    return one.sh(REACH.format(own=one.private_address, address=other.private_address)).exit_code == 0


def test_the_cable_is_cut_but_for_ssh_and_mended(ssh_lab):
    rules = "sudo iptables-save | grep -c sosc-drill"
    ssh_lab.drills.cut_link()
    try:
        assert not reached(ssh_lab)
        assert ssh_lab.nodes["vm2"].sh("hostname").stdout == "VM2\n"
    finally:
        assert ssh_lab.drills.undo() == ["link"]
    assert reached(ssh_lab)
    assert ssh_lab.nodes["vm1"].sh(rules).stdout == "0\n"


def test_an_engine_is_stopped_and_started_but_no_power_is_cut(ssh_lab):
    ssh_lab.drills.stop_engine("vm2")
    assert ssh_lab.nodes["vm2"].cli("version").exit_code != 0
    assert ssh_lab.drills.undo() == ["engine vm2"]
    assert ssh_lab.nodes["vm2"].docker.ping()
    with pytest.raises(LabError, match="cannot be switched on again"):
        ssh_lab.drills.power_off("vm2")
    assert ssh_lab.drills.undo() == []


def test_real_machines_are_not_saved(ssh_lab):
    assert ssh_lab.checkpoints() == []
    with pytest.raises(LabError, match="no checkpoints"):
        ssh_lab.checkpoint("mine")


def test_on_machines_that_others_use_only_the_courses_own_is_touched(peers, monkeypatch):
    name = f"test-{uuid.uuid4().hex[:8]}"
    monkeypatch.setenv("SOSC_LAB_NAME", name)
    with peers.named(name, ("exclusive = true", "exclusive = false")):
        lab = SshLab.up()
        volumes = lab.nodes["vm2"].docker.volumes
        volumes.create("mine", labels={"sosc.lab": lab.mark, "sosc.section": "04-a-test"})
        theirs = volumes.create("theirs", labels={"sosc.lab": name})
        try:
            assert tidy(lab) == ["volume mine"]
            assert volumes.get("theirs").name == "theirs"
        finally:
            theirs.remove()
        with pytest.raises(LabError, match="nothing is broken on purpose"):
            _ = lab.drills
        lab.close()
        swarming = replace(find("03"), labs=("vm", "dind"))
        with pytest.raises(WrongLab, match="those of the lab `ssh` are somebody's") as told:
            open_for(swarming, "ssh")
        assert "exclusive = true" in told.value.help


def test_the_command_logs_in_shows_and_logs_out(peers):
    name = f"test-{uuid.uuid4().hex[:8]}"
    own = {**os.environ, "SOSC_LAB_NAME": name}
    with peers.named(name):
        assert "`sosc up --lab ssh` starts it" in sosc("status", "--lab", "ssh", env=own).stdout
        assert "VM1 and VM2 are up." in sosc("up", "--lab", "ssh", env=own).stdout
        shown = sosc("status", "--lab", "ssh", env=own).stdout
        assert "the course's alone" in shown and "172.16.0.12 (student@172.16.0.12)" in shown
        assert "VM1 at 127.0.0.1" in sosc("doctor", env=own).stdout
        done = sosc("down", "--lab", "ssh", env=own)
        assert done.stdout == "You are logged out of both machines; they run on.\n"
        await_logged_out(name)
        assert peers.vms["vm1"].sh(f"ls -d sosc-{name}*").exit_code, "its empty folder is gone"


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", ["17", "19"])
def test_a_section_for_two_machines_runs_on_real_ones(ssh_lab, number, monkeypatch, tmp_path):
    monkeypatch.setenv("SOSC_LAB_NAME", ssh_lab.name)
    parameters = {"LAB": "ssh", "IMAGES": "offline"}
    report = run_section(find(number), lab="ssh", images="offline", parameters=parameters, output=tmp_path)
    assert report.passed, report.verdict() + "\n" + (report.first_fault.message if report.first_fault else "")
