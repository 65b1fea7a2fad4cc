"""This computer's own shell: what is given up or interrupted ends whole."""

import time
from pathlib import Path

import pytest

from sosclib.lab.errors import LabError
from sosclib.lab.host import HostNode

SECONDS = "86397.25"
"""How long the programs of these tests would sleep: nobody else's do."""
COMMANDS = (
    f"sleep {SECONDS}; echo later",
    f"sleep {SECONDS} | cat",
    f"trap '' TERM; sleep {SECONDS}; sleep {SECONDS}",
)


@pytest.fixture
def node(tmp_path):
    return HostNode(None, tmp_path)


def sleepers():
    lines = (file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists())
    return [line for line in lines if line == f"sleep\0{SECONDS}\0".encode()]


def until(number):
    """Tell whether so many sleep, now or soon."""
    end_of_patience = time.monotonic() + 10
    while len(sleepers()) != number and time.monotonic() < end_of_patience:
        time.sleep(0.1)
    return len(sleepers()) == number


@pytest.mark.parametrize("command", COMMANDS)
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


def test_what_is_given_is_read_and_what_is_written_comes_back_apart(node):
    done = node.sh("cat; echo complaint >&2; exit 3", stdin="hello\n")
    assert (done.exit_code, done.stdout, done.stderr) == (3, "hello\n", "complaint\n")
    assert node.sh("cat").stdout == ""
