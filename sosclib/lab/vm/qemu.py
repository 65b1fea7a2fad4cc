"""QEMU's programs and what they say of themselves."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Sequence

from sosclib.lab.architecture import Architecture, architecture
from sosclib.lab.errors import LabError, ToolMissing
from sosclib.lab.system_packages import advice, find_program, packages

# The private link is a stream over a Unix socket, which older ones do not have.
OLDEST = (7, 2)


def tool(name: str) -> str:
    """Return the path of a program that the lab needs.

    Raises
    ------
    ToolMissing
        Where it is not installed; the message says how to install it.
    """
    path = find_program(name)
    if path is None:
        wanted = [package for package in packages() if name in package.programs]
        raise ToolMissing(
            f"The program {name} is not installed.",
            f"It {wanted[0].why}." if wanted else "",
            f"sosc setup   (or by hand: {advice(wanted)})" if wanted else "",
        )
    return path


@functools.cache
def version(arch: Architecture | None = None) -> str:
    """Return the version of the installed QEMU, as its package has it.

    Raises
    ------
    ToolMissing
        Where there is none.
    LabError
        Where it does not tell its version, or is older than `OLDEST`.
    """
    emulator = tool((arch or architecture()).emulator)
    answer = run([emulator, "--version"])
    found = re.search(r"version (\d+)\.(\d+)\S*(?: \(([^)]*)\))?", answer)
    if found is None:
        raise LabError("QEMU does not tell its version.", answer.strip())
    if (int(found[1]), int(found[2])) < OLDEST:
        raise LabError(
            f"QEMU {found[1]}.{found[2]} is too old for the lab.",
            f"The link between the two machines needs {OLDEST[0]}.{OLDEST[1]} or newer.",
            "Debian 12, Ubuntu 23.04 and everything later have it.",
        )
    return found[3] or f"{found[1]}.{found[2]}"


def run(command: Sequence[str], *, stdin: str | None = None) -> str:
    """Run a program of the lab to its end and return its output.

    Raises
    ------
    LabError
        Where it fails; the message carries what it said.
    """
    done = subprocess.run(
        list(command),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    if done.returncode:
        why = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise LabError(f"`{command[0].rsplit('/', 1)[-1]}` failed with exit code {done.returncode}.", why)
    return done.stdout
