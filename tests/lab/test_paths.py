"""Whose lab is whose, and where it is kept."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from sosclib.lab import paths
from sosclib.lab.errors import LabError
from sosclib.lab.paths import cache_dir, lab_name, own_mark, state_dir


@pytest.fixture
def somebody(monkeypatch, tmp_path):
    """Give a way to be somebody: a person has a state folder of their own."""
    monkeypatch.delenv("SOSC_LAB_NAME")
    return lambda who: monkeypatch.setenv("SOSC_STATE", str(tmp_path / who))


def test_two_people_with_the_same_checkout_have_two_labs(somebody):
    somebody("one")
    first = lab_name()
    somebody("other")
    assert lab_name() != first
    somebody("one")
    assert lab_name() == first


def test_programs_that_ask_at_once_are_told_the_same(somebody, tmp_path):
    somebody("one")
    with ThreadPoolExecutor(8) as threads:
        marks = list(threads.map(lambda _: own_mark(), range(8)))
    assert set(marks) == {own_mark()} and len(own_mark()) == 8
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["mark"]


def test_a_lab_is_called_as_one_wishes(monkeypatch):
    monkeypatch.setenv("SOSC_LAB_NAME", "mine")
    assert lab_name() == "mine"
    monkeypatch.setenv("SOSC_LAB_NAME", "not/mine")
    with pytest.raises(LabError, match="cannot be called 'not/mine'"):
        lab_name()


@pytest.mark.parametrize(("variable", "folder"), [("SOSC_CACHE", cache_dir), ("SOSC_STATE", state_dir)])
def test_a_relative_folder_is_the_same_one_wherever_a_program_works(monkeypatch, tmp_path, variable, folder):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setenv(variable, "kept/here")
    (tmp_path / "notebooks").mkdir()
    for works_in in (tmp_path, tmp_path / "notebooks"):
        monkeypatch.chdir(works_in)
        assert folder() == tmp_path / "kept" / "here" and folder().is_dir()
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    assert folder() == tmp_path / "elsewhere"
