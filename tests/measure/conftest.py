"""An engine, and an image whose containers do nothing."""

from dataclasses import dataclass

import docker
import pytest

from sosclib.lab.node import Node
from tests.true_image import true_image as image_of_true


@dataclass(frozen=True)
class Bench:
    """What a race needs of a machine: an engine, and no node of its own."""

    docker: docker.DockerClient
    node: Node | None = None


@pytest.fixture(scope="session")
def client(engine):
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def true_image(client):
    with image_of_true(client) as reference:
        yield reference


@pytest.fixture(scope="session")
def bench(client):
    return Bench(client)
