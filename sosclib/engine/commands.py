"""Text that is typed into a shell, split where the shell would take it: into complete commands."""

from __future__ import annotations

import os
import shutil
import subprocess

HEREDOC_OPEN = b"here-document"


def commands(text: str) -> list[str]:
    """Split text into complete commands; a loop, a quoted line break or a here-document stay together."""
    found: list[str] = []
    pending: list[str] = []
    for line in text.splitlines():
        if not pending and not line.strip():
            continue
        pending.append(line)
        if complete("\n".join(pending)):
            found.append("\n".join(pending))
            pending = []
    return [*found, "\n".join(pending)] if pending else found


def complete(command: str) -> bool:
    """Tell whether a shell would run a command, rather than ask for its next line."""
    if command.endswith("\\"):
        return False
    shell = shutil.which("bash")
    if shell is None:
        return True
    # An open here-document is but a warning, in the user's language.
    english = {**os.environ, "LC_ALL": "C"}
    read = subprocess.run(
        [shell, "-n"], input=command.encode(), capture_output=True, check=False, env=english
    )
    return read.returncode == 0 and HEREDOC_OPEN not in read.stderr
