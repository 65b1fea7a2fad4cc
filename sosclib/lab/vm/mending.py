"""A lab of which only a part is right, made whole without taking from people what is in its memory."""

from __future__ import annotations

from sosclib.lab.errors import LabError, SoscError
from sosclib.lab.ssh.engine import engine_answers
from sosclib.lab.vm.faults import VmFaults
from sosclib.lab.vm.machine import VM1
from sosclib.lab.vm.node import VmNode
from sosclib.lab.vm.power import Power


def mended(power: Power) -> bool:
    """Tell whether machines that were started became a lab again and run on; else both must be booted.

    Raises
    ------
    LabError
        Where a machine runs whose engine cannot be started: somebody has work on it.
    """
    missing = [node.name for node in power.missing()]
    if VM1.name in missing:
        return False  # the cable ends in VM1: it cannot start while VM2 runs
    if not missing and not power.running():
        return False  # paused, half-way through a save that somebody killed
    faults = VmFaults(power)
    faults.restore_link()
    if not reconnected(power):
        power.progress("A machine lets nobody in: both boot from their disks, files are kept")
        return False
    for name in missing:
        power.progress(f"{name.upper()} is off: it boots from its disk, the other one runs on")
        faults.power_on(name)
    for node in power.nodes:
        if not engine_answers(node):
            _start_engine(node, power, faults)
    return True


def make_quick(power: Power) -> None:
    """Let packets travel as before between machines whose cable somebody made slow, and was killed.

    Where that cannot be done the lab is up all the same, and the reason is told.
    """
    try:
        VmFaults(power).quick_link()
    except SoscError as error:
        power.progress(f"The cable between the machines may be a slow one: {error}")


def reconnected(power: Power) -> bool:
    """Bring the sockets of the machines that run here again; tell whether all of these let us in."""
    missing = power.missing()
    try:
        for node in power.nodes:
            if node not in missing and not node.carrier.is_open():
                node.carrier.open(forward=node.socket)
    except LabError:
        return False
    return True


def _start_engine(node: VmNode, power: Power, faults: VmFaults) -> None:
    power.progress(f"The engine of {node.title} does not answer: starting it")
    try:
        node.carrier.close()
        node.carrier.open(forward=node.socket)
        faults.start_engine(node.name)
    except LabError as error:
        raise LabError(
            f"{node.title} runs, but its Docker Engine cannot be started.",
            error.why or str(error),
            f"sosc shell {node.name}   to see what is wrong, or sosc reset   for machines as on the first"
            " day: what was done on them is gone then",
        ) from error
