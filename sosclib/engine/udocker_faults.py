"""From udocker's complaints to the course's errors: what happened, why, what helps."""

from __future__ import annotations

import re

from sosclib.lab.errors import ImageError, NameTaken, NotFound, SoscError, ToolMissing
from sosclib.lab.node import CommandResult

UNPACK = 'vm1.copy_to(sosc.udocker_archive(), "udocker.tar.gz"), then in the shell: tar -xzf udocker.tar.gz'
LISTS = "./udocker images and ./udocker ps list what there is."
PATTERNS: tuple[tuple[str, type[SoscError], str, str], ...] = (
    (r"udocker: (?:No such file|not found)", ToolMissing, "udocker is not on {machine} yet.", UNPACK),
    (r"udocker-files/lib is missing", ToolMissing, "Only the script of udocker is on {machine}.", UNPACK),
    (
        r"python3\W+: No such file",
        ToolMissing,
        "{machine} has no Python.",
        "udocker is written in Python 3; the machine's administrator can install it.",
    ),
    (
        r"proot executable not found|proot\.elf: .*cannot open",
        ToolMissing,
        "udocker has no PRoot to run containers with.",
        "./udocker install --force unpacks the one that came along with it.",
    ),
    (
        r"(?P<x>runc or crun|apptainer/singularity|apptainer or singularity|patchelf) executable not found",
        ToolMissing,
        "This mode needs {x}, which is not on {machine}.",
        "./udocker setup --execmode=P1 --force CONTAINER goes back to PRoot.",
    ),
    (
        r"(?P<x>libfakechroot) not found",
        ToolMissing,
        "This mode needs {x}, which is not on {machine}.",
        "./udocker setup --execmode=P1 --force CONTAINER goes back to PRoot.",
    ),
    (
        r"image file does not exist: (?P<x>\S+)|tar file does not exist: +(?P<y>\S+)",
        NotFound,
        "There is no file {x} on {machine}.",
        "ls shows the files there are.",
    ),
    (
        r"failed to extract container|load failed",
        ImageError,
        "udocker finds no image in that file.",
        "docker save writes what udocker load reads; docker export writes what udocker import reads.",
    ),
    (
        r"container name already exists",
        NameTaken,
        "Another container of udocker has that name.",
        "Take another name, or remove that container: ./udocker rm NAME",
    ),
    (
        r"pulling manifest",
        ImageError,
        "The registry does not hand out such an image.",
        "Check name and tag; where it wants to know who asks: vm1.udocker.login(…)",
    ),
    (
        r"Could not resolve host|Failed to connect",
        ImageError,
        "udocker has no such image, and no registry answers that could have it.",
        LISTS,
    ),
    (
        r"image or container not available|imagerepo is invalid|invalid container id|image not found"
        r"|no files downloaded|Error: deleting image",
        NotFound,
        "udocker has no image or container of that name.",
        LISTS,
    ),
    (
        r"invalid host volume path: \S+-group",
        ImageError,
        "The image has no list of groups, /etc/group, and udocker 1.3.17 cannot make up a user without it.",
        "Lend it the machine's: -v /etc/group:/etc/group --workdir=/",
    ),
    (
        r"invalid host volume path: (?P<x>\S+)",
        NotFound,
        "There is no folder {x} on {machine} to bind.",
        "mkdir -p makes it; udocker does not.",
    ),
    (
        r"invalid working directory: +(?P<x>\S+)",
        ImageError,
        "The image is to work in {x}, and has no such folder.",
        "Docker makes the folder, udocker does not: --workdir=/",
    ),
    (
        r"invalid execmode: (?P<x>\S+)",
        SoscError,
        "There is no mode {x}.",
        "P1, P2, F1, F2, F3, F4, R1, R2, R3 and S1 are those that there are.",
    ),
    (
        r"must specify image:tag|without tag",
        SoscError,
        "udocker wants the name in another form.",
        "With load without a tag, everywhere else with one: lunchbox:1.0",
    ),
)
"""What udocker says, the error, what happened, and what helps."""
COMPLAINT = re.compile(r"Error: |(?:/\S*/)?(?:bash|sh|env): ")
"""How lines begin that are udocker's own, or the shell's that did not find it."""


def raise_fault(result: CommandResult, machine: str) -> None:
    """Raise what a line to udocker failed of, where it is known; do nothing where it did not fail.

    Parameters
    ----------
    result : CommandResult
    machine : str
        The machine's title.

    Raises
    ------
    SoscError
        Of the kind that `PATTERNS` says. A command that fails inside a container is no fault of udocker's.
    """
    if not result.exit_code:
        return
    complaints = [line for line in result.stderr.splitlines() if COMPLAINT.match(line)]
    for pattern, kind, what, help in PATTERNS:
        for line in complaints:
            found = re.search(pattern, line)
            if found:
                name = next((text for text in found.groups() if text), "")
                raise kind(what.format(x=name, machine=machine), " ".join(line.split()), help)
