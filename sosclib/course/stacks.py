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
    NotFound
        Where there is no such stack; the message lists those that there are.
    """
    desk = HOLDER.desk
    there = sorted(folder.parent.name for folder in (data_dir() / "stacks").glob(f"*/{FILE}"))
    if name not in there:
        raise NotFound(f"There is no stack {name!r}.", help=f"There are {', '.join(there)}.")
    machine = desk.vm1
    settings = {
        "COMPOSE_PROJECT_NAME": machine.ownership.project(name),
        **{variable: desk.catalogue.resolve(role) for variable, role in IMAGES.items()},
        "WEB_PORT": str(web_port),
    }
    files = {
        FILE: (data_dir() / "stacks" / name / FILE).read_text(),
        SETTINGS: "".join(f"{variable}={value}\n" for variable, value in settings.items()),
    }
    machine.sh(f"mkdir -p {name}").check()
    for file, content in files.items():
        machine.sh(f"cat > {name}/{file} <<'END'\n{content}END").check()
    return machine.compose.project(name)
