"""Images of a few of this machine's own programs: no registry is asked."""

import io
import re
import subprocess
import tarfile
import uuid
from collections.abc import Iterable, Iterator
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
    image_of(client, reference, ("true",))


def image_of(client: docker.DockerClient, reference: str, programs: Iterable[str], command: str = "") -> None:
    """Import an image of some of this machine's programs and of the libraries that they load."""
    paths = [which(program) for program in programs]
    listed = subprocess.run(["ldd", *paths], capture_output=True, text=True).stdout
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        for program, path in zip(programs, paths, strict=True):
            archive.add(path, f"bin/{program}")
        for library in sorted(set(re.findall(r"(/\S+) \(0x", listed))):
            archive.add(Path(library), library.lstrip("/"))
    repository, _, tag = reference.rpartition(":")
    changes = [f'CMD ["{command}"]'] if command else None
    client.api.import_image_from_data(buffer.getvalue(), repository=repository, tag=tag, changes=changes)
