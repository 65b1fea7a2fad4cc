"""What goes wrong with the two virtual machines, made to happen: the next `up` recovers, and says how."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest

from sosclib.lab.errors import LabError
from sosclib.lab.vm import VmLab
from sosclib.lab.vm.folders import folders
from sosclib.lab.vm.machine import SPECS, VM1, VM2, Process
from sosclib.lab.vm.record import LAST, PRISTINE, read, write

from .conftest import lab_called, started_up, told_until

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]
KILLED_DOWN = """
import os, signal
from sosclib.lab.vm import VmLab, monitor

whole = monitor._job

async def job(client, command, **arguments):
    if command != "snapshot-save":
        return await whole(client, command, **arguments)
    await client.execute(command, {"job-id": "half-saved", **arguments})
    os.kill(os.getpid(), signal.SIGKILL)

monitor._job = job
VmLab.find().down()
"""
UNPLUGGED = "The machines were not shut down by `sosc down`: booting from their disks, files are kept"


def test_a_first_boot_that_was_killed_is_made_anew(first_ups):
    anew = "The first boot was interrupted: the machines are made anew"
    while_booting, while_saving, whole = first_ups
    assert anew not in while_booting
    assert anew in while_saving
    assert anew in whole
    assert whole[-1] == "Saving the checkpoint pristine"


def test_a_killed_sosc_leaves_a_lab_that_the_next_finds(lab):
    for node in lab.nodes.values():
        node.carrier.close()
        assert not node.carrier.is_open()
    found = VmLab.find()
    assert [node.docker.ping() for node in found.nodes.values()] == [True, True]
    found.close()


def test_a_killed_down_loses_nothing_and_its_half_saved_state_is_not_resumed(lab):
    for node in lab.nodes.values():
        node.sh("echo kept > file").check()
    down = subprocess.run([sys.executable, "-c", KILLED_DOWN], check=False)
    assert down.returncode == -signal.SIGKILL
    assert not read(lab.where).resume
    assert VmLab.find() is None, "machines that stand still are not up"
    told: list[str] = []
    again = VmLab.up(told.append)
    assert told[0] == UNPLUGGED
    assert [node.sh("cat file").output for node in again.nodes.values()] == ["kept\n", "kept\n"]
    again.reset()
    again.close()


def test_a_killed_machine_whose_sockets_are_gone_too(lab):
    lab.nodes["vm2"].sh("echo kept > file; sync").check()
    one, two = (Process(spec, lab.where).pid() for spec in SPECS)
    os.kill(one, signal.SIGKILL)
    while Process(VM1, lab.where).pid():
        time.sleep(0.05)
    assert VmLab.find().off() == ["VM1"]
    with pytest.raises(LabError, match="is lost") as lost:
        lab.nodes["vm1"].sh("true")
    assert lost.value.help == "sosc up"
    shutil.rmtree(lab.where.runtime, ignore_errors=True)  # Its sockets vanish by themselves meanwhile.
    assert not lab.where.monitor("vm2").exists()
    told: list[str] = []
    again = VmLab.up(told.append)
    assert told[0] == UNPLUGGED
    assert two != Process(VM2, again.where).pid()
    assert again.nodes["vm2"].sh("cat file").output == "kept\n"
    assert again.checkpoints() == ["pristine"]
    again.reset()
    assert again.nodes["vm2"].sh("ls").output == ""
    again.close()


def test_a_saved_state_that_is_gone_is_told(lab):
    """The record names a state that the disks do not have, as after a disk was put back from somewhere."""
    lab.nodes["vm1"].sh("echo kept > file").check()
    lab.down()
    alter_checkpoints(lab.where, only=LAST, tag="lost")
    told: list[str] = []
    again = VmLab.up(told.append)
    assert told[:1] == ["Resuming VM1 and VM2"]
    assert told[1].startswith("The saved state cannot be resumed: booting afresh, files are kept.")
    assert "lost" in told[1]
    assert again.nodes["vm1"].sh("cat file").output == "kept\n"
    again.close()


def test_a_checkpoint_that_is_gone_from_the_disks_is_told(state, lab):
    lab.down()
    with copy_of(lab, "gone", state) as where:
        alter_checkpoints(where, only=PRISTINE, tag="lost")
        with pytest.raises(LabError, match="pristine is not on the machines' disks") as gone:
            VmLab(where).reset()
        assert "sosc destroy" in gone.value.help


def test_a_state_that_does_not_fit_is_told_and_files_are_kept(state, lab):
    lab.nodes["vm1"].sh("echo kept > file").check()
    lab.down()
    with copy_of(lab, "other", state) as where:
        alter_checkpoints(where, qemu="an older one")
        told: list[str] = []
        other = VmLab.up(told.append, memory_mib=768)
        assert told[0].startswith("The saved state does not fit (qemu was an older one, is ")
        assert "memory mib was 1024, is 768): booting afresh, files are kept" in told[0]
        assert other.nodes["vm1"].sh("cat file").output == "kept\n"
        assert other.status().detail["memory"] == "768 MiB each"
        other.close()


def test_another_cache_folder_makes_no_lab_anew(lab, tmp_path, monkeypatch):
    lab.down()
    cache = read(lab.where).base
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("SOSC_CACHE", str(tmp_path))
        with pytest.raises(LabError, match="another cache folder") as refused:
            VmLab.up()
        assert f"export SOSC_CACHE={cache.rsplit('/', 2)[0]}" in refused.value.help
    told: list[str] = []
    VmLab.up(told.append).close()
    assert told == ["Resuming VM1 and VM2"]


def test_stale_sockets_and_a_number_that_another_process_has_now(state):
    with lab_called("stale", state):
        where = folders()
        stranger = subprocess.Popen(["sleep", "60"])
        try:
            for spec in SPECS:
                (where.runtime / f"{spec.name}.pid").write_text(f"{stranger.pid}\n")
                where.monitor(spec.name).touch()
                where.engine(spec.name).touch()
            (where.runtime / "ready").touch()
            assert VmLab.find() is None
            VmLab.destroy()
            assert stranger.poll() is None, "a stranger's process was ended"
        finally:
            stranger.kill()
            stranger.wait()
        assert not where.runtime.exists()


def test_another_image_is_told_and_the_machines_are_made_anew(state, lab):
    lab.down()
    with copy_of(lab, "rebuilt", state) as where:
        write(where, replace(read(where), image="built last year"))
        up = started_up()
        told = told_until(up, "Booting")
        up.kill()
        up.communicate()
        assert told[0] == "The machines' image is another one now: the machines are made anew"
        assert read(where).checkpoints == {}


@contextmanager
def copy_of(lab, name, state):
    """Give a lab of its own with the same disks; `lab` must be down."""
    shutil.copytree(lab.where.state.parent, state / "labs" / name)
    with lab_called(name, state):
        try:
            yield folders()
        finally:
            VmLab.destroy()


def alter_checkpoints(where, only=None, **facts):
    record = read(where)
    altered = {
        name: {**known, **facts} if only in (None, name) else known
        for name, known in record.checkpoints.items()
    }
    write(where, replace(record, checkpoints=altered))
