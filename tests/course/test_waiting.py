"""A cell waits until something is so, and never for ever."""

import pytest

from sosclib.course import waiting
from sosclib.course.waiting import until
from sosclib.lab.errors import SoscError


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(waiting, "PAUSE", 0.001)


def test_it_comes_back_as_soon_as_it_is_so():
    answers = iter([False, False, True])
    until(lambda: next(answers), "the third answer")
    assert next(answers, None) is None


def test_what_never_becomes_so_is_given_up_and_named():
    with pytest.raises(SoscError, match="Waited 0 s for the moon, in vain") as vain:
        until(lambda: False, "the moon", limit=0.01)
    assert "docker service ps" in vain.value.help
