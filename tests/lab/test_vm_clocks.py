"""The machines' clocks, which stand still while they are saved or this computer sleeps; without machines."""

import os
import subprocess
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from sosclib.lab.errors import LabError
from sosclib.lab.vm import VmLab, starting
from sosclib.lab.vm import lab as lab_module
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.power import CORRECT_CLOCK, Power
from sosclib.lab.vm.record import Record


class Switch:
    """Notes what is done to both machines."""

    def __init__(self):
        self.done = []

    def go_on_with_room(self):
        pass

    def go_on(self):
        self.done.append("on")

    def correct_clocks(self):
        self.done.append("clocks")


@pytest.mark.parametrize("fault", [None, LabError("There is no room.")])
def test_clocks_are_set_after_a_save_in_place(monkeypatch, fault):
    def pause(*_):
        if fault:
            raise fault
        return Record()

    monkeypatch.setattr(starting, "pause", pause)
    switch = Switch()
    with pytest.raises(LabError) if fault else nullcontext():
        starting.keep(switch, "mine", None, Record())
    assert switch.done == ["on", "clocks"]


def test_clocks_are_set_where_up_finds_the_machines_up(monkeypatch):
    switch = Switch()
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-clocks-{os.getpid()}")
    monkeypatch.setattr(VmLab, "_attached", lambda _: True)
    monkeypatch.setattr(VmLab, "_power", switch)
    monkeypatch.setattr(lab_module, "make_quick", lambda _: None)
    lab = VmLab.up()
    lab.where.runtime.rmdir()
    assert switch.done == ["clocks"]


@pytest.mark.parametrize(("late", "is_set"), [(-600, True), (-1, False), (0, False), (1, False), (600, True)])
def test_only_a_clock_that_is_wrong_is_set(tmp_path, monkeypatch, late, is_set):
    own = tmp_path / "date"
    own.write_text(
        f'#!/bin/sh\nif [ $# = 1 ]; then echo {1000 - late}; else echo "$@" > {tmp_path}/set; fi\n'
    )
    own.chmod(0o755)
    command = CORRECT_CLOCK.format(now=1000.0).replace("/usr/local/lib/lab", str(tmp_path))
    path = f"{tmp_path}:{os.environ['PATH']}"
    subprocess.run(["sh", "-c", command], check=True, env={**os.environ, "PATH": path})
    assert (tmp_path / "set").exists() == is_set
    assert not is_set or (tmp_path / "set").read_text() == "-u -s @1000.000\n"


def test_a_machine_that_takes_no_time_is_told_and_stops_nothing(tmp_path):
    def refuse(_):
        raise LabError("Nobody answers.")

    told = []
    node = SimpleNamespace(carry=refuse)
    Power(Folders("test", tmp_path, tmp_path), (node, node), told.append).correct_clocks()
    assert told == ["The clock of a machine may be wrong: Nobody answers."]
