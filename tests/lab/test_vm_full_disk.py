"""This computer's disk is full, and QEMU pauses a machine: its memory is kept until there is room."""

import os

import pytest
from typer.testing import CliRunner

from sosclib.cli import app
from sosclib.lab.errors import LabError
from sosclib.lab.vm import VmLab, power
from sosclib.lab.vm import lab as lab_module
from sosclib.lab.vm.folders import folders
from sosclib.lab.vm.machine import Process
from sosclib.lab.vm.monitor import FULL, RUNNING, Monitor, MonitorSilent
from sosclib.lab.vm.power import Power


class Qemu:
    """Both machines' monitors: VM2 stands still until there is room."""

    def __init__(self):
        self.room = False
        self.states = {"vm1.qmp": RUNNING, "vm2.qmp": FULL}
        self.done = []

    def execute(self, monitor, command, **_):
        name = monitor.socket.name
        self.done.append((name, command))
        if command == "cont" and self.room:
            self.states[name] = RUNNING
        return {"status": self.states[name]}


@pytest.fixture
def qemu(monkeypatch):
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-full-{os.getpid()}")
    where, found = folders(), Qemu()
    for name in found.states:
        (where.runtime / name).touch()
    (where.runtime / "ready").touch()
    monkeypatch.setattr(Process, "pid", lambda _: 2**22 + 1)
    monkeypatch.setattr(Monitor, "execute", lambda *words, **more: found.execute(*words, **more))
    monkeypatch.setattr(Power, "off", lambda _: pytest.fail("memory is lost"))
    monkeypatch.setattr(Power, "correct_clocks", lambda _: None)
    monkeypatch.setattr(power, "FULL_AGAIN", 0.0)
    monkeypatch.setattr(lab_module, "reconnected", lambda _: True)
    monkeypatch.setattr(lab_module, "engine_answers", lambda _: True)
    monkeypatch.setattr(lab_module, "make_quick", lambda _: None)
    yield found
    for path in where.runtime.iterdir():
        path.unlink()
    where.runtime.rmdir()


def test_while_there_is_no_room_nothing_ends_the_machines(qemu):
    for words in (["up"], ["status"], ["down"]):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 1, done.output
        assert f"the disk that holds {folders().state} is full, or was." in done.output
        assert "make room where there is none yet, then sosc up" in done.output
    with pytest.raises(LabError, match="is full, or was"):
        VmLab(folders()).down()


def test_up_lets_them_go_on_as_soon_as_there_is_room(qemu):
    qemu.room = True
    VmLab.up().close()
    assert [one for one in qemu.done if one[1] == "cont"] == [("vm2.qmp", "cont")]
    assert VmLab.remains() is None and VmLab.find() is not None


def test_a_machine_that_is_not_there_has_no_state(qemu, tmp_path, monkeypatch):
    def silent(*_):
        raise MonitorSilent("A virtual machine does not answer.")

    assert Monitor(folders().monitor("vm2")).state() == FULL
    monkeypatch.setattr(Monitor, "execute", silent)
    assert Monitor(folders().monitor("vm2")).state() == Monitor(tmp_path / "none").state() == ""
