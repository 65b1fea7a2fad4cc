"""From the engine's complaints to the course's errors: what happened, why, what helps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import docker.errors
import requests.exceptions

from sosclib.lab.errors import (
    EngineFull,
    EngineUnreachable,
    ImageError,
    LoginRefused,
    NameTaken,
    NotFound,
    PortTaken,
    SoscError,
    SwarmError,
    VolumeInUse,
)

T = TypeVar("T")
TRIES, SLOW = 3, "context deadline exceeded"
"""How often a node of a swarm is asked that says so: what it gave itself time for was not done in time."""
ADDRESS = r"(?:[\d.]+|\[[^\]]*\]|::)?"
"""Of this computer, as engines write it before a port: ``0.0.0.0``, ``[::]``, older ones ``::``."""

PATTERNS: tuple[tuple[str, type[SoscError], str, str], ...] = (
    (
        r"name \"?/?(?P<x>[^\" ]+)\"? is already in use",
        NameTaken,
        "The name {x} is taken.",
        "Take another name, or remove that container: docker rm {x}",
    ),
    (
        rf"(?:Bind for {ADDRESS}:(?P<x>\d+) failed: port is already allocated"
        rf"|failed to bind host port (?:for )?{ADDRESS}:(?P<y>\d+)[:/].*address already in use"
        rf"|listen (?:tcp|udp)[46]? {ADDRESS}:(?P<z>\d+): bind)",
        PortTaken,
        "Port {x} is in use already.",
        "Publish another port, or stop the program that has it (docker ps shows containers' ports).",
    ),
    (
        r"No such container: (?P<x>\S+)",
        NotFound,
        "There is no container {x}.",
        "docker ps -a lists the containers that there are.",
    ),
    (
        r"No such image: (?P<x>\S+)",
        NotFound,
        "There is no image {x} here.",
        "docker images lists those that are; docker pull fetches one.",
    ),
    (
        r"get (?P<x>\S+): no such volume",
        NotFound,
        "There is no volume {x}.",
        "docker volume ls lists those that there are.",
    ),
    (
        r"remove (?P<x>\S+): volume is in use",
        VolumeInUse,
        "The volume {x} is in use.",
        "Remove the containers that use it first: docker ps -a --filter volume={x}",
    ),
    (
        r"create (?P<x>.+): .*(?:volume name is too short|invalid characters for a local volume name)",
        SoscError,
        "A volume cannot be called {x}.",
        "A name has two letters or more: a-z, A-Z, 0-9, and after the first one also _ . and -",
    ),
    (
        r"(?:service|secret|config|network) (?P<x>\S+) already exists",
        NameTaken,
        "The name {x} is taken in the swarm.",
        "Take another name, or remove what has it.",
    ),
    (
        r"port '(?P<x>\d+)' is already in use by service",
        PortTaken,
        "Port {x} is in use already, by another service of the swarm.",
        "Publish another port; docker service ls shows which service has which.",
    ),
    (r"service (?P<x>\S+) not found", NotFound, "There is no service {x}.", "docker service ls"),
    (r"network (?P<x>\S+) not found", NotFound, "There is no network {x}.", "docker network ls"),
    (
        r"(?:manifest for (?P<x>\S+) not found|manifest unknown|name unknown|repository name not known"
        r"|failed to resolve reference .*: not found)",
        ImageError,
        "The registry has no such image.",
        "Check the spelling of name and tag.",
    ),
    (
        r"[Nn]o command specified",
        ImageError,
        "The image does not say what to run.",
        "Name a command behind the image. (An image that docker import made knows none.)",
    ),
    (
        r"(?:pull access denied for (?P<x>[^\s,]+)"
        r"|failed to resolve reference \"(?P<y>[^\"]+)\": pull access denied(?!.*no basic auth))",
        ImageError,
        "There is no image {x}, or it is private.",
        "Check the spelling; for a private one log in first: docker login",
    ),
    (
        r"(?:toomanyrequests|(?<!\w)rate limit)",
        ImageError,
        "The registry gives out no more images to this network address for a while.",
        "Docker Hub counts the pulls of a whole room that shares one address. Take the course's own images:"
        ' IMAGES = "offline" in the first cell, or SOSC_IMAGES=offline for all. Or log in: docker login',
    ),
    (
        r"(?:no basic auth credentials|unauthorized|authentication required|(?<!permission )\bdenied: )",
        LoginRefused,
        "The registry does not let you in.",
        "Log in first, vm1.registry.login(); only names that begin with your own user are yours to write.",
    ),
    (
        r"no space left on device",
        EngineFull,
        "The engine's disk is full.",
        "docker system df tells what takes the room, docker system prune gives back what nobody uses.",
    ),
    (
        r"(?s)\A(?!.*(?:OCI runtime|containerd|\bshim\b)).*rpc error: code = DeadlineExceeded",
        SwarmError,
        "The swarm's manager does not answer in time.",
        "Its machine has a lot to do. What was asked for may be done all the same: look, and ask again.",
    ),
    (
        # A container's runtime and the engine itself may end with the same words.
        r"(?s)\A(?!.*(?:OCI runtime|containerd|\bshim\b|Docker daemon))"
        r".*(?:connection refused|no such host|i/o timeout|context deadline exceeded|EOF)",
        ImageError,
        "The registry does not answer.",
        "`sosc doctor` says which registry can be reached.",
    ),
)


def patient(ask: Callable[[], T]) -> T:
    """Ask a swarm's manager, and again where its machine has so much to do that it did not come to answer."""
    for _ in range(TRIES - 1):
        try:
            return ask()
        except docker.errors.APIError as error:
            if SLOW not in explanation(error):
                raise
    return ask()


@contextmanager
def teaching() -> Iterator[None]:
    """Turn the engine's errors into the course's own, with the engine's words as the reason.

    Raises
    ------
    EngineUnreachable, NameTaken, PortTaken, NotFound, VolumeInUse, ImageError, SoscError
    """
    try:
        yield
    except docker.errors.APIError as error:
        raise explained(explanation(error)) from error
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise EngineUnreachable(
            "The Docker Engine does not answer.", str(error), "`sosc doctor` says what to do."
        ) from error


def explained(message: str) -> SoscError:
    """Return the error of the course's family that an engine's message stands for."""
    for pattern, kind, what, help_ in PATTERNS:
        found = re.search(pattern, message)
        if found:
            x = next((text for text in found.groups() if text), "").rstrip(".,\"'")
            return kind(what.format(x=x), message, help_.format(x=x))
    return SoscError("The Docker Engine refuses.", message)


def explanation(error: docker.errors.APIError) -> str:
    """Return the engine's own words, without the SDK's."""
    return str(error.explanation or error).strip()
