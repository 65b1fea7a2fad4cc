"""What the checks ask an engine, without showing it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker.errors
import requests.exceptions

from sosclib.course.desk import Desk
from sosclib.engine.layers import ImageLayers, read_layers
from sosclib.engine.transfers import Login, pull


def container(desk: Desk, name: str) -> dict[str, Any] | None:
    """Return what ``docker inspect`` says of a container, None where there is none."""
    try:
        found: dict[str, Any] = desk.vm1.docker.api.inspect_container(name)
    except docker.errors.NotFound:
        return None
    return found if found["Name"] == f"/{name}" else None


def image_id(desk: Desk, reference: str) -> str | None:
    """Return an image's id, None where there is none."""
    try:
        return str(desk.vm1.docker.images.get(reference).id)
    except docker.errors.ImageNotFound:
        return None


def log(desk: Desk, name: str) -> str:
    """Return what a container wrote, as text without the terminal's carriage returns."""
    written: bytes = desk.vm1.docker.api.logs(name)
    return written.decode(errors="replace").replace("\r\n", "\n").strip()


def command(inspected: dict[str, Any]) -> str:
    """Return the command line that a container was started with."""
    return " ".join([inspected["Path"], *inspected["Args"]])


def file_in_image(desk: Desk, reference: str, path: str) -> bytes | None:
    """Return the contents of a file of an image, None where there is no such file.

    The engine reads files of containers only: one is created for it, never started, and removed.

    Parameters
    ----------
    desk : Desk
    reference : str
    path : str
        Absolute, in the image.
    """
    api: Any = desk.vm1.docker.api
    helper = api.create_container(reference, "true", labels=desk.vm1.ownership.labels())["Id"]
    try:
        return file_in_container(desk, helper, path)
    finally:
        api.remove_container(helper, v=True)


def file_in_container(desk: Desk, name: str, path: str) -> bytes | None:
    """Return the contents of a file of a container or of its volumes, None where there is none.

    Parameters
    ----------
    desk : Desk
    name : str
    path : str
        Absolute, in the container.
    """
    api: Any = desk.vm1.docker.api
    try:
        chunks, _ = api.get_archive(name, path)
        archive = b"".join(chunks)
    except docker.errors.NotFound:
        return None
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        member = files.next()
        content = files.extractfile(member) if member is not None else None
        return content.read() if content is not None else None


@contextmanager
def pulled(desk: Desk, reference: str, login: Login | None = None) -> Iterator[None]:
    """Have an image as its registry hands it out; one that was not here before goes again.

    Parameters
    ----------
    desk : Desk
    reference : str
    login : mapping of str to str, optional
        What the registry wants to know.

    Raises
    ------
    ImageError, LoginRefused, EngineFull
    """
    api: Any = desk.vm1.docker.api
    before = {raw["Id"] for raw in api.images()}
    pull(api, reference, login)
    id_ = desk.vm1.images.inspect(reference)["Id"]
    try:
        yield
    finally:
        if id_ not in before:
            api.remove_image(id_, force=True)


def run_once(desk: Desk, reference: str, seconds: float = 30) -> str | None:
    """Return what a container of an image writes that is given no command; None where it does not end.

    Parameters
    ----------
    desk : Desk
    reference : str
    seconds : float
        How long it may run.
    """
    api: Any = desk.vm1.docker.api
    helper = ""
    try:
        # An image that knows no command is refused already here.
        helper = api.create_container(reference, labels=desk.vm1.ownership.labels())["Id"]
        api.start(helper)
        api.wait(helper, timeout=seconds)
        written: bytes = api.logs(helper)
        return written.decode(errors="replace").strip()
    except docker.errors.APIError as error:
        return f"(it cannot start: {error.explanation})"
    except requests.exceptions.RequestException:
        return None
    finally:
        if helper:
            api.remove_container(helper, force=True, v=True)


def layers(desk: Desk, reference: str) -> ImageLayers:
    """Return the layers of an image with their files."""
    api: Any = desk.vm1.docker.api
    return read_layers(reference, api.get_image(reference))
