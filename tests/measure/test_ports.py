"""What becomes of a call to a port: taken, refused, or swallowed without a word."""

import os
import shlex
import socket
import subprocess

import pytest

from sosclib.lab.node import CommandResult
from sosclib.lab.system_packages import find_program
from sosclib.measure.ports import FREE, OPEN, SILENT, TAKEN, Port, found

HERE = "127.0.0.1"


class Machine:
    """Stands in for a node: its commands run in a network of their own, where something is set up first."""

    def __init__(self, *setup):
        self.setup = setup

    def sh(self, command):
        root = () if os.geteuid() == 0 else ("--map-root-user",)
        script = "\n".join(["set -e", *self.setup, command])
        return run(["unshare", *root, "--net", "bash", "-c", script])


class ThisMachine:
    def sh(self, command):
        return run(["bash", "-c", command])


def run(words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return CommandResult(shlex.join(words), done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def walled():
    """Give a machine whose firewall drops what comes to port 9, by TCP and by UDP."""
    rule = f"{find_program('iptables')} -A INPUT -p {{}} --dport 9 -j DROP"
    machine = Machine(f"{find_program('ip')} link set lo up", *(rule.format(one) for one in ("tcp", "udp")))
    if (tried := machine.sh("true")).exit_code:
        pytest.skip(f"no firewall can be set up here: {tried.output.strip()}")
    return machine


@pytest.mark.parametrize(
    ("port", "said"),
    [
        (Port(9, "tcp", "behind the firewall"), SILENT),
        (Port(10, "tcp", "beside it"), FREE),
        (Port(9, "udp", "behind the firewall"), TAKEN),
        (Port(10, "udp", "beside it"), FREE),
    ],
)
def test_a_firewall_that_drops_is_silent_and_of_udp_one_cannot_tell(walled, port, said):
    assert found(walled, HERE, port) == said


def test_who_listens_is_open_and_who_has_no_room_for_one_more_call_is_silent():
    with socket.create_server((HERE, 0), backlog=0) as busy:
        port = Port(busy.getsockname()[1], "tcp", "")
        assert found(ThisMachine(), HERE, port) == OPEN
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(busy.getsockname())
        assert found(ThisMachine(), HERE, port) == SILENT
        for one in waiting:
            one.close()
    assert found(ThisMachine(), HERE, port) == FREE
