"""The virtual machines of an ordinary user, who shares a cache that only root may write to."""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sosclib.lab.vm import qemu
from sosclib.lab.vm.folders import folders
from sosclib.lab.vm.kernel import kernel
from sosclib.lab.vm.machine import SPECS
from sosclib.lab.vm.record import read, write

from .conftest import lab_called
from .ordinary_user import User

pytestmark = [
    pytest.mark.vm,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users, and others are ordinary"),
]
BUILD_KERNEL = "from sosclib.lab.vm.kernel import kernel; print(kernel().release)"
UP_DOWN_UP = """
from sosclib.lab.vm import VmLab
told = []
lab = VmLab.up(told.append)
for node in lab.nodes.values():
    node.sh("echo mine > whose").check()
lab.down()
lab = VmLab.up(told.append)
print(told)
print([node.sh("hostname; cat whose").check().output.split() for node in lab.nodes.values()])
print([node.docker.ping() for node in lab.nodes.values()])
VmLab.destroy()
"""


def test_a_build_without_root(user):
    done = user.python(BUILD_KERNEL)
    assert done.stdout.strip() == kernel().release, done.stderr
    assert not list((user.home / ".cache" / "sosc").glob(".*"))


def test_closed_user_namespaces_are_named_with_what_opens_them():
    user = User("--key", "SUB_UID_COUNT=0", "--key", "SUB_GID_COUNT=0")
    try:
        done = user.python(BUILD_KERNEL)
        assert "user namespaces are closed" in done.stderr
        cure = f"sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user.name}"
        assert cure in done.stderr
    finally:
        user.remove()


def test_up_down_and_up_without_root_on_a_cache_that_cannot_be_written(user, lab):
    lab.down()
    cache, state = user.home / "cache", user.home / "state"
    image = Path(read(lab.where).base)
    cache.mkdir()
    for folder in (image.parent, kernel().folder):
        subprocess.run(["cp", "-r", "--sparse=always", folder, cache], check=True)
    shutil.copytree(lab.where.state.parent, state / "labs" / "mine")
    with lab_called("mine", state):
        where = folders()
        base = cache / image.parent.name / image.name
        for spec in SPECS:
            rebase = ["rebase", "-u", "-b", str(base), "-F", "raw", str(where.disk(spec.name))]
            qemu.run([qemu.tool("qemu-img"), *rebase])
        write(where, replace(read(where), base=str(base)))
        where.runtime.rmdir()
    subprocess.run(["chown", "-R", f"{user.name}:", state], check=True)
    done = user.python(UP_DOWN_UP, SOSC_CACHE=str(cache), SOSC_STATE=str(state), SOSC_LAB_NAME="mine")
    assert done.stdout.splitlines() == [
        "['Resuming VM1 and VM2', 'Resuming VM1 and VM2']",
        "[['VM1', 'mine'], ['VM2', 'mine']]",
        "[True, True]",
    ], done.stderr
