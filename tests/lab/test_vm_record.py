"""What is known of the machines while they are down: none, whole or spoilt."""

import os

import pytest

from sosclib.lab.aside import write_aside
from sosclib.lab.errors import LabError
from sosclib.lab.vm import VmLab, starting
from sosclib.lab.vm.folders import Folders, folders
from sosclib.lab.vm.record import Record, read, write


@pytest.fixture
def where(tmp_path):
    return Folders("test", tmp_path, tmp_path)


def test_a_record_is_read_as_it_was_written_and_none_is_an_empty_one(where):
    assert read(where) == Record()
    record = Record("an image", "/its/base")
    assert write(where, record) == read(where) == record


@pytest.mark.parametrize("spoilt", ["", "{", "[]", '{"unknown": 1}', "\0\0\0"])
def test_a_spoilt_record_is_told_and_never_taken_for_none(where, spoilt):
    file = where.state / "record.json"
    file.write_text(spoilt)
    with pytest.raises(LabError, match="cannot be read") as told:
        read(where)
    assert str(file) in told.value.why and "sosc destroy" in told.value.help


def test_a_lab_with_a_spoilt_record_is_removed_all_the_same(monkeypatch):
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-record-{os.getpid()}")
    monkeypatch.setattr(starting, "machine_image", lambda _: pytest.fail("the machines are made anew"))
    where = folders()
    (where.state / "record.json").touch()
    assert VmLab.find() is None and VmLab.remains() is None, "`sosc status` looks no further"
    with pytest.raises(LabError, match="cannot be read"):
        VmLab.up()
    VmLab.destroy()
    assert read(where) == Record() and not where.runtime.exists()


def test_a_file_is_on_the_disk_before_it_takes_the_name_of_the_old_one(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: done.append(target.exists()))
    done, target = [], tmp_path / "it"
    write_aside(target, "x")
    assert done == [False] and target.read_text() == "x"
