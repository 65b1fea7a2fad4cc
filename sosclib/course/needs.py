"""What earlier sections would have left: brought about when a section is opened first.

A section's metadata names its needs: roles of the catalogue (the image is pulled), or names of `RECIPES`.
"""

from __future__ import annotations

from collections.abc import Callable

from sosclib.course.desk import Desk
from sosclib.course.swarms import REPLICAS, WEB, form, serve
from sosclib.engine.machine import Machine
from sosclib.lab.errors import SoscError

WITH_PING = "base_with_ping"
"""The image that section 05 makes: the base image, and ping."""
INSTALL_PING = "apt-get update -qq && apt-get install -y -qq iputils-ping"
STOPPED = {
    "hello": ("base", 'echo "hello from the container"'),
    "kernel": ("base", "uname -r"),
    "answered": (WITH_PING, "ping -c 1 127.0.0.1"),
}
"""Names of containers that ended, each with its image and its command."""


def bring_about(desk: Desk) -> list[str]:
    """Bring about what the section needs on VM1, and return it in words."""
    return [_one(desk, need) for need in desk.section.needs]


def pull(desk: Desk, role: str) -> str:
    """See that the image of a role is there."""
    reference = desk.catalogue.resolve(role)
    if not has_image(desk.vm1, reference):
        with desk.vm1.terminal.quietly():
            desk.vm1.images.pull(reference)
    return f"image {reference}"


def has_image(machine: Machine, reference: str) -> bool:
    """Tell whether an image is in a machine's engine."""
    return any(reference in (entry.get("RepoTags") or ()) for entry in machine.docker.api.images())


def _with_ping(desk: Desk) -> str:
    """Make the base image with ping, as section 05 does."""
    pull(desk, "base")
    machine = desk.vm1
    if not has_image(machine, f"{WITH_PING}:latest"):
        with machine.terminal.quietly():
            machine.containers.run(desk.catalogue.resolve("base"), ["sh", "-c", INSTALL_PING])
            made = machine.containers.latest()
            try:
                if made.exit_code:
                    raise SoscError(f"The image {WITH_PING} could not be made.", made.logs().output)
                machine.containers.commit(made.name, WITH_PING)
            finally:
                made.remove()
    return f"image {WITH_PING}"


def _stopped(desk: Desk) -> str:
    """Leave containers that have ended, as sections 04 and 05 do."""
    pull(desk, "base")
    with desk.vm1.terminal.quietly():
        for name, (made_from, command) in STOPPED.items():
            reference = made_from if made_from == WITH_PING else desk.catalogue.resolve(made_from)
            desk.vm1.containers.run(reference, command, name=name)
    return f"{len(STOPPED)} containers that have ended"


def _swarm(desk: Desk) -> str:
    """Form the swarm of both machines, as section 17 does."""
    form(desk)
    return "a swarm of VM1 and VM2"


def _web_swarm(desk: Desk) -> str:
    """Run the web service on the swarm, as section 17 does."""
    serve(desk)
    return f"the service {WEB} with {REPLICAS} replicas"


RECIPES: dict[str, Callable[[Desk], str]] = {
    WITH_PING: _with_ping,
    "stopped": _stopped,
    "swarm": _swarm,
    WEB: _web_swarm,
}


def _one(desk: Desk, need: str) -> str:
    recipe = RECIPES.get(need)
    return recipe(desk) if recipe else pull(desk, need)
