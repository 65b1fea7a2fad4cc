"""What survives what, found out on the engine that answers; a stranger's things survive it all."""

import uuid

import docker
import pytest

from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.host import HostLab
from sosclib.measure.survival import (
    AGAIN,
    BIND,
    LAYER,
    NAMELESS,
    NEW,
    RM,
    RM_V,
    SYSTEM,
    TMPFS,
    VOLUME,
    VOLUMES,
    survival,
)
from tests.true_image import image_of

pytestmark = pytest.mark.engine

EXPECTED = {
    AGAIN: {LAYER, BIND, VOLUME, NAMELESS},
    NEW: {BIND, VOLUME},
    RM: {BIND, VOLUME, NAMELESS},
    RM_V: {BIND, VOLUME},
    SYSTEM: {BIND, VOLUME, NAMELESS},
    VOLUMES: {BIND},
}


@pytest.fixture(scope="module")
def shell(client):
    """Give the name of an image with a shell."""
    reference = f"sosc-test-survival-{uuid.uuid4().hex[:8]}:1"
    image_of(client, reference, ("sh", "mkdir", "touch"), command="sh")
    yield reference
    client.images.remove(reference, force=True)


@pytest.fixture
def vm1(monkeypatch, tmp_path):
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    lab = HostLab()
    node = lab.nodes["vm1"]
    ownership = Ownership(lab.name, "09-test", False, lab.ledger, node.docker.info()["ID"])
    yield Machine(node, ownership, Terminal())
    lab.close()


@pytest.fixture
def stranger(client, shell):
    """Give a stranger's container that has ended, with a nameless volume; and a volume that nobody uses."""
    container = client.containers.create(shell, "true", volumes=["/mine"])
    volume = client.volumes.create(f"decoy-{uuid.uuid4().hex[:8]}")
    yield {found for found in objects(client) if found.id in (container.id, volume.id)}
    container.remove(v=True)
    volume.remove()


def of_a_trial(client):
    label = {"label": "sosc.survival"}
    volumes = client.api.volumes(filters=label)["Volumes"] or []
    return client.api.containers(all=True, filters=label) + volumes


def test_each_kind_of_place_survives_what_docker_says_and_nothing_is_left(
    vm1, shell, client, stranger, capsys
):
    starts = client.api.events(decode=True, filters={"event": "start", "image": shell})
    frame = survival(vm1, shell)
    assert {event: set(frame.index[frame[event]]) for event in frame} == EXPECTED
    assert list(frame.index) == [LAYER, BIND, VOLUME, NAMELESS, TMPFS]
    assert stranger and stranger <= objects(client)
    assert of_a_trial(client) == []
    assert vm1.node.sh("ls").stdout == ""
    assert capsys.readouterr().out == "" and vm1.terminal.steps == ()
    assert len(_until_now(starts, client, shell)) == 5


def _until_now(events, client, image):
    """Return the events that came so far: one more start of our own tells where that is."""
    last = client.containers.create(image, "sh")
    last.start()
    last.wait()
    last.remove()
    found = []
    for event in events:
        if event["id"] == last.id:
            events.close()
            return found
        found.append(event)
    raise AssertionError("the engine's events ended")


def test_a_trial_that_breaks_off_is_cleared_too(vm1, shell, client, monkeypatch):
    def broken(*_):
        raise docker.errors.APIError("broken off")

    monkeypatch.setattr("sosclib.measure.survival.Trial.prune_system", broken)
    with pytest.raises(Exception, match="broken off"):
        survival(vm1, shell)
    assert of_a_trial(client) == []
    assert vm1.node.sh("ls").stdout == ""
