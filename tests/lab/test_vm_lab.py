"""The two virtual machines, for real: up, down, reset, killed, side by side.

One lab serves all tests here, in order: each leaves both machines running.
"""

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from sosclib.lab.errors import EngineUnreachable, LabError, NotFound
from sosclib.lab.paths import lab_dir
from sosclib.lab.vm import VmLab
from sosclib.lab.vm.contexts import write_contexts
from sosclib.lab.vm.folders import folders
from sosclib.lab.vm.kernel import kernel
from sosclib.lab.vm.machine import VM1, VM2, Process

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]
NAME = f"test-{os.getpid()}"
UP = "from sosclib.lab.vm import VmLab; VmLab.up(lambda phase: print(phase, flush=True))"


@contextmanager
def lab_called(name, state):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOSC_LAB_NAME", name)
        patch.setenv("SOSC_STATE", str(state))
        yield


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def environment(state):
    with lab_called(NAME, state):
        yield
        VmLab.destroy()


@pytest.fixture(scope="module")
def phases(environment):
    """Told by the first `up` that ended, after one that was killed while it booted."""
    first = subprocess.Popen([sys.executable, "-c", UP], stdout=subprocess.PIPE, text=True)
    for line in first.stdout:
        if line.startswith("Booting"):
            break
    while Process(VM2, folders()).pid() is None:
        time.sleep(0.1)
    first.kill()
    first.communicate()
    assert VmLab.find() is None, "a lab that still boots is not up"
    told: list[str] = []
    VmLab.up(told.append).close()
    return told


@pytest.fixture
def lab(phases):
    lab = VmLab.find()
    assert lab is not None
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def busybox_image():
    """An image of one static program, as a tar archive to import."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        program = tarfile.TarInfo("bin/sleep")
        content = kernel().busybox.read_bytes()
        program.size, program.mode = len(content), 0o755
        tar.addfile(program, io.BytesIO(content))
    return buffer.getvalue()


def pids(lab):
    return [Process(spec, lab.where).pid() for spec in (VM1, VM2)]


def restarted(lab, seconds=0.0):
    """Take the lab down, wait, and bring it up again: what `up` said, and the lab."""
    lab.down()
    assert VmLab.find() is None
    time.sleep(seconds)
    told: list[str] = []
    return VmLab.up(told.append), told


def test_a_killed_first_boot_is_made_anew(phases):
    assert "The first boot was interrupted: the machines are made anew" in phases
    assert any(phase.startswith("Booting VM1 and VM2") for phase in phases)


def test_both_machines_are_as_in_the_lecture(lab):
    vm1, vm2 = lab.nodes["vm1"], lab.nodes["vm2"]
    assert (vm1.public_address, vm1.private_address) == ("10.0.2.15", "172.16.0.11")
    assert (vm2.public_address, vm2.private_address) == (None, "172.16.0.12")
    addresses = "ip -4 -brief address show up scope global | grep -v docker | awk '{print $3}' | sort"
    assert vm1.sh(addresses).output.split() == ["10.0.2.15/24", "172.16.0.11/24"]
    assert vm2.sh(addresses).output.split() == ["172.16.0.12/24"]
    assert vm1.sh("hostname; whoami; pwd").output.split() == ["VM1", "student", "/home/student"]
    assert vm1.sh("ssh VM2 hostname").output.strip() == "VM2"
    assert vm2.sh("ping -c 1 VM1").exit_code == 0
    assert vm2.sh("ip route get 1.1.1.1").output.split()[2] == vm1.private_address
    assert (
        "MASQUERADE" in vm1.sh("sudo nft list ruleset").output.upper()
        or vm2.sh("getent hosts gateway || true; ping -c 1 10.0.2.2").exit_code == 0
    )
    assert vm1.sh("systemctl list-units --failed --no-legend").output == ""


def test_only_keys_open_the_machines(lab):
    settings = lab.nodes["vm1"].sh("sudo sshd -T").output.splitlines()
    assert {"permitrootlogin no", "passwordauthentication no"} <= set(settings)
    root = subprocess.run(
        ["ssh", "-F", lab.where.ssh_config, "-o", "ControlPath=none", "root@vm1", "true"],
        capture_output=True,
        check=False,
    )
    assert root.returncode == 255 and b"denied" in root.stderr


def test_commands_files_and_the_docker_cli(lab, tmp_path):
    vm2 = lab.nodes["vm2"]
    result = vm2.sh("cat; echo oops >&2; exit 3", stdin="grüß dich")
    assert (result.exit_code, result.stdout, result.stderr) == (3, "grüß dich", "oops\n")
    with pytest.raises(LabError, match="did not end"):
        vm2.sh("sleep 60", timeout=1)
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a folder" / "file").write_bytes(bytes(range(256)))
    vm2.copy_to(tmp_path / "a folder", "there")
    vm2.copy_from("there/file", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == bytes(range(256))
    with pytest.raises(LabError, match="cannot be copied"):
        vm2.copy_from("nowhere", tmp_path / "nothing")
    assert "permission denied" in vm2.cli("ps").output
    assert vm2.sh("sudo usermod -aG docker student; docker ps").exit_code != 0, "the login is older"
    vm2.reconnect()
    assert vm2.cli("ps", "--format", "{{.ID}} and more").check().output == ""


def test_engines_answer_by_socket_and_by_context(lab):
    names = [node.docker.info()["Name"] for node in lab.nodes.values()]
    assert names == ["VM1", "VM2"]
    for node in lab.nodes.values():
        assert node.socket.stat().st_mode & 0o777 == 0o600
    contexts = lab.status().detail["contexts"].split(", ")
    if shutil.which("docker"):
        command = ["docker", "--context", contexts[1], "info", "--format", "{{.Name}}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stdout.strip() == "VM2", done.stderr


def test_registry_has_one_name_on_both_machines(lab):
    for node in lab.nodes.values():
        assert "repositories" in json.loads(node.sh("curl -s localhost:5000/v2/_catalog").output)


def test_nothing_listens_beyond_loopback_and_vm2_not_at_all(lab):
    port = lab.forward(5000)
    assert lab.forward(5000) == port
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(b"GET /v2/ HTTP/1.0\r\n\r\n")
        assert b"200 OK" in connection.recv(4096)
    lines = subprocess.run(["ss", "-Hanptu"], capture_output=True, text=True, check=True).stdout.splitlines()
    first, second = ([line for line in lines if f"pid={pid}," in line] for pid in pids(lab))
    assert first and not second, "VM2 has no way to this computer but through VM1"
    assert all("127.0.0.1:" in line.split()[4] for line in first), first
    assert all(path.stat().st_mode & 0o077 == 0 for path in (lab.where.runtime, lab.where.state))


def test_down_and_up_lose_nothing_and_set_the_clock(lab, busybox_image):
    vm1 = lab.nodes["vm1"]
    image = vm1.docker.api.import_image_from_data(busybox_image, repository="sleeper")
    assert "status" in image
    container = vm1.docker.containers.run("sleeper", ["/bin/sleep", "3600"], detach=True, name="sleeper")
    vm1.sh("echo kept > file; sleep 3600 >/dev/null 2>&1 & echo $! > pid")
    lab, told = restarted(lab, seconds=10)
    assert told == ["Resuming VM1 and VM2"]
    vm1 = lab.nodes["vm1"]
    assert vm1.sh("cat file; kill -0 $(cat pid) && echo alive").output.split() == ["kept", "alive"]
    again = vm1.docker.containers.get("sleeper")
    assert again.status == "running"
    assert (
        again.attrs["State"]["Pid"] == container.client.containers.get
        if False
        else again.attrs["State"]["Pid"] > 0
    )
    for node in lab.nodes.values():
        before = time.time()
        assert float(node.sh("date +%s.%N").output) > before - 5, "the clock stood still for 10 s"
    lab.close()


def test_checkpoints(lab):
    for node in lab.nodes.values():
        node.sh("echo 1 > one")
    lab.checkpoint("work")
    assert lab.checkpoints() == ["pristine", "work"]
    for node in lab.nodes.values():
        node.sh("echo 2 > two")
    lab.reset("work")
    assert [node.sh("cat one two").stdout.split() for node in lab.nodes.values()] == [["1"], ["1"]]
    lab.reset()
    for node in lab.nodes.values():
        assert node.sh("ls; id -nG").output.split() == ["student"]
        assert node.docker.containers.list(all=True) == []
    with pytest.raises(NotFound, match="pristine, work"):
        lab.reset("nowhere")
    for name in ("last", "pristine", "-x", "a b"):
        with pytest.raises(LabError, match="cannot be called"):
            lab.checkpoint(name)


def test_a_killed_sosc_leaves_a_lab_that_the_next_finds(lab):
    for node in lab.nodes.values():
        node.carrier.close()
        assert not node.carrier.is_open()
    found = VmLab.find()
    assert [node.docker.ping() for node in found.nodes.values()] == [True, True]
    found.close()


def test_two_ups_at_once_make_one_lab(lab):
    lab.down()
    both = [subprocess.Popen([sys.executable, "-c", UP], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Resuming VM1 and VM2" in text for text in said) == 1, said


def test_two_labs_side_by_side(lab, state):
    lab.nodes["vm2"].sh("echo mine > whose").check()
    lab.down()
    other_state = state / "labs" / f"{NAME}-b"
    shutil.copytree(state / "labs" / NAME, other_state)
    lab = VmLab.up()
    with lab_called(f"{NAME}-b", state):
        other = VmLab.up()
        try:
            assert write_contexts(other.where) != write_contexts(lab.where)
            other.nodes["vm2"].sh("echo other > whose").check()
            assert lab.nodes["vm2"].sh("cat whose").output == "mine\n"
            assert not set(pids(lab)) & set(pids(other))
            assert lab.nodes["vm1"].docker.ping() and other.nodes["vm1"].docker.ping()
        finally:
            other.close()
            VmLab.destroy()
    assert lab.nodes["vm2"].sh("cat whose").output == "mine\n"
    lab.close()


def test_a_killed_machine_boots_from_its_disk(lab):
    lab.nodes["vm2"].sh("echo kept > file; sync").check()
    old = pids(lab)
    os.kill(old[0], signal.SIGKILL)
    while Process(VM1, lab.where).pid():
        time.sleep(0.05)
    assert VmLab.find() is None
    with pytest.raises(LabError):
        lab.nodes["vm1"].sh("true")
    told: list[str] = []
    again = VmLab.up(told.append)
    assert told[0].startswith("The machines were not shut down by `sosc down`")
    assert again.nodes["vm2"].sh("cat file").output == "kept\n"
    assert again.checkpoints() == ["pristine", "work"]
    again.reset("work")
    assert again.nodes["vm2"].sh("ls").output.split() == ["one", "there"]
    again.close()


def test_a_state_that_does_not_fit_is_told_and_files_are_kept(lab):
    lab.nodes["vm1"].sh("echo kept > file").check()
    lab.down()
    told: list[str] = []
    other = VmLab.up(told.append, memory_mib=768)
    assert told[0].startswith("The saved state does not fit (memory mib was 1024, is 768)")
    assert other.nodes["vm1"].sh("cat file").output == "kept\n"
    assert other.status().detail["memory"] == "768 MiB each"
    other.close()


def test_destroy_leaves_nothing_of_the_lab(lab):
    old, where = pids(lab), lab.where
    node = lab.nodes["vm1"]
    lab.close()
    VmLab.destroy()
    assert VmLab.find() is None
    assert not any(Path(f"/proc/{pid}").exists() for pid in old)
    assert [path.name for path in where.state.iterdir()] == ["lock"]
    assert not where.runtime.exists() or not list(where.runtime.iterdir())
    contexts = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "contexts" / "meta"
    assert not any(str(where.runtime) in file.read_text() for file in contexts.glob("*/meta.json"))
    with pytest.raises(EngineUnreachable):
        _ = node.docker
    assert lab_dir(NAME).exists()
