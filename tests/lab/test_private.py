"""The folder of a lab's sockets: the same for every program of its owner, and nobody else's."""

import errno
import os
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sosclib.lab.paths import lab_name
from sosclib.lab.private import NOTE, locked, runtime_dir
from sosclib.lab.ssh import SshLab
from sosclib.lab.ssh.inventory import EXAMPLE, inventory_path, read_inventory
from sosclib.lab.vm import VmLab
from sosclib.lab.vm.folders import folders


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


def test_on_a_full_disk_the_sockets_have_their_folder_all_the_same(state, login, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    login()
    monkeypatch.setattr("sosclib.lab.private.write_aside", full)
    assert runtime_dir(state).is_dir()
    assert not (state / NOTE).exists()


def test_a_note_that_still_holds_is_not_written_again(state, login):
    login()
    runtime_dir(state).rmdir()  # as a restart of the computer does
    before = (state / NOTE).stat()
    assert runtime_dir(state).is_dir()
    assert (state / NOTE).stat().st_ino == before.st_ino


def test_a_copy_of_a_lab_has_sockets_of_its_own(state, login):
    login()
    first = runtime_dir(state)
    copy = shutil.copytree(state, state.with_name("copy"))
    assert runtime_dir(copy) != first
    assert runtime_dir(state) == first


def test_who_waited_for_the_lock_finds_the_folder_of_the_sockets_again(state):
    runtime = runtime_dir(state)
    waiting = threading.Event()

    def wait():
        with locked(state, runtime, lambda _: waiting.set()):
            return runtime.is_dir() and runtime_dir(state) == runtime

    with ThreadPoolExecutor(1) as threads:
        with locked(state, runtime):
            waiter = threads.submit(wait)
            assert waiting.wait(20)
            runtime.rmdir()
        assert waiter.result()
    runtime.rmdir()


@pytest.fixture
def own(monkeypatch):
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-private-{os.getpid()}")


@pytest.mark.usefixtures("own")
def test_a_lab_that_was_removed_meanwhile_is_removed_stopped_and_found_at_the_same_place():
    lab = VmLab(folders())
    VmLab.destroy()
    lab.down()
    assert folders() == lab.where
    VmLab.destroy()
    assert not lab.where.runtime.exists()


@pytest.mark.usefixtures("own")
def test_two_may_log_out_at_once():
    inventory_path().write_text(EXAMPLE)
    one, other = (SshLab(read_inventory(), lab_name()) for _ in range(2))
    one.down()
    other.down()
    assert not one.runtime.exists()
