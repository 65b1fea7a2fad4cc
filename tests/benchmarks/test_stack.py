"""From the command to a page of WordPress that answers: the images are there, nothing else is.

On the engine that answers here, and on a virtual machine of the lab.
"""

import statistics
import time
import uuid

import pytest

from sosclib.course.begin import clear, lay
from sosclib.course.desk import HOLDER
from sosclib.course.needs import bring_about
from sosclib.course.sections import find
from sosclib.course.stacks import write_stack
from sosclib.lab.host import HostLab

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
HOST_BAR, VM_BAR = 60, 240
PORT = 18482
ROUNDS = 3
PASSWORD = (
    "mkdir -p wordpress/secrets && head -c 18 /dev/urandom | base64 > wordpress/secrets/database_password"
)
ANSWERS = (
    f"until curl -sfL -o /dev/null http://localhost:{PORT}/wp-admin/install.php; do sleep 0.2; done;"
    f" curl -sL http://localhost:{PORT}/ | grep -c Installation"
)


def came_up(desk):
    """Return the seconds until everything was healthy, and until the set-up page answered."""
    with desk.vm1.terminal.quietly():
        stack = write_stack("wordpress", web_port=PORT)
        desk.vm1.node.sh(PASSWORD).check()
        begin = time.monotonic()
        rise = stack.up(wait=True)
        assert int(desk.vm1.node.sh(ANSWERS, timeout=600).check().stdout) > 0
        answered = time.monotonic() - begin
        stack.down(volumes=True)
    return rise.seconds, answered


def measure(lab, report, place, bar, rounds):
    took = []
    desk = lay(find("12"), lab, "offline")
    HOLDER.put(desk)
    clear(desk, keep_leaves=False)
    try:
        bring_about(desk)
        for number in range(rounds):
            healthy, answered = came_up(desk)
            title = "stack" if number == 0 else ""
            what, figure = f"{place}: up, WordPress answers", f"healthy {healthy:.1f} s"
            report.line(title, what, answered, figure=figure, bar=f"≤ {bar} s")
            took.append(answered)
    finally:
        clear(desk, keep_leaves=False)
    assert statistics.median(took) <= bar


def test_the_stack_on_the_engine_that_answers(report, client, monkeypatch, tmp_path):
    monkeypatch.setenv("SOSC_STATE", str(tmp_path))
    monkeypatch.setenv("SOSC_LAB_NAME", f"bench-{uuid.uuid4().hex[:8]}")
    measure(HostLab(), report, "host", HOST_BAR, ROUNDS)


@pytest.mark.vm
def test_the_stack_on_a_machine_of_the_lab(report, vm_lab):
    accelerator = vm_lab.status().accelerator
    measure(vm_lab, report, f"vm ({accelerator})", VM_BAR, 1)
