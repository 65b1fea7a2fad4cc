"""The course's stacks: their files, written into the home of VM1's user as one would type them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.course.desk import HOLDER
from sosclib.lab.errors import NotFound
from sosclib.lab.paths import data_dir

if TYPE_CHECKING:
    from sosclib.engine.compose_project import Project

WORDPRESS = "wordpress"
FILE, SETTINGS = "compose.yaml", ".env"
PLACES = ("stacks", "microservices")
"""Folders of ``data`` with stacks in them."""
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
    from sosclib.course.handouts import writing

    desk, machine = HOLDER.desk, HOLDER.desk.vm1
    there = {file.parent.name: file for place in PLACES for file in (data_dir() / place).glob(f"*/{FILE}")}
    if name not in there:
        raise NotFound(f"There is no stack {name!r}.", help=f"There are {', '.join(sorted(there))}.")
    asked_for = there[name].read_text("utf-8")
    settings = {
        "COMPOSE_PROJECT_NAME": machine.ownership.project(name),
        **{
            variable: desk.catalogue.resolve(role)
            for variable, role in IMAGES.items()
            if variable in asked_for
        },
        "WEB_PORT": str(web_port),
    }
    content = "".join(f"{variable}={value}\n" for variable, value in settings.items())
    for command in writing(str(there[name].parent.relative_to(data_dir())), desk):
        machine.sh(command).check()
    machine.sh(f"cat > {name}/{SETTINGS} <<'END'\n{content}END").check()
    stack = machine.compose.project(name)
    stack.claim()
    return stack
