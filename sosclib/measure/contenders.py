"""Who takes part in the race: what a process costs, what a container costs, what a virtual machine costs.

Each maker below prepares a contender, proves that it runs here, and leaves its clean-up on an exit stack.
Where it cannot run it raises one of the course's errors, which becomes the stated reason.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sosclib.lab.errors import ImageError, SoscError
from sosclib.measure.environment import is_present
from sosclib.measure.places import Place
from sosclib.measure.timing import Contender

if TYPE_CHECKING:
    import docker

FLOOR, CONTAINER, MACHINE = "floor", "container", "virtual machine"
"""The kinds of contender: the floor below any container, containers, virtual machines."""

TRUE = "true"
UNSHARE = "unshare"
RUNC = "runc run"
DOCKER_NONE = "docker run --network none"
DOCKER = "docker run"
TINY_VM = "smallest VM"
RESUME_DOCKER = "full VM, resumed to Docker"
BOOT_SSH = "full VM, booted to SSH"
BOOT_DOCKER = "full VM, booted to Docker"

FULL_VMS = (RESUME_DOCKER, BOOT_SSH, BOOT_DOCKER)

KINDS: Mapping[str, str] = {
    TRUE: FLOOR,
    UNSHARE: FLOOR,
    RUNC: FLOOR,
    DOCKER_NONE: CONTAINER,
    DOCKER: CONTAINER,
    TINY_VM: MACHINE,
    RESUME_DOCKER: MACHINE,
    BOOT_SSH: MACHINE,
    BOOT_DOCKER: MACHINE,
}
"""Every contender there is, in the order in which they are shown."""

NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
RUNC_CONFIG = """
cd {folder}
mkdir rootfs && tar -xf image.tar -C rootfs --no-same-owner --exclude='dev/*'
runc spec {rootless}
sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"true"/' config.json
"""


@dataclass(frozen=True)
class Field:
    """What the makers share.

    Attributes
    ----------
    client : docker.DockerClient
    image : str
        Present in the engine, and with a ``true`` in it.
    place : Place
        The machine whose kernel the containers share.
    labels : mapping of str to str
        Put on every container.
    clean_up : ExitStack
    """

    client: docker.DockerClient
    image: str
    place: Place
    labels: Mapping[str, str]
    clean_up: ExitStack = field(default_factory=ExitStack)


Maker = Callable[[Field], Contender]


def process(on: Field) -> Contender:
    """Make the floor of floors: a process that does nothing."""
    return Contender(TRUE, lambda: on.place.time("true"), "fork", "exit status known")


def namespaces(on: Field) -> Contender:
    """Make a process in namespaces of its own: what isolation costs the kernel."""
    command = ["unshare", *NAMESPACES, "--user", "--map-root-user", "--fork", "true"]
    on.place.time(*command)
    return Contender(
        UNSHARE,
        lambda: on.place.time(*command),
        "fork",
        "exit status known of a process in new mount, UTS, IPC, network, PID, cgroup and user namespaces",
    )


def runtime(on: Field) -> Contender:
    """Make a container by the OCI runtime alone, without an engine."""
    _need_image(on)
    folder = on.clean_up.enter_context(on.place.folder())
    with tempfile.TemporaryDirectory(prefix="sosc-race-") as aside:
        archive = Path(aside) / "image.tar"
        _export(on, archive)
        on.place.put(archive, f"{folder}/image.tar")
    root = on.place.privileged
    on.place.script(RUNC_CONFIG.format(folder=folder, rootless="" if root else "--rootless"), root=root)

    def run() -> float:
        name = f"sosc-race-{uuid.uuid4().hex[:12]}"
        return on.place.time("runc", "--root", f"{folder}/state", "run", "--bundle", folder, name, root=root)

    run()
    return Contender(RUNC, run, "fork of runc", "exit status of the container known, container deleted")


def container(on: Field) -> Contender:
    """Make what ``docker run IMAGE true`` asks of the engine, on the engine's default network."""
    return _docker_run(on, DOCKER, "bridge")


def container_without_network(on: Field) -> Contender:
    """Make what ``docker run --network none IMAGE true`` asks of the engine."""
    return _docker_run(on, DOCKER_NONE, "none")


def smallest_machine(on: Field) -> Contender:
    """Make a virtual machine of a kernel and one program, that switches itself off."""
    from sosclib.lab.vm import qemu
    from sosclib.lab.vm.accelerator import accelerator
    from sosclib.lab.vm.tiny import boot_tiny

    qemu.version()
    found = accelerator()
    boot_tiny(found)
    return Contender(
        TINY_VM,
        lambda: boot_tiny(found).seconds,
        "QEMU started",
        "QEMU ended: the guest's init switched it off",
    )


MAKERS: Mapping[str, Maker] = {
    TRUE: process,
    UNSHARE: namespaces,
    RUNC: runtime,
    DOCKER_NONE: container_without_network,
    DOCKER: container,
    TINY_VM: smallest_machine,
}


def _docker_run(on: Field, name: str, network: str) -> Contender:
    _need_image(on)
    api: Any = on.client.api
    settings = api.create_host_config(network_mode=network)

    def run() -> float:
        begin = time.perf_counter()
        made = api.create_container(on.image, ["true"], labels=dict(on.labels), host_config=settings)["Id"]
        try:
            api.start(made)
            code = api.wait(made)["StatusCode"]
            elapsed = time.perf_counter() - begin
        finally:
            api.remove_container(made, force=True, v=True)
        if code:
            raise SoscError(f"`true` in a container of {on.image} ended with exit code {code}.")
        return elapsed

    run()
    return Contender(name, run, "request to create the container", "exit status of the container known")


def _need_image(on: Field) -> None:
    """Refuse to race with a pull."""
    if not is_present(on.client, on.image):
        raise ImageError(
            f"The image {on.image} is not present in the engine.",
            "A pull must not be part of the race.",
            f"docker pull {on.image}",
        )


def _export(on: Field, archive: Path) -> None:
    """Write an image's file system as a tar archive."""
    api: Any = on.client.api
    made = api.create_container(on.image, ["true"], labels=dict(on.labels))["Id"]
    try:
        with archive.open("wb") as file:
            for chunk in api.export(made):
                file.write(chunk)
    finally:
        api.remove_container(made, force=True, v=True)
