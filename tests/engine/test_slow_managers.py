"""A manager whose machine is so busy that it does not come to answer is asked again, and not for ever."""

from types import SimpleNamespace

import pytest

from sosclib.engine.faults import TRIES
from sosclib.engine.swarm_stacks import Stacks
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import SwarmError
from sosclib.lab.node import CommandResult

FIRST = "Creating network site_inside\nCreating service site_db\n"
LATE = "rpc error: code = DeadlineExceeded desc = context deadline exceeded\n"


class Node:
    """Says a few times that it was too slow, then what it did."""

    title = "VM1"
    docker = SimpleNamespace(api=None)

    def __init__(self, late):
        self.late = late
        self.asked = 0

    def sh(self, command):
        self.asked += 1
        if self.asked <= self.late:
            return CommandResult(command, 1, FIRST if self.asked == 1 else "", LATE)
        first = "Updating service site_db (id: db1)\n" if self.late else FIRST
        return CommandResult(command, 0, f"{first}Creating service site_web\n", "")


def deploy(node):
    ownership = SimpleNamespace(require_own_engine=lambda: None)
    return Stacks(node, Terminal(), ownership).deploy("stack.yaml", "site", wait=False)


@pytest.mark.parametrize("late", range(TRIES))
def test_a_stack_is_deployed_once_the_manager_comes_to_it(late, capsys):
    node = Node(late)
    assert deploy(node).name == "site"
    assert node.asked == late + 1
    command, *said = capsys.readouterr().out.splitlines()
    assert "$ docker stack deploy" in command
    assert said == [*FIRST.splitlines(), "Creating service site_web"]


def test_a_manager_that_is_always_late_is_told():
    node = Node(TRIES)
    with pytest.raises(SwarmError, match="does not answer in time"):
        deploy(node)
    assert node.asked == TRIES
