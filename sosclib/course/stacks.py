"""The course's stacks: their files, written into the home of VM1's user as one would type them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sosclib.course.desk import HOLDER
from sosclib.lab.errors import NotFound
from sosclib.lab.paths import data_dir

if TYPE_CHECKING:
    from sosclib.engine.compose_project import Project

WORDPRESS = "wordpress"
FILE, SWARM_FILE, SETTINGS = "compose.yaml", "swarm.yaml", ".env"
IMAGES = {"DATABASE_IMAGE": "database", "WORDPRESS_IMAGE": "wordpress"}
"""What the files call images, and the roles that these play."""


def write_stack(name: str, *, web_port: int = 8080) -> Project:
    """Write a stack's compose file and its settings on VM1, and return the stack; each command is shown.

    The images are those of the catalogue. On somebody's own engine the project's name has the lab's in it.

    Parameters
    ----------
    name : str
        A folder of ``data/stacks``; it is the folder's name on the machine too.
    web_port : int
        Port of VM1 at which its web page is published.

    Raises
    ------
    NotOurs
        Where there is a stack of that name already that is somebody else's.
    NotFound
        Where there is no such stack; the message lists those that there are.
    """
    machine = HOLDER.desk.vm1
    settings = {
        "COMPOSE_PROJECT_NAME": machine.ownership.project(name),
        **_images(),
        "WEB_PORT": str(web_port),
    }
    _write(name, FILE, settings)
    stack = machine.compose.project(name)
    stack.claim()
    return stack


def write_swarm_stack(name: str, *, web_port: int = 8080) -> str:
    """Write a stack's compose file for a swarm, and its settings, on VM1; each command is shown.

    Where the machines' kernel has no IPVS the settings say so: then a service's name stands for the addresses
    of its tasks, and each task publishes its port on its own node.

    Parameters
    ----------
    name : str
        A folder of ``data/stacks``; it is the folder's name on the machine too.
    web_port : int
        Port at which its web page is published.

    Returns
    -------
    str
        The file's path on the machine, as `Stacks.deploy` wants it; ``.env`` lies beside it.

    Raises
    ------
    NotFound
        Where there is no such stack; the message lists those that there are.
    """
    mesh = HOLDER.desk.vm1.has_mesh
    settings = {
        **_images(),
        "WEB_PORT": str(web_port),
        "PUBLISH_MODE": "ingress" if mesh else "host",
        "ENDPOINT_MODE": "vip" if mesh else "dnsrr",
    }
    _write(name, SWARM_FILE, settings)
    return f"{name}/{SWARM_FILE}"


def _images() -> dict[str, str]:
    catalogue = HOLDER.desk.catalogue
    return {variable: catalogue.resolve(role) for variable, role in IMAGES.items()}


def _write(name: str, file: str, settings: Mapping[str, str]) -> None:
    """Write one of a stack's files, and beside it the values of its variables."""
    there = sorted(folder.parent.name for folder in (data_dir() / "stacks").glob(f"*/{file}"))
    if name not in there:
        raise NotFound(f"There is no stack {name!r}.", help=f"There are {', '.join(there)}.")
    machine = HOLDER.desk.vm1
    files = {
        file: (data_dir() / "stacks" / name / file).read_text(),
        SETTINGS: "".join(f"{variable}={value}\n" for variable, value in settings.items()),
    }
    machine.sh(f"mkdir -p {name}").check()
    for path, content in files.items():
        machine.sh(f"cat > {name}/{path} <<'END'\n{content}END").check()
