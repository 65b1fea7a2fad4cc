"""Images on their way between the two machines, and an engine whose disk is full."""

import io
import os
import tarfile

import pytest

from sosclib.course.preparing import prepare
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import EngineFull, ImageError
from sosclib.lab.lab import quiet
from sosclib.lab.registry import registry_of

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1800)]
LARGE = 200_000_000
IMAGE, FILE = "sosc-test-large:1", "large.tar"


@pytest.fixture(scope="module")
def machines(vm_lab):
    """Give both machines; afterwards they are as new."""
    made = []
    for node in vm_lab.nodes.values():
        prepare(node, 11, quiet)
        engine = node.docker.info()["ID"]
        made.append(Machine(node, Ownership(vm_lab.name, "11-test", True, vm_lab.ledger, engine), Terminal()))
    yield made
    vm_lab.reset()


def random_image(machine, size):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("random")
        member.size = size
        tar.addfile(member, io.BytesIO(os.urandom(size)))
    repository, tag = IMAGE.split(":")
    machine.docker.api.import_image_from_data(buffer.getvalue(), repository=repository, tag=tag)


def test_200_mb_go_there_and_back_without_losing_a_byte(machines, tell):
    vm1, vm2 = machines
    tell("200 MB: made on VM1, saved, copied to VM2, cut off once, loaded, and back again")
    random_image(vm1, LARGE)
    made = vm1.images.inspect(IMAGE)
    vm1.images.save(IMAGE, FILE)
    before = objects(vm2.docker)

    vm1.node.sh(f"head -c {LARGE // 2} {FILE} | ssh VM2 'cat > {FILE}'").check()
    with pytest.raises(ImageError, match="no whole archive"):
        vm2.images.load(FILE)
    assert objects(vm2.docker) == before

    vm1.node.sh(f"scp -q {FILE} VM2:").check()
    assert checksum(vm2) == checksum(vm1)
    vm2.images.load(FILE)
    there = vm2.images.inspect(IMAGE)
    assert there["Id"] == made["Id"] and there["RootFS"] == made["RootFS"]

    vm1.images.remove(IMAGE)
    vm1.node.sh(f"rm {FILE}").check()
    vm2.images.save(IMAGE, FILE)
    vm1.node.sh(f"scp -q VM2:{FILE} .").check()
    vm1.images.load(FILE)
    back = vm1.images.inspect(IMAGE)
    assert back["Id"] == made["Id"] and back["RootFS"] == made["RootFS"]


def checksum(machine):
    return machine.node.sh(f"sha256sum {FILE}").check().stdout


def test_an_engine_whose_disk_is_full_says_so_and_stays_as_it_was(machines, vm_lab, tell):
    vm1, _ = machines
    base = registry_of(vm_lab).stock("base", tell)
    before = objects(vm1.docker)
    free = int(vm1.node.sh("df --output=avail -B1 /var/lib/docker | tail -n 1").stdout)
    vm1.node.sh(f"sudo fallocate -l {free - 30_000_000} /filler").check()
    try:
        with pytest.raises(EngineFull, match="disk is full"):
            vm1.images.pull(base)
        assert objects(vm1.docker) == before
    finally:
        vm1.node.sh("sudo rm -f /filler").check()
    vm1.images.pull(base)
