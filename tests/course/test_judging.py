"""How the checks come to their judgement, where that takes no engine."""

from sosclib.course.exercises import own_stack
from sosclib.engine.convergence import Convergence
from sosclib.engine.tasks import Task


def task(id_, state="running", error=""):
    return Task(id_, "mine_page", 1, "VM2", "n2", "mypage", "running", state, 0.0, error)


def test_an_attempt_that_had_failed_before_neither_ends_the_wait_nor_counts(monkeypatch):
    """A swarm remembers it after the student has mended the file."""
    past, now = task("old", "rejected", "No such image"), task("new", "preparing")
    looks = [
        Convergence("mine_page", 1, 0, tasks=(now, past)),
        Convergence("mine_page", 1, 1, tasks=(task("new"), past)),
    ]
    monkeypatch.setattr(own_stack, "look", lambda *_: looks.pop(0))
    monkeypatch.setattr(own_stack, "LOOK", 0)
    state = own_stack.settled(None)
    assert state.there and [one.id for one in state.tasks] == ["new"]


def test_a_failure_that_comes_anew_ends_the_wait(monkeypatch):
    looks = [
        Convergence("mine_page", 1, 0, tasks=(task("old", "rejected", "No such image"),)),
        Convergence("mine_page", 1, 0, tasks=(task("new", "rejected", "No such image"),)),
    ]
    monkeypatch.setattr(own_stack, "look", lambda *_: looks.pop(0))
    monkeypatch.setattr(own_stack, "LOOK", 0)
    assert [one.id for one in own_stack.settled(None).tasks] == ["new"]
