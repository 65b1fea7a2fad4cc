"""One lab of two virtual machines for all tests here; each finds both running."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from sosclib.lab.vm import VmLab
from sosclib.lab.vm.folders import folders
from sosclib.lab.vm.machine import VM2, Process

from .ordinary_user import User

NAME = f"test-{os.getpid()}"
UP = "from sosclib.lab.vm import VmLab; VmLab.up(lambda phase: print(phase, flush=True))"


@contextmanager
def lab_called(name, state):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOSC_LAB_NAME", name)
        patch.setenv("SOSC_STATE", str(state))
        yield


def started_up():
    """Run `up` in a process of its own; its phases come out line by line."""
    return subprocess.Popen([sys.executable, "-c", UP], stdout=subprocess.PIPE, text=True)


def told_until(process, beginning):
    """Read phases up to one; fail where it does not come."""
    told = []
    for line in process.stdout:
        told.append(line.strip())
        if line.startswith(beginning):
            return told
    pytest.fail(f"{beginning!r} was never said, but {told}")


@pytest.fixture(scope="session")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def first_ups(state):
    """The phases of three `up`: killed while the machines boot, while they are saved, and not at all."""
    with lab_called(NAME, state):
        try:
            booting = started_up()
            told = [told_until(booting, "Booting")]
            while Process(VM2, folders()).pid() is None:
                time.sleep(0.1)
            booting.kill()
            booting.communicate()
            assert VmLab.find() is None, "a lab that still boots is not up"
            saving = started_up()
            told.append(told_until(saving, "Saving"))
            saving.kill()
            saving.communicate()
            assert VmLab.find() is None, "a lab whose first state is not saved is not up"
            last: list[str] = []
            VmLab.up(last.append).close()
        except BaseException:
            VmLab.destroy()
            raise
    yield [*told, last]
    with lab_called(NAME, state):
        VmLab.destroy()


@pytest.fixture
def lab(first_ups, state):
    with lab_called(NAME, state):
        lab = VmLab.up()
        yield lab
        lab.close()


@pytest.fixture
def user():
    """Give an ordinary user of this computer, who is gone in the end."""
    user = User()
    yield user
    user.remove()
