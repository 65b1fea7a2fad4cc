"""The course's registry: Debian's docker-registry beside the engine, and how images get on its shelves.

In the lab of virtual machines VM1 runs it. On somebody's own engine it is a container of that engine.
Either way the engines know it as `localhost`, which they trust without a certificate.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import docker
import docker.errors

from sosclib.lab.errors import LabError
from sosclib.lab.image_archive import ImageArchive, add_file
from sosclib.lab.image_recipe import BASE, recipe
from sosclib.lab.lab import Lab, Progress, quiet
from sosclib.lab.offline_images import offline_image

LAB_LABEL = "sosc.lab"
ROLE_LABEL, ROLE = "sosc.role", "registry"
NAME = "sosc-registry"
PORT = 5000
SHELVES = "/var/lib/docker-registry"
PATIENCE = 60.0
LOOPBACK = "127.0.0.1"
TAKEN = ("address already in use", "port is already allocated")
UNKNOWN = ("manifest unknown", "name unknown", "not found", "not known")


@dataclass(frozen=True)
class Registry:
    """A registry that answers.

    Attributes
    ----------
    address : str
        As its engines know it, ``localhost:5000``.
    client : docker.DockerClient
        Of an engine that reaches it.
    unpack : callable
        Unpacks a tar archive on its shelves.
    """

    address: str
    client: docker.DockerClient
    unpack: Callable[[bytes], None]

    def stock(self, name: str, progress: Progress = quiet) -> str:
        """See that one of the course's own images is there, and return its full name.

        Raises
        ------
        NotFound
            Where there is no recipe of that name.
        ToolMissing, LabError, CommandFailed
            Where it cannot be made or put there, or is not handed out.
        """
        image = offline_image(name, progress)
        reference = f"{self.address}/{image.repository}:{image.tag}"
        if self._digest(reference) != image.digest:
            progress(f"Putting {image.repository}:{image.tag} into the course's registry")
            self.unpack(shelved(image, self._common(image)))
            if self._digest(reference) != image.digest:
                raise LabError(f"The registry {self.address} does not hand out {reference}.")
        return reference

    def _common(self, image: ImageArchive) -> frozenset[str]:
        """Return what of an image is there already because another one has it too: the layers of the base."""
        base = recipe(BASE)
        if image.folder == base.folder or not base.folder.exists():
            return frozenset()
        below = ImageArchive(base.repository, base.tag, base.folder)
        if self._digest(f"{self.address}/{base.reference}") != below.digest:
            return frozenset()
        return frozenset(below.blobs()) & frozenset(image.blobs())

    def answers(self) -> bool:
        """Tell whether an engine reaches it."""
        try:
            self._digest(f"{self.address}/nothing:none")
        except LabError:
            return False
        return True

    def _digest(self, reference: str) -> str:
        """Return what an engine learns of an image without pulling it; empty where the registry has none."""
        api: Any = self.client.api
        try:
            return str(api.inspect_distribution(reference)["Descriptor"]["digest"])
        except docker.errors.APIError as error:
            said = str(error.explanation)
            if error.status_code == 404 or any(words in said for words in UNKNOWN):
                return ""
            raise LabError(
                f"The course's registry {self.address} does not answer.",
                said,
                "`sosc doctor` looks at its port; `sosc reset` sets a lab of virtual machines right.",
            ) from error


def shelved(image: ImageArchive, there: frozenset[str] = frozenset()) -> bytes:
    """Return an image as it lies on a registry's shelves, as tar, without blobs that are there already.

    The layout is that of the Distribution project's file system driver, ``docker/registry/v2``.
    """
    base = "docker/registry/v2"
    own = f"{base}/repositories/{image.repository}"
    *parts, manifest = image.blobs()
    tags = f"{own}/_manifests/tags/{image.tag}"
    links = {
        **{f"{own}/_layers/{_path(digest)}/link": digest for digest in parts},
        f"{own}/_manifests/revisions/{_path(manifest)}/link": manifest,
        f"{tags}/index/{_path(manifest)}/link": manifest,
        f"{tags}/current/link": manifest,
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for digest, file in image.blobs().items():
            if digest in there:
                continue
            algorithm, _, value = digest.partition(":")
            add_file(tar, f"{base}/blobs/{algorithm}/{value[:2]}/{value}/data", file.read_bytes())
        for name, digest in links.items():
            add_file(tar, name, digest.encode())
    return buffer.getvalue()


def registry_of(lab: Lab, progress: Progress = quiet) -> Registry:
    """Return a lab's registry; where the machines do not bring it, it is started as a container.

    On a machine of the lab's own it is a service, which a machine that has just booted may still be starting.

    Raises
    ------
    LabError
        Where it cannot be started.
    """
    node = lab.nodes["vm1"]
    if not lab.brings_registry:
        registry = start_registry(node.docker, progress)
        _share(lab, registry)
        return registry

    def unpack(content: bytes) -> None:
        node.sh(f"sudo -u docker-registry tar -x -C {SHELVES}", stdin=content).check()

    registry = Registry(f"localhost:{PORT}", node.docker, unpack)
    if not registry.answers():
        progress("Waiting for the course's registry")
        end_of_patience = time.monotonic() + PATIENCE
        while not registry.answers() and time.monotonic() < end_of_patience:
            time.sleep(1)
    return registry


def _share(lab: Lab, registry: Registry) -> None:
    """See that all nodes reach the registry by one address; another lab on them may have done so already."""
    try:
        lab.share(int(registry.address.rpartition(":")[2]))
    except LabError:
        others = (Registry(registry.address, node.docker, registry.unpack) for node in lab.nodes.values())
        if not all(other.answers() for other in others):
            raise


def start_registry(client: docker.DockerClient, progress: Progress = quiet, *, name: str = NAME) -> Registry:
    """Return the registry that an engine runs as a container, made and started where need be.

    Parameters
    ----------
    client : docker.DockerClient
    progress : callable
        Is told each phase.
    name : str
        The container's.

    Raises
    ------
    ToolMissing, LabError
        Where its image cannot be made, or it does not start.
    """
    api: Any = client.api
    found = find(api, name)
    if found is None:
        progress("Starting the course's registry")
        found = make(client, name, load(client, progress), PORT)
    if found["State"] != "running":
        found = _start(client, found, name)
    container = found["Id"]

    def unpack(content: bytes) -> None:
        api.put_archive(container, SHELVES, content)

    return _awaited(client, container, unpack)


def has_registry(client: docker.DockerClient, *, name: str = NAME) -> bool:
    """Tell whether an engine has the registry's container, whether it runs or not."""
    return find(client.api, name) is not None


def remove_registry(client: docker.DockerClient, *, name: str = NAME) -> None:
    """Remove the registry's container, and its image where nobody else needs it."""
    api: Any = client.api
    found = find(api, name)
    if found is None:
        return
    api.remove_container(found["Id"], force=True, v=True)
    try:
        api.remove_image(found["ImageID"])
    except docker.errors.APIError as error:
        if error.status_code != 409:
            raise


def has_other_labs(client: docker.DockerClient, own: str) -> bool:
    """Tell whether another lab than one's own has something in the engine, and so may need the registry."""
    api: Any = client.api
    found = api.containers(all=True, filters={"label": LAB_LABEL})
    return any(one["Labels"][LAB_LABEL] != own for one in found)


def find(api: Any, name: str) -> dict[str, Any] | None:
    """Return the engine's entry of a registry's container, None where there is none."""
    found = api.containers(all=True, filters={"label": f"{ROLE_LABEL}={ROLE}", "name": f"^/{name}$"})
    return found[0] if found else None


def load(client: docker.DockerClient, progress: Progress) -> str:
    """Bring the registry's image into an engine, and return its name there.

    Raises
    ------
    ToolMissing, LabError
        Where the image cannot be made, or the engine does not take it.
    """
    api: Any = client.api
    image = offline_image(ROLE, progress)
    reference = f"sosc/{image.repository}:{image.tag}"
    with tempfile.TemporaryFile() as file:
        # Only this container's image is furniture: the same program in a student's own container is theirs.
        image.loadable(reference, file, {ROLE_LABEL: ROLE})
        file.seek(0)
        for event in api.load_image(file):
            if "error" in event:
                raise LabError("The engine does not take the registry's image.", str(event["error"]))
    return reference


def make(
    client: docker.DockerClient,
    name: str,
    image: str,
    port: int | None,
    *,
    address: str = LOOPBACK,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Make a registry's container; without a port the engine chooses one.

    Parameters
    ----------
    client : docker.DockerClient
    name, image : str
    port : int or None
    address : str
        Of this computer; there the port is published.
    environment : mapping of str to str, optional
        Its variables.

    Raises
    ------
    LabError
        Where the engine does not make it.
    """
    api: Any = client.api
    settings = api.create_host_config(
        port_bindings={PORT: (address, port)}, restart_policy={"Name": "unless-stopped"}
    )
    about = {"ports": [PORT], "labels": {ROLE_LABEL: ROLE}, "environment": dict(environment or {})}
    try:
        api.create_container(image, name=name, host_config=settings, **about)
    except docker.errors.APIError as error:
        # Another section on this engine was faster, or somebody else's container has the name.
        if error.status_code != 409 or find(api, name) is None:
            raise LabError("The course's registry cannot be made.", str(error.explanation)) from error
    made = find(api, name)
    assert made is not None
    return made


def _start(client: docker.DockerClient, found: dict[str, Any], name: str) -> dict[str, Any]:
    """Start the container, at another port where its own is taken, and return it."""
    api: Any = client.api
    try:
        api.start(found["Id"])
        return found
    except docker.errors.APIError as error:
        if not any(words in str(error.explanation) for words in TAKEN):
            raise LabError("The course's registry cannot be started.", str(error.explanation)) from error
    api.remove_container(found["Id"], force=True, v=True)
    made = make(client, name, found["Image"], None)
    api.start(made["Id"])
    return made


def _awaited(client: docker.DockerClient, container: str, unpack: Callable[[bytes], None]) -> Registry:
    """Return the registry once it answers."""
    api: Any = client.api
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        bindings = api.inspect_container(container)["NetworkSettings"]["Ports"].get(f"{PORT}/tcp")
        if bindings:
            registry = Registry(f"localhost:{bindings[0]['HostPort']}", client, unpack)
            if registry.answers():
                return registry
        time.sleep(0.1)
    log = api.logs(container, tail=5).decode(errors="replace")
    name = api.inspect_container(container)["Name"].lstrip("/")
    raise LabError(
        "The course's registry does not start.", log.strip(), f"docker rm -f {name}, then once more"
    )


def _path(digest: str) -> str:
    return digest.replace(":", "/")
