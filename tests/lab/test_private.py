"""The folder of a lab's sockets: the same for every program of its owner, and nobody else's."""

import shutil
import tempfile

import pytest

from sosclib.lab.private import runtime_dir


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def login(monkeypatch):
    """Give a way to be in a login of one's own, with a runtime folder that has a short path."""
    made = []

    def enter():
        made.append(tempfile.mkdtemp(prefix="sosc-t-", dir="/tmp"))
        monkeypatch.setenv("XDG_RUNTIME_DIR", made[-1])

    yield enter
    for folder in made:
        shutil.rmtree(folder)


def test_the_sockets_stay_where_they_are_whatever_the_environment_says_later(state, login, monkeypatch):
    login()
    first = runtime_dir(state)
    login()
    assert runtime_dir(state) == first
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert runtime_dir(state) == first
    first.chmod(0o755)
    other = runtime_dir(state)
    other.rmdir()
    assert other != first, "others may look into it"


def test_sockets_whose_folder_has_gone_get_another_one(state, login):
    login()
    first = runtime_dir(state)
    first.rmdir()
    login()
    second = runtime_dir(state)
    assert second != first
    assert runtime_dir(state) == second


def test_a_copy_of_a_lab_has_sockets_of_its_own(state, login):
    login()
    first = runtime_dir(state)
    copy = shutil.copytree(state, state.with_name("copy"))
    assert runtime_dir(copy) != first
    assert runtime_dir(state) == first
