"""The course's stacks: their files, written into the home of VM1's user as one would type them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sosclib.course.desk import HOLDER
from sosclib.lab.errors import NotFound
from sosclib.lab.paths import data_dir

if TYPE_CHECKING:
    from sosclib.engine.compose_project import Project

WORDPRESS = "wordpress"
FILE, SWARM_FILE, SETTINGS = "compose.yaml", "stack.yaml", ".env"
PORT = "WEB_PORT"
"""The variable of the settings that holds a stack's port."""
PLACES, SWARM_PLACES = ("stacks", "microservices"), ("swarm",)
"""Folders of ``data`` with stacks in them: for Compose, and for a swarm."""
IMAGES = {"DATABASE_IMAGE": "database", "WORDPRESS_IMAGE": "wordpress"}
"""What the files call images, and the roles that these play."""


def write_stack(name: str, *, web_port: int = 8080) -> Project:
    """Write a stack's files and its settings on VM1, and return the stack; each command is shown.

    The images are those of the catalogue. On somebody's own engine the project's name has the lab's in it.

    Parameters
    ----------
    name : str
        A folder of the course's data that has a compose file; it is the folder's name on the machine too.
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
    project = {"COMPOSE_PROJECT_NAME": machine.ownership.project(name)}
    _write(name, FILE, PLACES, project | _settings(web_port))
    stack = machine.compose.project(name)
    stack.claim()
    return stack


def write_swarm_stack(name: str, *, web_port: int = 8080) -> str:
    """Write a stack's file for a swarm, and its settings, on VM1; each command is shown.

    Where the machines' kernel has no IPVS the settings say so: then a service's name stands for the addresses
    of its tasks, and each task publishes its port on its own node.

    Parameters
    ----------
    name : str
        A folder of the course's data that has such a file; it is the folder's name on the machine too.
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
    modes = {
        "PUBLISH_MODE": "ingress" if mesh else "host",
        "ENDPOINT_MODE": "vip" if mesh else "dnsrr",
    }
    _write(name, SWARM_FILE, SWARM_PLACES, _settings(web_port) | modes)
    return f"{name}/{SWARM_FILE}"


def port_of(name: str, otherwise: int) -> int:
    """Return the port for which a stack's settings were written last, so that it keeps the section's choice.

    Parameters
    ----------
    name : str
    otherwise : int
        The port where there are no settings yet.
    """
    said = HOLDER.desk.vm1.node.sh(f"sed -n 's/^{PORT}=//p' {name}/{SETTINGS}").stdout.strip()
    return int(said) if said.isdecimal() else otherwise


def _settings(web_port: int) -> dict[str, str]:
    catalogue = HOLDER.desk.catalogue
    images = {variable: catalogue.resolve(role) for variable, role in IMAGES.items()}
    return {**images, PORT: str(web_port)}


def _write(name: str, file: str, places: Sequence[str], settings: Mapping[str, str]) -> None:
    """Write the folder of a stack, and beside its files the values of the variables that they ask for."""
    from sosclib.course.handouts import writing

    machine = HOLDER.desk.vm1
    there = {one.parent.name: one for place in places for one in (data_dir() / place).glob(f"*/{file}")}
    if name not in there:
        raise NotFound(f"There is no stack {name!r}.", help=f"There are {', '.join(sorted(there))}.")
    asked_for = there[name].read_text("utf-8")
    content = "".join(
        f"{variable}={value}\n"
        for variable, value in settings.items()
        if variable not in IMAGES or variable in asked_for
    )
    for command in writing(str(there[name].parent.relative_to(data_dir())), HOLDER.desk):
        machine.sh(command).check()
    machine.sh(f"cat > {name}/{SETTINGS} <<'END'\n{content}END").check()
