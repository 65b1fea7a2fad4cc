"""The two virtual machines, for real: what they are, up, down, checkpoints, side by side."""

import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from sosclib.lab.errors import EngineUnreachable, LabError, NotFound
from sosclib.lab.mesh import has_mesh
from sosclib.lab.paths import lab_dir
from sosclib.lab.registry import registry_of
from sosclib.lab.vm import VmLab
from sosclib.lab.vm.contexts import write_contexts
from sosclib.lab.vm.kernel import kernel
from sosclib.lab.vm.machine import VM1, VM2, Process

from .conftest import NAME, lab_called, started_up

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar"
pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def busybox_image():
    """An image of one static program, as a tar archive to import."""
    return tar_archive({"bin/sleep": kernel().busybox.read_bytes()})


def registry_files(repository, filling):
    """Return a registry's folder that holds one image of one file, as a tar archive."""
    layer = tar_archive({"file": filling})
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "size": len(config), "digest": digest(config)},
            "layers": [{"mediaType": LAYER, "size": len(layer), "digest": digest(layer)}],
        }
    ).encode()
    links = {
        "_layers": [digest(layer), digest(config)],
        "_manifests/revisions": [digest(manifest)],
        "_manifests/tags/1/index": [digest(manifest)],
    }
    root = "docker/registry/v2"
    files = {
        f"{root}/blobs/sha256/{digest(blob)[7:9]}/{digest(blob)[7:]}/data": blob
        for blob in (layer, config, manifest)
    }
    for place, named in links.items():
        for one in named:
            files[f"{root}/repositories/{repository}/{place}/sha256/{one[7:]}/link"] = one.encode()
    files[f"{root}/repositories/{repository}/_manifests/tags/1/current/link"] = digest(manifest).encode()
    return tar_archive(files)


def digest(blob):
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def tar_archive(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def pids(lab):
    return [Process(spec, lab.where).pid() for spec in (VM1, VM2)]


def restarted(lab, seconds=0.0):
    """Take the lab down, wait, and bring it up again: what `up` said, and the lab."""
    lab.down()
    assert VmLab.find() is None
    shutil.rmtree(lab.where.runtime)  # As when the computer was switched off meanwhile.
    time.sleep(seconds)
    told: list[str] = []
    return VmLab.up(told.append), told


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
    for node in (vm1, vm2):
        assert node.sh("systemctl list-units --failed --no-legend").output == ""
        assert has_mesh(node), "a swarm's routing mesh needs IPVS"


def test_vm2_gets_out_through_vm1s_address(lab):
    """This computer's loopback is reached as 10.0.2.2, by VM1 alone: VM2 must have been masqueraded."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        lab.nodes["vm2"].sh(f"timeout 20 bash -c 'echo hello >/dev/tcp/10.0.2.2/{port}'").check()
        server.settimeout(5)
        connection, _ = server.accept()
        with connection:
            assert connection.recv(100) == b"hello\n"


def test_only_keys_open_the_machines(lab):
    settings = lab.nodes["vm1"].sh("sudo sshd -T").output.splitlines()
    assert {"permitrootlogin no", "passwordauthentication no"} <= set(settings)
    root = subprocess.run(
        ["ssh", "-F", lab.where.ssh_config, "-o", "ControlPath=none", "root@vm1", "true"],
        capture_output=True,
        check=False,
    )
    assert root.returncode == 255 and b"denied" in root.stderr


def test_commands_and_files(lab, tmp_path):
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


def test_who_enters_the_group_docker_may_use_the_engine_from_the_next_login_on(lab):
    vm2 = lab.nodes["vm2"]
    assert "permission denied" in vm2.cli("ps").output
    try:
        assert vm2.sh("sudo usermod -aG docker student; docker ps").exit_code != 0, "the login is older"
        vm2.reconnect()
        assert vm2.cli("ps", "--format", "{{.ID}} and more").check().output == ""
    finally:
        vm2.sh("sudo gpasswd -d student docker").check()
        vm2.reconnect()


def test_engines_answer_by_socket(lab):
    names = [node.docker.info()["Name"] for node in lab.nodes.values()]
    assert names == ["VM1", "VM2"]
    for node in lab.nodes.values():
        assert node.socket.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not shutil.which("docker"), reason="there is no Docker CLI that could use a context")
def test_the_cli_reaches_an_engine_by_its_context(lab):
    contexts = lab.status().detail["contexts"].split(", ")
    command = ["docker", "--context", contexts[1], "info", "--format", "{{.Name}}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "VM2", done.stderr


def test_a_registry_that_is_still_starting_is_waited_for(lab):
    vm1, told = lab.nodes["vm1"], []
    vm1.sh("sudo systemctl stop docker-registry").check()
    vm1.sh("(sleep 4; sudo systemctl start docker-registry) >/dev/null 2>&1 &").check()
    assert registry_of(lab, told.append).answers()
    assert told[0] == "Waiting for the course's registry"


def test_registry_has_one_name_on_both_machines_and_takes_images_as_files(lab):
    """An image's files arrive as a tar archive by ssh, and both engines pull it from localhost:5000."""
    vm1 = lab.nodes["vm1"]
    owner = vm1.sh("stat -c %U:%G /var/lib/docker-registry").check().output.strip()
    assert owner == "docker-registry:docker-registry"
    unpack = "sudo -u docker-registry tar -x -C /var/lib/docker-registry"
    vm1.sh(unpack, stdin=registry_files("test/blob", filling=os.urandom(2**20))).check()
    for node in lab.nodes.values():
        assert json.loads(node.sh("curl -s localhost:5000/v2/test/blob/tags/list").output)["tags"] == ["1"]
        node.docker.images.pull("localhost:5000/test/blob", "1")
        node.docker.images.remove("localhost:5000/test/blob:1")


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
    container.reload()
    pid = container.attrs["State"]["Pid"]
    vm1.sh("echo kept > file; sleep 3600 >/dev/null 2>&1 & echo $! > pid")
    lab, told = restarted(lab, seconds=10)
    assert told == ["Resuming VM1 and VM2"]
    vm1 = lab.nodes["vm1"]
    assert vm1.sh("cat file; kill -0 $(cat pid) && echo alive").output.split() == ["kept", "alive"]
    again = vm1.docker.containers.get("sleeper")
    assert (again.status, again.attrs["State"]["Pid"]) == ("running", pid)
    for node in lab.nodes.values():
        before = time.time()
        assert float(node.sh("date +%s.%N").output) > before - 5, "the clock stood still for 10 s"
    lab.reset()
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
    lab.checkpoint("work")
    assert lab.checkpoints() == ["pristine", "work"], "a name keeps one state, the last"
    for name in ("last", "pristine", "-x", "a b"):
        with pytest.raises(LabError, match="cannot be called"):
            lab.checkpoint(name)


def test_two_ups_at_once_make_one_lab(lab):
    lab.down()
    both = [started_up() for _ in range(2)]
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


def lives(pid):
    """Tell whether a process runs: one that has ended stays listed until its parent has looked."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_destroy_leaves_nothing_of_the_lab(lab):
    old, where = pids(lab), lab.where
    node = lab.nodes["vm1"]
    lab.close()
    VmLab.destroy()
    assert VmLab.find() is None
    assert [pid for pid in old if lives(pid)] == []
    # For programs that wait to start one here.
    assert {path.name for path in where.state.iterdir()} == {"lock", "runtime"}
    assert not where.runtime.exists() or not list(where.runtime.iterdir())
    contexts = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "contexts" / "meta"
    assert not any(str(where.runtime) in file.read_text() for file in contexts.glob("*/meta.json"))
    with pytest.raises(EngineUnreachable):
        _ = node.docker
    assert lab_dir(NAME).exists()
