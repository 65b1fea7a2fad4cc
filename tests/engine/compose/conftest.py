"""A machine in a lab of the test's own, a stack of its own on it, and a stranger's beside that."""

import uuid

import pytest

from sosclib.engine.compose_labels import PROJECT_LABEL
from sosclib.engine.snapshot import objects
from tests.engine.compose.stacks import FILE, PORT


@pytest.fixture
def vm1(vm1_with_folders):
    return vm1_with_folders


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
