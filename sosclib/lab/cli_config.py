"""The Docker CLI's configuration in a lab on somebody's own engine: a folder of the lab's, not the owner's.

A `docker login` in a section must not write into the owner's configuration. The owner's contexts and plugins
are wanted, though, so that the CLI speaks to the same engine as everything else.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

VARIABLE = "DOCKER_CONFIG"
FOLDER, FILE = ".docker", "config.json"
LENT = ("contexts", "cli-plugins")
CHOICE = "currentContext"


def own_config(home: Path) -> Path:
    """Return the folder, made where it is not there, in which the owner's contexts and plugins are found.

    Parameters
    ----------
    home : Path
        The lab user's.
    """
    folder = home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    theirs = Path(os.environ.get(VARIABLE) or Path.home() / FOLDER)
    for name in LENT:
        if (theirs / name).is_dir() and not (folder / name).is_symlink():
            (folder / name).symlink_to((theirs / name).absolute())
    _choose_context(folder / FILE, theirs / FILE)
    return folder


def _choose_context(own: Path, theirs: Path) -> None:
    """Choose the context that the owner has chosen; logins stay."""
    before = _read(own)
    after = {key: value for key, value in before.items() if key != CHOICE}
    if CHOICE in _read(theirs):
        after[CHOICE] = _read(theirs)[CHOICE]
    if after != before:
        own.write_text(json.dumps(after, indent=1))
        own.chmod(0o600)


def _read(file: Path) -> dict[str, object]:
    """Return a configuration; one that nobody can read counts as empty."""
    try:
        content = json.loads(file.read_text())
    except (OSError, json.JSONDecodeError):
        return {}
    return content if isinstance(content, dict) else {}
