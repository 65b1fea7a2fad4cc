"""A node whose engine does not get out of its swarm in time: one time in fourteen, so an engine is played."""

import docker.errors
import pytest

from sosclib.engine.faults import TRIES
from sosclib.engine.swarm import leave_swarm
from sosclib.lab.errors import SwarmError


class Engine:
    """Says a few times why it has not left, then has."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    def leave_swarm(self, force):
        self.asked += 1
        if self.answers:
            raise docker.errors.APIError("500 Server Error", explanation=self.answers.pop(0))


def test_one_that_was_too_slow_is_asked_again():
    engine = Engine("context deadline exceeded")
    leave_swarm(engine, force=True)
    assert engine.asked == 2


def test_one_that_never_leaves_is_told_and_not_taken_for_a_silent_manager():
    engine = Engine(*["context deadline exceeded"] * 9)
    with pytest.raises(SwarmError, match="has not left its swarm, though it was asked 3 times") as told:
        leave_swarm(engine, force=True)
    assert engine.asked == TRIES and "start its engine anew" in told.value.help


def test_one_that_refuses_is_asked_once():
    engine = Engine("This node is not part of a swarm")
    with pytest.raises(docker.errors.APIError, match="not part of a swarm"):
        leave_swarm(engine, force=True)
    assert engine.asked == 1
