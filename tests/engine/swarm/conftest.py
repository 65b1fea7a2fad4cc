"""Two machines, with a swarm on them or without; afterwards nothing of it is left."""

import time

import pytest

from sosclib.course.preparing import prepare
from sosclib.engine.cleaning import clean
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import EngineUnreachable
from sosclib.lab.lab import quiet
from sosclib.lab.registry import registry_of

SECTION = "17-test"


def machine(lab, name):
    node = lab.nodes[name]
    engine = str(node.docker.info()["ID"])
    return Machine(node, Ownership(lab.name, SECTION, True, lab.ledger, engine), Terminal())


@pytest.fixture(scope="module")
def small(two_machines):
    """Give the name of a small image, and see that both machines have it."""
    if two_machines.provider == "vm":
        for node in two_machines.nodes.values():
            prepare(node, 17, quiet)
    reference = registry_of(two_machines).stock("small")
    for node in two_machines.nodes.values():
        node.docker.images.pull(reference)
    yield reference
    for node in two_machines.nodes.values():
        node.docker.images.remove(reference, force=True)


@pytest.fixture
def two(two_machines):
    """Give both machines; afterwards neither is in a swarm, and nothing of one is left."""
    machines = (machine(two_machines, "vm1"), machine(two_machines, "vm2"))
    before = [objects(one.docker) for one in machines]
    yield machines
    for one in machines:
        give_back(one)
    assert [objects(one.docker) for one in machines] == before


def give_back(one):
    """Clear up on a machine, a second time where its engine crashed meanwhile and was started anew.

    Debian's 26.1 was seen to crash once while a service was removed whose tasks failed again and again.
    """
    try:
        clean(one, section=SECTION, keep=tags(one))
    except EngineUnreachable:
        end = time.monotonic() + 60
        while one.node.sh("docker version").exit_code:
            assert time.monotonic() < end, "the engine does not come back"
            time.sleep(0.5)
        clean(one, section=SECTION, keep=tags(one))


def tags(one):
    return [tag for image in one.docker.images.list() for tag in image.tags]


@pytest.fixture
def swarm(two):
    vm1, vm2 = two
    vm2.swarm.join(vm1.swarm.init(advertise_addr=vm1.node.private_address))
    return two
