"""A swarm of two machines that have just been resumed: formed, and five tasks on it."""

import statistics
import time
from contextlib import closing

import pytest

from sosclib.course import swarms
from sosclib.course.begin import clear, lay
from sosclib.course.desk import HOLDER
from sosclib.course.sections import find
from sosclib.lab.vm import VmLab

pytestmark = [pytest.mark.benchmark, pytest.mark.vm, pytest.mark.timeout(1800)]
FORMED_BAR, RUNNING_BAR = 15, 60
ROUNDS = 3


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


def test_formed_and_running(report, saved):
    formed, running = [], []
    for _ in range(ROUNDS):
        desk = resumed(saved)
        with closing(desk.lab), desk.vm1.terminal.quietly():
            formed.append(seconds(swarms.form, desk))
            running.append(seconds(swarms.serve, desk))
    report.line("swarm", "formed, both nodes ready", statistics.median(formed), bar=f"≤ {FORMED_BAR} s")
    report.line("", "5 of 5 tasks run", statistics.median(running), bar=f"≤ {RUNNING_BAR} s")
    assert statistics.median(formed) <= FORMED_BAR
    assert statistics.median(running) <= RUNNING_BAR
