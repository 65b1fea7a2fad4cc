"""A machine on the engine that answers, and images whose containers work until they are stopped."""

import io
import uuid
from contextlib import contextmanager

from sosclib.engine.cleaning import clean
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.terminal import Terminal
from sosclib.lab.host import HostLab

LISTENS = "trap 'echo saved; exit 0' TERM; echo on; while :; do sleep 0.2; done"
DEAF = "echo on; while :; do sleep 0.2; done"


@contextmanager
def machine(monkeypatch, tmp_path, section="13-test"):
    """Give a machine in a lab of the test's own; what was made by it is gone afterwards."""
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    lab = HostLab()
    node = lab.nodes["vm1"]
    ownership = Ownership(lab.name, section, False, lab.ledger, node.docker.info()["ID"])
    vm1 = Machine(node, ownership, Terminal())
    yield vm1
    clean(vm1, section=None)
    lab.close()


def with_command(client, image, command):
    """Return the name of an image upon another, with a command in exec form."""
    words = ", ".join(f'"{word}"' for word in command)
    tag = f"sosc-test-{uuid.uuid4().hex[:8]}:1"
    client.images.build(fileobj=io.BytesIO(f"FROM {image}\nCMD [{words}]\n".encode()), tag=tag, rm=True)
    return tag
