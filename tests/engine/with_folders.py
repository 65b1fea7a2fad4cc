"""A machine whose folders its engine sees: this computer or, where no engine answers here, a virtual one."""

import shlex
import uuid
from contextlib import contextmanager

from sosclib.course.preparing import prepare
from sosclib.engine.cleaning import clean
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.host import HostLab
from sosclib.lab.lab import quiet


@contextmanager
def machine_with_folders(engine, request, monkeypatch, tmp_path):
    """Give the machine and its lab; engine and home folder end as they were."""
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    lab = HostLab() if engine == "host" else request.getfixturevalue("vm_lab")
    node = lab.nodes["vm1"]
    if engine == "vm":
        prepare(node, 12, quiet)
    ownership = Ownership(lab.name, "04-test", False, lab.ledger, node.docker.info()["ID"])
    machine = Machine(node, ownership, Terminal())
    before, files = objects(node.docker), files_of(node)
    yield machine, lab
    clean(machine, section=None)
    if engine == "vm" and (made := files_of(node) - files):
        node.sh(f"sudo rm -rf {shlex.join(sorted(made))}").check()
    assert objects(node.docker) == before, "nothing is left, and nobody else's is gone"
    assert not ownership.entered("stack")
    if engine == "host":
        lab.close()


def files_of(node):
    """Return the names of what is in the home folder."""
    return set(node.sh("ls -A").check().stdout.splitlines())
