"""The ways in which udocker can execute a container: what each is, and whether it works on this machine."""

from __future__ import annotations

import re

from sosclib.engine.words import ellipsis

MODES = {
    "P1": "PRoot, helped by seccomp where it can be",
    "P2": "PRoot, stopping at every system call",
    "F1": "Fakechroot: paths are swapped in the C library",
    "R1": "runc, in namespaces of the user",
    "S1": "Apptainer, once called Singularity",
}
MARK = "it works"
COLUMNS = ("MODE", "BY", "WORKS", "WHY NOT")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
TROUBLE = re.compile(r"error|failed|denied|not found|unable", re.IGNORECASE)
LONGEST = 90


def outcome(mode: str, exit_code: int, output: str, fault: str = "") -> dict[str, str]:
    """Return a line of the table of modes.

    Parameters
    ----------
    mode : str
    exit_code : int
    output : str
        All that was written by a container that was to say `MARK`.
    fault : str
        What udocker complained of, where that is known already.
    """
    if exit_code == 0:
        works, why = "yes", ""
    elif MARK in output:
        works, why = (
            "half",
            f"it ran, but udocker answered with exit code {exit_code} and not with the program's",
        )
    else:
        said = [line.strip() for line in COLOURS.sub("", output).splitlines() if TROUBLE.search(line)]
        works, why = "no", fault or (said[-1] if said else f"exit code {exit_code}")
    return dict(zip(COLUMNS, (mode, MODES[mode], works, ellipsis(why, LONGEST)), strict=True))
