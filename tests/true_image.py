"""An image of a few files that every Linux machine can make of its own `true`: no registry is asked."""

import io
import re
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import docker


@contextmanager
def true_image(client: docker.DockerClient) -> Iterator[str]:
    """Give the name of an image with a `true` in it, and remove it afterwards."""
    reference = f"sosc-test-true-{uuid.uuid4().hex[:8]}:1"
    image_of_true(client, reference)
    try:
        yield reference
    finally:
        client.images.remove(reference, force=True)


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
