"""Only a part of the lab is right: what runs keeps what it has in memory, and the rest is brought back."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sosclib.lab.errors import LabError
from sosclib.lab.vm import VmLab
from sosclib.lab.vm.machine import SPECS, VM2, Process

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]
SOSC = Path(sys.executable).with_name("sosc")
KEEP = "echo kept > /dev/shm/in-memory"
KEPT = "cat /dev/shm/in-memory"
SPEAKS = "nohup bash -c 'while echo > /dev/udp/172.16.0.12/9; do sleep 0.05; done' > /dev/null 2>&1 &"
"""To the other machine all the time, as members of a swarm do."""


def processes(lab):
    return [Process(spec, lab.where).pid() for spec in SPECS]


def without_power(lab, spec):
    os.kill(Process(spec, lab.where).pid(), signal.SIGKILL)
    while Process(spec, lab.where).pid():
        time.sleep(0.05)


def sosc(*words):
    return subprocess.run([SOSC, *words], capture_output=True, text=True, check=False)


def test_an_engine_that_is_silent_is_started_and_both_machines_run_on(lab):
    vm1 = lab.nodes["vm1"]
    vm1.sh(KEEP).check()
    vm1.sh("sudo systemctl stop docker.socket docker").check()
    before = processes(lab)
    told = []
    again = VmLab.up(told.append)
    assert told == ["The engine of VM1 does not answer: starting it"]
    assert processes(again) == before
    assert again.nodes["vm1"].sh(KEPT).output == "kept\n"
    assert again.nodes["vm1"].docker.ping()
    again.close()


def test_an_engine_that_is_not_there_is_told_and_both_machines_run_on(lab):
    """As in section 03, between the removal of Docker and its installation."""
    vm1 = lab.nodes["vm1"]
    vm1.sh("sudo systemctl stop docker.socket docker && sudo mv /usr/sbin/dockerd /usr/sbin/gone").check()
    before = processes(lab)
    try:
        with pytest.raises(LabError, match="VM1 runs, but its Docker Engine cannot be started") as silent:
            VmLab.up()
        assert "sosc shell vm1" in silent.value.help and "sosc reset" in silent.value.help
        assert "engine silent" in sosc("status").stdout
        assert VmLab.find().shell_command("vm1")
        assert processes(lab) == before
    finally:
        vm1.sh("sudo mv /usr/sbin/gone /usr/sbin/dockerd; sudo systemctl reset-failed docker").check()
    VmLab.up().close()
    assert processes(lab) == before


def test_a_machine_that_is_off_is_started_and_the_other_one_runs_on(lab):
    lab.nodes["vm1"].sh(KEEP).check()
    lab.nodes["vm1"].sh(SPEAKS).check()
    lab.nodes["vm2"].sh("echo kept > file; sync").check()
    first, second = processes(lab)
    without_power(lab, VM2)
    assert "172.16.0.12, off" in sosc("status").stdout
    refused = sosc("shell", "vm2")
    assert refused.returncode == 1 and "VM2 is off." in refused.stderr
    refused = sosc("checkpoint", "half")
    assert refused.returncode == 1 and "VM2 is off: a checkpoint holds both machines." in refused.stderr
    told = []
    again = VmLab.up(told.append)
    assert told[0] == "VM2 is off: it boots from its disk, the other one runs on"
    assert processes(again)[0] == first and processes(again)[1] not in (None, second)
    assert again.nodes["vm1"].sh(KEPT).output == "kept\n"
    assert again.nodes["vm2"].sh("cat file").output == "kept\n"
    lab.nodes["vm1"].sh("pkill -f 'dev/ud[p]'")
    again.close()


def test_half_a_lab_goes_down_and_its_files_stay(lab):
    lab.nodes["vm1"].sh("echo kept > file").check()
    without_power(lab, VM2)
    done = sosc("down")
    assert done.returncode == 0 and "VM2 is off: nothing to go on from" in done.stdout + done.stderr
    assert processes(lab) == [None, None]
    again = VmLab.up()
    assert again.nodes["vm1"].sh("cat file").output == "kept\n"
    again.close()
