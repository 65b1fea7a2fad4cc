"""An engine, and an image of a few files that every Linux machine can make of its own `true`."""

import io
import re
import subprocess
import tarfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import docker
import pytest

from sosclib.lab.node import Node


@dataclass(frozen=True)
class Bench:
    """What a race needs of a machine: an engine, and no node of its own."""

    docker: docker.DockerClient
    node: Node | None = None


def image_of_true(client: docker.DockerClient, reference: str) -> None:
    """Import an image of this machine's `true` and of the libraries that it loads."""
    program = which("true")
    libraries = re.findall(
        r"(/\S+) \(0x", subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    )
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        archive.add(program, "bin/true")
        for library in libraries:
            archive.add(Path(library), library.lstrip("/"))
    repository, _, tag = reference.rpartition(":")
    client.api.import_image_from_data(buffer.getvalue(), repository=repository, tag=tag)


@pytest.fixture(scope="session")
def client():
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="session")
def true_image(client):
    reference = f"sosc-test-true-{uuid.uuid4().hex[:8]}:1"
    image_of_true(client, reference)
    yield reference
    client.images.remove(reference, force=True)


@pytest.fixture(scope="session")
def bench(client):
    return Bench(client)
