"""Labs for all tests here: of two virtual machines, and of the same two as a person reaches them by ssh."""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from sosclib.course.preparing import prepare
from sosclib.lab.lab import quiet
from sosclib.lab.paths import lab_dir
from sosclib.lab.registry import remove_registry
from sosclib.lab.ssh import SshLab
from sosclib.lab.ssh.inventory import read_inventory
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


class Peers:
    """The run's two virtual machines, as somebody's real ones: known by an inventory alone."""

    def __init__(self, vm_lab, folder):
        self.vms = vm_lab.nodes
        self.folder = folder
        self.key = vm_lab.where.state / "keys" / "lab"
        self.port = re.search(r"Port (\d+)", vm_lab.where.ssh_config.read_text())[1]
        self.known = folder / "known_hosts"
        self.known.write_text("".join(self._known(vm_lab.where.state / "keys" / "known_hosts")))

    def _known(self, theirs):
        for line in theirs.read_text().splitlines():
            names, key = line.split(" ", 1)
            name, address = names.split(",")
            yield f"{f'[127.0.0.1]:{self.port}' if name == 'vm1' else address} {key}\n"

    def inventory(self, *changes):
        """Return the text of an inventory, with something in it changed."""
        text = f"""exclusive = true
[vm1]
host = "127.0.0.1"
port = {self.port}
user = "student"
private_address = "172.16.0.11"
identity_file = "{self.key}"
known_hosts = "{self.known}"
[vm2]
host = "172.16.0.12"
user = "student"
jump = "vm1"
private_address = "172.16.0.12"
identity_file = "{self.key}"
known_hosts = "{self.known}"
"""
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        return text

    @contextmanager
    def named(self, name, *changes):
        """Let a lab of this name have an inventory, and nothing of it stay."""
        file = lab_dir(name) / "inventory.toml"
        file.write_text(self.inventory(*changes))
        try:
            yield
        finally:
            SshLab(read_inventory(name), name).down()
            shutil.rmtree(lab_dir(name))


@pytest.fixture(scope="module")
def peers(vm_lab, tmp_path_factory):
    for node in vm_lab.nodes.values():
        # What whoever looks after real machines has done: their user may command the engine.
        prepare(node, 4, quiet)
    return Peers(vm_lab, tmp_path_factory.mktemp("peers"))


@pytest.fixture(scope="module")
def ssh_lab(peers):
    """Give the lab of two real machines, which are the run's virtual ones."""
    name = f"{os.environ['SOSC_LAB_NAME']}-ssh"
    with peers.named(name):
        lab = SshLab.up(name=name)
        try:
            yield lab
        finally:
            remove_registry(lab.nodes["vm1"].docker)
            lab.close()
