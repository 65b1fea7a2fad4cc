"""From Compose's complaints to the course's errors."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sosclib.engine.compose_cli import NO_FOLDER
from sosclib.engine.faults import explained
from sosclib.lab.errors import ComposeFileError, NetworkInUse, NotFound, SoscError
from sosclib.lab.node import CommandResult

CHECK = "docker compose config checks the file without starting anything."
PATTERNS: tuple[tuple[str, type[SoscError], str, str], ...] = (
    (
        r"no configuration file provided|(?:open|stat) \S+\.ya?ml: no such file",
        ComposeFileError,
        "There is no compose file here.",
        "Compose looks for a file compose.yaml in the folder that it is called in.",
    ),
    (
        r'bind source path does not exist: (?P<x>[^"\s]+)|stat (?P<y>/\S*secrets?/\S+): no such file',
        NotFound,
        "The file {x} of a secret or bind mount is not there.",
        "Make it before the stack starts; nothing else was changed.",
    ),
    (
        r"refers to undefined secret (?P<x>[\w.-]+)|undefined secret \"?(?P<y>[\w.-]+)",
        ComposeFileError,
        "A service wants the secret {x}, and the file does not say where that is.",
        f"Name it in the part `secrets:` at the file's end. {CHECK}",
    ),
    (
        r"refers to undefined (?P<x>(?:network|volume|config) [\w.-]+)",
        ComposeFileError,
        "A service uses the {x}, and the file does not have it.",
        f"Name it in the part `networks:` or `volumes:` at the file's end. {CHECK}",
    ),
    (
        r"depends on undefined service \"?(?P<x>[\w.-]+)",
        ComposeFileError,
        "A service waits for the service {x}, and the file has none of that name.",
        f"Mind the spelling under `depends_on:`. {CHECK}",
    ),
    (
        r"has neither an image nor a build context",
        ComposeFileError,
        "A service has no image.",
        "Where the file says ${{NAME}}, its value comes from the file .env beside it.",
    ),
    (
        r"(?:yaml: |validating |[Aa]dditional propert|invalid compose project|must be a |unsupported |"
        r"The Compose file)",
        ComposeFileError,
        "Compose does not understand the file.",
        f"In YAML the blanks at a line's beginning count. {CHECK}",
    ),
    (
        r"network (?P<x>\S+) .*has active endpoints",
        NetworkInUse,
        "The network {x} is in use.",
        "Containers outside this stack are connected: docker network inspect names them.",
    ),
)


def fault(done: CommandResult, said: Sequence[str], title: str, folder: str, home: str) -> SoscError:
    """Return the error that stands for a command of Compose that failed.

    Parameters
    ----------
    done : CommandResult
    said : sequence of str
        The lines that tell no progress; the last ones say why.
    title : str
        The machine's.
    folder : str
        The stack's, as seen from the lab user's home.
    home : str
        Is written as ``~``.
    """
    if done.exit_code == NO_FOLDER:
        return NotFound(
            f"There is no folder {folder} on {title}.",
            help="ls shows what there is; a folder is named as seen from the lab user's home.",
        )
    why = _reason(said or done.output.strip().splitlines()).replace(home, "~")
    for pattern, kind, what, help_ in PATTERNS:
        found = re.search(pattern, why)
        if found:
            x = next((text for text in found.groups() if text), "").rstrip(".,:\"'")
            return kind(what.format(x=x), why, help_.format(x=x))
    known = explained(why)
    if type(known) is not SoscError:
        return known
    return SoscError("Compose gave up.", why, CHECK)


def _reason(said: Sequence[str]) -> str:
    """Return what tells why: from the last line that speaks of an error on."""
    lines = [line for line in said if line.strip()]
    for number in range(len(lines) - 1, -1, -1):
        if re.search(r"^(?:Error|error|ERROR)|[Ff]ailed|invalid", lines[number]):
            return "\n".join(lines[number:])
    return "\n".join(lines[-2:]) or "It said nothing."
