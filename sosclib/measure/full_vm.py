"""What it takes to bring up the lab's full virtual machines: by a boot, and from a saved state."""

from __future__ import annotations

import shutil
import time
import uuid

from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import lab_dir
from sosclib.measure.contenders import BOOT_DOCKER, BOOT_SSH, RESUME_DOCKER
from sosclib.measure.timing import WARM, Events, Sample, Timings

SSH_ANSWERS = "VM2 answers to ssh"
FIRST_UP, DOWN = "first up", "down"
EVENTS = (
    Events(RESUME_DOCKER, "QEMU about to start for both VMs, state saved", "Docker answers on both"),
    Events(BOOT_SSH, "QEMU about to start for both VMs", "SSH answers on both"),
    Events(BOOT_DOCKER, "QEMU about to start for both VMs", "Docker answers on both"),
    Events(FIRST_UP, "nothing there but what is cached", "Docker answers on both, state saved"),
    Events(DOWN, "both VMs run", "state saved, both VMs stopped"),
)


def full_machines(*, boots: int = 2, resumes: int = 5, progress: Progress = quiet) -> Timings:
    """Time a lab of its own, beside the one that may be running, and remove it afterwards.

    Parameters
    ----------
    boots, resumes : int
        How often; a boot comes before a resume while there are boots left.
    progress : callable, optional
        Is told what is being done.

    Returns
    -------
    Timings
        Of the full VM's contenders in the race, and of the first ``up`` and each ``down``. After each
        resume a file that was made before is looked for on both machines.
    """
    from sosclib.lab.vm import VmLab

    name = f"race-{uuid.uuid4().hex[:6]}"
    measured: list[Sample] = []

    def note(contender: str, seconds: float) -> None:
        turn = sum(sample.contender == contender for sample in measured) + 1
        measured.append(Sample(contender, WARM, turn, 1, seconds))

    def up(contender: str, ssh: str = "") -> VmLab:
        progress(contender)
        begin = time.perf_counter()

        def phase(words: str) -> None:
            if ssh and words == SSH_ANSWERS:
                note(ssh, time.perf_counter() - begin)

        # It ends when both engines have told their versions, as `docker version` would ask them.
        lab = VmLab.up(phase, name=name)
        note(contender, time.perf_counter() - begin)
        return lab

    try:
        lab = up(FIRST_UP)
        for node in lab.nodes.values():
            node.sh(f"touch {name}; sync").check()
        for turn in range(max(boots, resumes)):
            if turn < boots:
                lab.unplug()
                lab = up(BOOT_DOCKER, ssh=BOOT_SSH)
            if turn < resumes:
                begin = time.perf_counter()
                lab.down()
                note(DOWN, time.perf_counter() - begin)
                lab = up(RESUME_DOCKER)
                for node in lab.nodes.values():
                    node.sh(f"test -e {name}").check()
    finally:
        VmLab.destroy(name)
        shutil.rmtree(lab_dir(name))
    return Timings(EVENTS, tuple(measured), seed=0)
