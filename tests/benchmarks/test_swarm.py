"""A swarm of two machines just resumed: formed, five tasks on it, and all of them replaced under load."""

import statistics
import time
from contextlib import closing

import pytest

from sosclib.course import swarms
from sosclib.course.begin import clear, lay
from sosclib.course.desk import HOLDER
from sosclib.course.sections import find
from sosclib.course.traffic import load
from sosclib.lab.vm import VmLab

pytestmark = [pytest.mark.benchmark, pytest.mark.vm, pytest.mark.timeout(1800)]
FORMED_BAR, RUNNING_BAR = 15, 60
ROUNDS = 3
RATE = 10


@pytest.fixture
def saved(vm_lab):
    """Save the machines with the service's image on both, and nothing else; give the lab's name."""
    desk = lay(find("17"), vm_lab, "offline")
    HOLDER.put(desk)
    clear(desk, keep_leaves=False)
    for machine in desk.nodes.values():
        machine.images.pull(desk.catalogue.resolve("web"))
    vm_lab.checkpoint("images")
    yield vm_lab.name
    vm_lab.reset()


def resumed(name):
    """Return a desk on machines that have just been resumed as they were saved."""
    with closing(VmLab.up(name=name)) as lab:
        lab.reset("images")
        lab.down()
    desk = lay(find("17"), VmLab.up(name=name), "offline")
    HOLDER.put(desk)
    return desk


def seconds(action, *arguments):
    begin = time.monotonic()
    action(*arguments)
    return time.monotonic() - begin


def lost_in_an_update(desk):
    """Replace all five tasks under load; return the requests sent, those lost, and the seconds."""
    web = desk.vm1.services.get(swarms.WEB)
    with load(web.url("VM1"), rate=RATE) as asking:
        took = seconds(lambda: web.update(force=True, update_order="start-first"))
    traffic = asking.data()
    return len(traffic), int((traffic["error"] != "").sum()), took


def test_formed_running_and_updated(report, saved):
    formed, running, updates = [], [], []
    for _ in range(ROUNDS):
        desk = resumed(saved)
        with closing(desk.lab), desk.vm1.terminal.quietly():
            formed.append(seconds(swarms.form, desk))
            running.append(seconds(swarms.serve, desk))
            if len(running) == ROUNDS:
                updates.append(lost_in_an_update(desk))
    report.line("swarm", "formed, both nodes ready", statistics.median(formed), bar=f"≤ {FORMED_BAR} s")
    report.line("", "5 of 5 tasks run", statistics.median(running), bar=f"≤ {RUNNING_BAR} s")
    (sent, lost, took) = updates[0]
    report.line(
        "", "all 5 replaced under load", took, figure=f"{lost} of {sent} requests lost", bar="none lost"
    )
    assert statistics.median(formed) <= FORMED_BAR
    assert statistics.median(running) <= RUNNING_BAR
    assert lost == 0 and sent > took * RATE / 2
