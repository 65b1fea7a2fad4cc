"""A machine in a lab of the test's own, a stack of its own on it, and a stranger's beside that."""

import uuid

import pytest

from sosclib.engine.cleaning import clean
from sosclib.engine.compose_labels import PROJECT_LABEL
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.host import HostLab
from tests.engine.compose.stacks import FILE, PORT


@pytest.fixture
def vm1(engine, request, monkeypatch, tmp_path):
    """Give a machine whose folders its engine sees too; afterwards the engine holds what it held before."""
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    lab = HostLab() if engine == "host" else request.getfixturevalue("vm_lab")
    node = lab.nodes["vm1"]
    ownership = Ownership(lab.name, "12-test", False, lab.ledger, node.docker.info()["ID"])
    machine = Machine(node, ownership, Terminal())
    before = objects(node.docker)
    yield machine
    clean(machine, section=None)
    node.sh("rm -rf shop")
    left = objects(node.docker) - before
    assert not left
    assert not ownership.entered("stack")
    if engine == "host":
        lab.close()


@pytest.fixture
def write(vm1, image):
    """Give a function that writes the stack's folder, and returns its project."""

    def write_file(text=FILE, port=PORT, files=(("word", "sesame\n"),)):
        vm1.node.sh("mkdir -p shop").check()
        content = (("compose.yaml", text.format(image=image, port=port)), *files)
        for name, words in content:
            vm1.node.sh(f"cat > shop/{name}", stdin=words).check()
        return vm1.compose.project("shop")

    return write_file


@pytest.fixture
def stranger(vm1, image):
    """Give the name of a stranger's stack, which is still there with all that it has at the end."""
    name = f"decoy-{uuid.uuid4().hex[:8]}"
    vm1.node.sh("mkdir -p theirs").check()
    vm1.node.sh("cat > theirs/compose.yaml", stdin=FILE.format(image=image, port=PORT + 1)).check()
    vm1.node.sh("echo x > theirs/word")
    vm1.node.provide_compose()
    vm1.node.sh(f"cd theirs && docker compose -p {name} up -d").check()
    before = {thing for thing in objects(vm1.docker) if name in thing.name}
    yield name
    try:
        assert before <= objects(vm1.docker)
        assert len(before) == 5
        running = vm1.docker.api.containers(filters={"label": f"{PROJECT_LABEL}={name}"})
        assert len(running) == 2
    finally:
        vm1.node.sh(f"cd theirs && docker compose -p {name} down -v; cd .. && rm -rf theirs")
