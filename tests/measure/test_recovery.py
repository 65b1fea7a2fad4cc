"""What a fault costs is measured while it lasts; the swarm's own part is tested where there is a swarm."""

import time
from concurrent.futures import Future
from threading import Event
from types import SimpleNamespace

import pytest

from sosclib.lab.errors import LabError, ServiceError
from sosclib.measure import recovery as module
from sosclib.measure.recovery import HEADS, Recovery, as_markdown, recovery, until_repaired
from tests.measure.test_traffic import serving


def test_a_message_is_kept_with_what_was_lost_until_it_came():
    broken = []

    def do():
        broken.append(True)
        time.sleep(0.5)
        broken.clear()
        raise ServiceError("Nobody is there.", "1 × no such | image", "look")

    with serving(lambda _: (503 if broken else 200, 0)) as url:
        row = recovery("a fault", do, url=url, manager=None, rate=20)
    assert row.told == "Nobody is there. 1 × no such | image" and row.repaired is None
    assert 0 < row.lost < row.requests and 0 < row.gap < row.noticed * 2
    assert row.noticed >= 0.5


def test_what_ends_well_has_no_message_and_an_error_of_another_kind_is_no_finding():
    with serving(lambda _: (200, 0)) as url:
        row = recovery("none", lambda: time.sleep(0.2), url=url, manager=None)
        assert (row.lost, row.gap, row.noticed, row.told) == (0, 0.0, None, "") and row.repaired >= 0.2
        with pytest.raises(ZeroDivisionError):
            recovery("a mistake", lambda: 1 / 0, url=url, manager=None)


def test_where_nothing_could_be_broken_the_reason_is_told_at_once(monkeypatch):
    monkeypatch.setattr(module, "look", lambda api, service: SimpleNamespace(there=True, replicas="1/1"))
    doing = Future()
    doing.set_exception(LabError("You may not become root."))
    manager = SimpleNamespace(docker=SimpleNamespace(api=None))
    with pytest.raises(LabError, match="become root"):
        until_repaired(manager, "web", time.monotonic(), 60, doing=doing, wakeups=Event())


ROWS = (
    Recovery("link cut", 40, 3, 1.25, 12.0, 15.04),
    Recovery("port taken", 30, 0, 0.0, 8.0, None, "No.\nport | taken"),
)


def test_the_table_reads_as_markdown():
    head, rule, *lines = as_markdown(ROWS).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in (head, *lines)]
    assert cells[0] == list(HEADS) and set(rule) <= set("|-: ")
    assert cells[1] == ["link cut", "40", "3", "1.2", "12.0", "15.0", "–"]
    assert cells[2] == ["port taken", "30", "0", "0.0", "8.0", "–", "No. port ¦ taken"]
