"""From the complaints of ``docker stack`` to the course's errors."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sosclib.engine.faults import explained
from sosclib.lab.errors import ComposeFileError, NotFound, SoscError, SwarmError

CHECK = "docker stack config -c FILE shows what the command makes of the file, and changes nothing."
PATTERNS: tuple[tuple[str, type[SoscError], str, str], ...] = (
    (
        r"not a swarm manager",
        SwarmError,
        "The node is no manager of a swarm.",
        "A stack is deployed by a manager: docker node ls there tells who it is.",
    ),
    (
        r"open (?P<x>\S+): no such file|(?P<y>\S+): No such file or directory",
        ComposeFileError,
        "There is no file {x}.",
        "ls shows what there is; a file is named as seen from the lab user's home.",
    ),
    (
        r"(?P<x>\S+)\.depends_on must be a list",
        ComposeFileError,
        "`depends_on` with a condition is for Compose only.",
        "A swarm starts all services at once, and a service must bear that another is not there yet: leave"
        " `depends_on` out.",
    ),
    (
        r"invalid image reference for service (?P<x>[\w.-]+)"
        r"|create service (?P<y>[\w.-]+): .*image reference must be provided",
        ComposeFileError,
        "The service {x} has no image.",
        "Where the file says ${{NAME}}, the shell has to know its value: this command reads no .env."
        " An image is never built here either.",
    ),
    (
        r"(?:secret|config) not found: (?P<x>\S+)|external .*(?P<y>secret|config) .*not found",
        NotFound,
        "The file takes {x} for granted (external), and the swarm has none.",
        "Make it first: docker secret create NAME - (or docker config create).",
    ),
    (
        r"network \"(?P<x>[^\"]+)\" is declared as external",
        NotFound,
        "The file takes the network {x} for granted (external), and the swarm has none.",
        "Make it first: docker network create --driver overlay NAME",
    ),
    (
        r"undefined (?P<x>(?:network|volume|secret|config) \"?[\w.-]+)",
        ComposeFileError,
        "A service uses the {x}, and the file does not have it.",
        f"Name it at the left margin too, at the file's end. {CHECK}",
    ),
    (
        r"failed to update (?P<x>(?:secret|config) \S+): .*only updates to Labels are allowed",
        ComposeFileError,
        "The {x} cannot be changed: tasks that run rely on it.",
        "Give the new one another name, and let the service use that: this is an update like any other.",
    ),
    (
        r"(?:yaml: |must be a |[Aa]dditional propert|[Uu]nsupported Compose file|invalid interpolation"
        r"|required variable|Top-level object|invalid compose)",
        ComposeFileError,
        "The file is not understood.",
        f"In YAML the blanks at a line's beginning count. {CHECK}",
    ),
)


def stack_fault(said: Sequence[str], file: str) -> SoscError:
    """Return the error that stands for a command ``docker stack`` that failed.

    Parameters
    ----------
    said : sequence of str
        What it wrote.
    file : str
        The compose file that it was given.
    """
    why = "\n".join(line for line in said if line.strip()) or "It said nothing."
    for pattern, kind, what, help_ in PATTERNS:
        found = re.search(pattern, why)
        if found:
            x = next((text for text in found.groups() if text), "").strip("\"'.,:")
            return kind(what.format(x=x), why, help_.format(x=x).replace("FILE", file or "FILE"))
    return explained(why)
