"""The course's own images in an engine, and a room for containers of them."""

import tempfile
import uuid

import docker
import pytest

from sosclib.lab.offline_images import offline_image

from .rooms import Room


@pytest.fixture(scope="module")
def client(engine):
    client = docker.from_env(timeout=120)
    yield client
    client.close()


@pytest.fixture(scope="module")
def loaded(client):
    """Give a function that brings an image into the engine under a name of the test's own."""
    prefix = f"sosc-test-{uuid.uuid4().hex[:8]}"
    names = {}

    def load(role):
        if role not in names:
            image = offline_image(role)
            names[role] = f"{prefix}/{image.repository}:{image.tag}"
            with tempfile.TemporaryFile() as file:
                image.loadable(names[role], file)
                file.seek(0)
                list(client.api.load_image(file))
        return names[role]

    yield load
    for name in names.values():
        client.images.remove(name, force=True)


@pytest.fixture
def room(client, loaded):
    room = Room(client, loaded)
    yield room
    room.clear()
