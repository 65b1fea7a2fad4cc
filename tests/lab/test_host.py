"""This computer's own shell: what is given up or interrupted ends whole."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sosclib.lab.errors import LabError
from sosclib.lab.host import HostNode
from sosclib.lab.paths import ROOT

SECONDS = f"86397.{os.getpid()}"
"""How long the programs of these tests would sleep: nobody else's do."""
COMMANDS = {
    "list": f"sleep {SECONDS}; echo later",
    "pipeline": f"sleep {SECONDS} | cat",
    "deaf": f"trap '' TERM; sleep {SECONDS}; sleep {SECONDS}",
    "deaf in the background": f"(trap '' TERM; exec sleep {SECONDS}) & sleep {SECONDS}; echo later",
}
KERNEL = """import sys
from pathlib import Path
from sosclib.lab.host import HostNode
node, (way, command) = HostNode(None, Path()), sys.argv[1:]
node.sh(command) if way == "sh" else node.follow(command, print)
"""


@pytest.fixture
def node(tmp_path):
    return HostNode(None, tmp_path)


@pytest.fixture(autouse=True)
def nobody_sleeps_on():
    yield
    for process in sleepers():
        os.kill(process, signal.SIGKILL)


def processes():
    """Return all processes: number, group, command."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            args = (folder / "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ")
            group = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[2]
            found.append((int(folder.name), int(group), args.decode(errors="replace")))
    return found


def sleepers():
    return [number for number, _, args in processes() if args == f"sleep {SECONDS}"]


def until(number):
    """Tell whether so many sleep, now or soon."""
    return soon(lambda: len(sleepers()) == number)


def soon(is_so):
    end_of_patience = time.monotonic() + 20
    while not is_so() and time.monotonic() < end_of_patience:
        time.sleep(0.1)
    return is_so()


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_that_takes_too_long_ends_with_all_that_it_started(node, command):
    with pytest.raises(LabError, match="did not end within"):
        node.sh(command, timeout=0.5)
    assert until(0)


def test_a_command_that_is_followed_ends_with_whoever_follows_it(node):
    def told(line):
        assert line == "begun" and until(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        node.follow(f"sleep {SECONDS} & echo begun; sleep {SECONDS}; echo later", told)
    assert until(0)


@pytest.mark.parametrize("way", ["sh", "follow"])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_command_ends_with_a_kernel_that_is_killed(tmp_path, way, command):
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, way, command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    assert until(command.count("&") + 1)
    os.killpg(kernel.pid, signal.SIGKILL)  # as Jupyter does
    assert kernel.wait() == -signal.SIGKILL
    assert until(0)


def test_what_is_left_in_the_background_stays_and_nobody_watches_it(node):
    done = node.sh(f"sleep {SECONDS} > /dev/null 2>&1 & echo $! $$").check()
    process, group = map(int, done.stdout.split())
    assert soon(lambda: [number for number, its_group, _ in processes() if its_group == group] == [process])


def test_how_a_program_ends_is_told_and_what_it_does_not_read_is_lost(node):
    assert node.sh("kill -INT $$").exit_code == -signal.SIGINT
    assert node.sh("exec 0<&-; sleep 0.2", stdin="x" * 1_000_000).exit_code == 0


def test_what_is_given_is_read_and_what_is_written_comes_back_apart(node):
    done = node.sh("cat; echo complaint >&2; exit 3", stdin="hello\n")
    assert (done.exit_code, done.stdout, done.stderr) == (3, "hello\n", "complaint\n")
    assert node.sh("cat").stdout == ""


def test_what_the_environment_holds_reaches_the_program(node, monkeypatch):
    """Clusters export functions of bash, as `module`, and dash would not hand them on."""
    monkeypatch.setenv("BASH_FUNC_module%%", "() { echo loaded $1; }")
    assert node.sh("bash -c 'module root'").stdout == "loaded root\n"
    assert node.sh("module root").stdout == "loaded root\n"


def test_a_command_ends_in_time_though_a_forked_child_lives_on(node):
    """A child without a program of its own, as pools of workers are, holds all that is open."""
    heard, held = os.pipe()

    def told(_):
        if not os.fork():
            os.close(held)
            os.read(heard, 1)
            os._exit(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        node.follow(f"echo begun; sleep {SECONDS}", told)
    os.close(held)
    os.wait()
    assert until(0)
