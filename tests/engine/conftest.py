"""A machine on the engine that answers here, in a lab of the test's own; and strangers' objects beside it."""

import os
import subprocess
import uuid
from dataclasses import dataclass

import docker
import pytest

from sosclib.engine.building_traces import record_ids, remove_records
from sosclib.engine.cleaning import clean
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.host import HostLab
from tests.engine.building import clis, has_kit
from tests.engine.with_folders import machine_with_folders
from tests.true_image import image_of

PROGRAMS = (
    "bash",
    "sh",
    "echo",
    "cat",
    "ls",
    "sleep",
    "touch",
    "tty",
    "env",
    "hostname",
    "true",
    "false",
    "seq",
)
TOOLS = ("sh", "sleep", "cat", "touch", "tar", "gzip", "mv", "rm", "ls", "df")


@pytest.fixture(scope="session")
def client(engine):
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def image(client):
    """Give the name of a stranger's image with a shell: the course does not own it."""
    reference = f"sosc-test-shell-{uuid.uuid4().hex[:8]}:1"
    image_of(client, reference, PROGRAMS, command="bash")
    yield reference
    client.images.remove(reference, force=True)


@pytest.fixture(scope="module")
def tools(client):
    """Give the name of an image that can pack and unpack."""
    reference = f"sosc-test-tools-{uuid.uuid4().hex[:8]}:1"
    image_of(client, reference, TOOLS, command="sh")
    yield reference
    client.images.remove(reference, force=True)


@pytest.fixture
def name():
    """Give a name that no other test's volume or network has."""
    return f"sosc-test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def vm1(monkeypatch, tmp_path):
    """Give a machine; afterwards the engine holds what it held before."""
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    lab = HostLab()
    node = lab.nodes["vm1"]
    engine = node.docker.info()["ID"]
    machine = Machine(node, Ownership(lab.name, "04-test", False, lab.ledger, engine), Terminal())
    before = objects(node.docker)
    yield machine
    clean(machine, section=None)
    left = objects(node.docker) - before
    lab.close()
    assert not left


@pytest.fixture
def vm1_with_folders(engine, request, monkeypatch, tmp_path):
    """Give a machine whose folders its engine sees."""
    with machine_with_folders(engine, request, monkeypatch, tmp_path) as (machine, _):
        yield machine


@dataclass(frozen=True)
class Decoys:
    """One object of every kind that belongs to somebody else."""

    running: str
    ended: str
    volume: str
    nameless_volume: str
    network: str
    image: str
    unnamed_image: str
    cache: frozenset[str]

    def all_there(self, client):
        found = {(thing.kind, thing.name) for thing in objects(client)}
        expected = {
            ("container", self.running),
            ("container", self.ended),
            ("volume", self.volume),
            ("volume", self.nameless_volume),
            ("network", self.network),
            ("image", self.image),
            ("image", self.unnamed_image),
        }
        assert expected <= found
        assert self.cache <= record_ids(client.api)
        assert client.containers.get(self.running).status == "running"
        return True


@pytest.fixture(scope="module")
def decoys(client, image, tmp_path_factory):
    """Give a stranger's objects: containers (one runs), volumes, a network, images, and a build's cache.

    Whatever takes one of them away fails its own test, and each later one of its file.
    """
    mark = uuid.uuid4().hex[:8]
    running = client.containers.run(image, "sleep 600", name=f"decoy-run-{mark}", detach=True, init=True)
    ended = client.containers.run(image, "touch /mine", name=f"decoy-end-{mark}", detach=True)
    ended.wait()
    volume = client.volumes.create(f"decoy-volume-{mark}")
    nameless = client.volumes.create()
    network = client.networks.create(f"decoy-network-{mark}")
    named = ended.commit(f"decoy-image-{mark}", "1")
    unnamed = ended.commit(message=mark)
    cache = built(client, tmp_path_factory.mktemp("decoy"), mark)
    yield Decoys(
        *(running.name, ended.name, volume.name, nameless.name, network.name),
        *(f"decoy-image-{mark}:1", unnamed.id, cache),
    )
    remove_records(client.api, cache)
    for container in (running, ended):
        container.remove(force=True)
    volume.remove()
    nameless.remove()
    network.remove()
    client.images.remove(named.id, force=True)
    client.images.remove(unnamed.id, force=True)


def built(client, folder, mark):
    """Return the records that a stranger's build left in the cache; none where there is no BuildKit."""
    cli = next(filter(has_kit, clis()), "")
    if not cli:
        return frozenset()
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY mark /\n")
    (folder / "mark").write_text(mark)
    before, name = record_ids(client.api), f"decoy-built-{mark}:1"
    command = [cli, "build", "--quiet", "--tag", name, str(folder)]
    subprocess.run(command, env=os.environ | {"DOCKER_BUILDKIT": "1"}, check=True, capture_output=True)
    client.images.remove(name)
    left = frozenset(record_ids(client.api) - before)
    assert left, "a build leaves something in the cache"
    return left
