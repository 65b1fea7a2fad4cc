"""The `sosc` command as a person meets it: in a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from importlib.metadata import version
from pathlib import Path

import docker
import pytest

from sosclib.cli_run import parameters
from sosclib.lab.errors import SoscError
from sosclib.lab.private import runtime_dir

COMMANDS = (
    *("setup", "doctor", "sections"),
    *("up", "down", "status", "reset", "shell", "prefetch", "checkpoint", "destroy"),
    *("run", "transcript", "lab"),
)
SOSC = Path(sys.executable).with_name("sosc")


@pytest.fixture
def own(tmp_path):
    """Give an environment with a lab of its own: nothing of a person's is seen or changed."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DISPLAY", "WAYLAND"))},
        "SOSC_STATE": str(tmp_path / "state"),
        "SOSC_LAB_NAME": name,
    }
    runtime_dir(tmp_path / "state" / "labs" / name / "vm").rmdir()


def sosc(*arguments, env, **options):
    return subprocess.run(
        [SOSC, *arguments], env=env, capture_output=True, text=True, timeout=120, check=False, **options
    )


def test_help_lists_every_command(own):
    done = sosc("--help", env=own)
    assert done.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"^\W+{command}\b", done.stdout, re.M), command


def test_the_command_says_which_one_it_is(own):
    assert sosc("--version", env=own).stdout == f"sosc {version('sosclib')}\n"


def test_importing_the_command_loads_nothing_heavy():
    code = "import sys, sosclib.cli\n"
    code += (
        "print([m for m in ('docker', 'pandas', 'matplotlib', 'ipywidgets', 'nbformat') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_foreseeable_fault_is_told_in_words_without_a_traceback(own):
    done = sosc("transcript", "77", env=own)
    assert done.returncode == 1
    assert "There is no section '77'." in done.stderr
    assert "What helps:" in done.stderr and "00-start-here" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["checkpoint", "mine"], ["reset"]])
def test_a_lab_that_is_not_there_cannot_be_changed(own, arguments):
    done = sosc(*arguments, env=own)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_status_and_down_of_a_lab_that_is_not_there_say_so(own):
    assert "`sosc up` starts it" in sosc("status", env=own).stdout
    down = sosc("down", env=own)
    assert (down.returncode, down.stdout) == (0, "The lab is down already.\n")


@pytest.fixture
def left_over(own, tmp_path):
    """Let a machine's process be there, as one that an interrupted `up` left."""
    runtime = runtime_dir(tmp_path / "state" / "labs" / own["SOSC_LAB_NAME"] / "vm")
    code = "import time; time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code, runtime / "vm1.qmp"])
    (runtime / "vm1.pid").write_text(str(process.pid))
    yield process
    process.kill()
    process.wait()


def test_machines_that_an_interrupted_start_left_are_told_and_ended(own, left_over):
    assert "neither up nor down" in sosc("status", env=own).stdout
    down = sosc("down", env=own)
    assert down.stdout.endswith("The machines are off; what is on their disks is kept.\n")
    assert left_over.wait(10) == -signal.SIGKILL, "it did not listen"
    assert sosc("down", env=own).stdout == "The lab is down already.\n"


def test_destroy_asks_first(own):
    done = sosc("destroy", env=own, input="n\n")
    assert done.returncode == 1 and "[y/N]" in done.stdout


def test_shell_knows_two_machines(own):
    done = sosc("shell", "vm3", env=own)
    assert done.returncode == 1 and "vm1 and vm2" in done.stderr


@pytest.mark.parametrize(("words", "lab"), [((), "host"), (("vm1", "--lab", "host"), "vm")])
def test_shell_on_this_computer_logs_in_where_cells_do(own, tmp_path, words, lab):
    shell = tmp_path / "shell"
    shell.write_text('#!/bin/sh\necho "$DOCKER_CONFIG ${BUILDX_BUILDER:-none}"\n')
    shell.chmod(0o755)
    told = sosc("shell", *words, env={**own, "SOSC_LAB": lab, "SHELL": str(shell), "BUILDX_BUILDER": "mine"})
    home = tmp_path / "state" / "labs" / own["SOSC_LAB_NAME"] / "home"
    assert told.stdout.splitlines()[-1] == f"{home}/.docker none"


def test_this_computer_plays_no_vm2(own):
    done = sosc("shell", "vm2", "--lab", "host", env=own)
    assert done.returncode == 1 and "nobody VM2" in done.stderr


def test_setup_with_everything_here_does_nothing(own):
    from sosclib.lab.system_packages import missing

    assert not missing(), "the tests need the lab's packages: sosc setup"
    done = sosc("setup", env=own)
    assert (done.returncode, done.stdout) == (0, "The lab's system packages are all here.\n")


def setup_without_apt(env, folder):
    # Python alone on the PATH: neither QEMU nor apt nor any other package manager is found.
    code = "import sosclib.lab.system_packages as packages\npackages.ADMIN_FOLDERS = ()\n"
    code += "from sosclib.cli import app\napp(['setup'])"
    env = env | {"PATH": str(folder)}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)


def test_setup_without_apt_says_what_to_install(own, tmp_path):
    done = setup_without_apt(own | {"DOCKER_HOST": f"unix://{tmp_path}/nobody"}, tmp_path)
    assert done.returncode == 1
    assert "mmdebstrap" in done.stdout and "your system's package manager" in done.stderr


@pytest.mark.engine
def test_setup_without_apt_is_enough_where_an_engine_answers(own, tmp_path, engine):
    done = setup_without_apt(own, tmp_path)
    assert done.returncode == 0
    assert "mmdebstrap" in done.stdout and "sections for one machine run on it" in done.stdout


def test_the_doctor_speaks_json(own):
    done = sosc("doctor", "--json", env=own)
    told = json.loads(done.stdout)
    assert {finding["status"] for finding in told["findings"]} <= {"ok", "warn", "fail"}
    assert done.returncode == int(not told["ready"])


def test_sections_are_listed(own):
    done = sosc("sections", env=own)
    assert done.returncode == 0
    assert re.search(r"^03 +Prepare VM1 and VM2 +\d+ +2 ", done.stdout, re.M)


def test_parameters_are_json_where_they_can_be():
    assert parameters(["REPEATS=3", "TARGET=127.0.0.1", "NAME=a=b", "FLAG=true"]) == {
        "REPEATS": 3,
        "TARGET": "127.0.0.1",
        "NAME": "a=b",
        "FLAG": True,
    }
    with pytest.raises(SoscError, match="NAME=VALUE"):
        parameters(["REPEATS"])


def test_a_lab_that_there_is_none_of_is_refused_before_anything_is_reset(own):
    done = sosc("reset", "--lab", "virtual", env=own)
    assert done.returncode == 1
    assert "There is no lab 'virtual'." in done.stderr and "vm, dind, ssh" in done.stderr


@pytest.mark.parametrize("lab", ["host", "ssh"])
def test_a_checkpoint_that_a_lab_cannot_have_is_told_and_nothing_is_removed(own, lab):
    done = sosc("reset", "before-exercise", "--lab", lab, env=own)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no checkpoint before-exercise: lab {lab} keeps none" in done.stderr


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
def test_reset_on_the_host_removes_the_courses_own_and_nothing_else(own):
    client = docker.from_env()
    lab = {"sosc.lab": own["SOSC_LAB_NAME"], "sosc.section": "04-a-test"}
    mine, theirs = (f"sosc-test-{uuid.uuid4().hex[:8]}" for _ in range(2))
    try:
        client.volumes.create(mine, labels=lab)
        client.volumes.create(theirs)
        done = sosc("reset", "--lab", "host", env=own)
        assert (done.returncode, done.stdout) == (0, f"removed volume {mine}\n")
        assert client.volumes.get(theirs).name == theirs
        again = sosc("reset", "--lab", "host", env=own)
        assert again.stdout == "Nothing of the course's is left there.\n"
    finally:
        for volume in client.volumes.list():
            if volume.name in (mine, theirs):
                volume.remove()
        client.close()


@pytest.mark.engine
class TestJupyter:
    @pytest.fixture
    def jupyter(self, own):
        # A program started in the background may ignore interrupts, and hand that down.
        process = subprocess.Popen(
            ["env", "--default-signal=INT", SOSC, "lab"],
            env=own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        yield process
        if process.poll() is None:
            process.kill()
        process.wait()

    def address(self, process):
        for line in process.stdout:
            if found := re.search(r"(http://127\.0\.0\.1:(\d+))/lab/tree/(\S+)\?token=(\w+)", line):
                return found.groups()
        pytest.fail("no address was printed")

    def ask(self, url, token, data=None, limit=60):
        request = urllib.request.Request(url, data=data, headers={"Authorization": f"token {token}"})
        deadline = time.monotonic() + limit
        while True:
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return answer.read().decode()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    @pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
    def test_it_prints_its_address_stays_up_until_interrupted_and_leaves_nothing(self, jupyter, stop):
        base, port, first, token = self.address(jupyter)
        found = json.loads(self.ask(f"{base}/api/contents/{first}?content=0", token))
        assert found["name"] == "00-start-here.ipynb"
        specs = json.loads(self.ask(f"{base}/api/kernelspecs", token))
        assert specs["default"] == "python3"
        assert token not in Path(f"/proc/{jupyter.pid}/cmdline").read_text()
        self.ask(f"{base}/api/kernels", token, data=b"{}")
        assert [Path(python).parent for python in kernels_of(jupyter.pid)] == [SOSC.parent]
        assert listening_beyond_loopback(int(port)) == []
        jupyter.send_signal(stop)
        assert jupyter.wait(timeout=30) == 0
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(port))) != 0
        assert kernels_of(jupyter.pid) == []


def kernels_of(server):
    """Return the Python that each kernel of a server runs on."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            words = (process / "cmdline").read_text().split("\0")
        except OSError:
            continue  # it ended while we looked
        if parent == server and "ipykernel_launcher" in words:
            found.append(words[0])
    return found


def listening_beyond_loopback(port):
    """Return the addresses, in the kernel's writing, outside loopback on which somebody listens."""
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, number = local.rpartition(":")
            if (
                state == "0A"
                and int(number, 16) == port
                and address not in ("0100007F", "0" * 24 + "01000000")
            ):
                found.append(address)
    return found


@pytest.mark.engine
@pytest.mark.dind
@pytest.mark.timeout(600)
def test_containers_that_play_machines_go_up_and_down_and_are_told_from_virtual_ones(own):
    """Machines by `--lab dind`: made, shown, stopped; an unknown kind of lab is refused."""
    from sosclib.lab.dind import DindLab

    def told(*words):
        return sosc(*words, "--lab", "dind", env=own).stdout

    try:
        assert "is down. `sosc up --lab dind` starts it." in told("status")
        assert "VM1 and VM2 are up. `sosc shell vm1 --lab dind` opens a shell" in told("up")
        shown = told("status")
        assert "no virtual machines" in shown and "VM2" in shown
        assert told("down") == "The lab is down; its disks are kept.\n"
        assert told("down") == "The lab is down already.\n"
    finally:
        DindLab.destroy(own["SOSC_LAB_NAME"])
    refused = sosc("up", "--lab", "cloud", env=own)
    assert refused.returncode == 1 and "Choose one of vm, dind, ssh." in refused.stderr
