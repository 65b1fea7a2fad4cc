"""The Docker CLI's configuration in a lab on somebody's own engine: a folder of the lab's, not the owner's.

A `docker login` in a section must not write into the owner's configuration. The owner's contexts and plugins
are wanted, though, so that the CLI speaks to the same engine as everything else.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from sosclib.lab.aside import write_aside

VARIABLE = "DOCKER_CONFIG"
FOLDER, FILE = ".docker", "config.json"
LENT = ("contexts", "cli-plugins")
CHOICE = "currentContext"
PLUGINS = "cliPluginsExtraDirs"
"""Where the CLI looks for plugins beside the usual folders."""
INTERFERES = ("BUILDX_BUILDER", "BUILDX_CONFIG", "DOCKER_DEFAULT_PLATFORM")
"""What the owner has set for other work: a builder whose images reach no engine, another machine's kind."""
COMPOSE = "COMPOSE_"
"""How variables begin that tell Compose a stack's name, files and profiles, before any file ``.env``."""


def environment(home: Path) -> dict[str, str]:
    """Return the environment in which the commands of a lab on this computer run.

    Parameters
    ----------
    home : Path
        The lab user's.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in INTERFERES and not name.startswith(COMPOSE)
    }
    return {**kept, VARIABLE: str(own_config(home))}


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
    _choose_as(folder / FILE, theirs / FILE)
    return folder


def add_plugins(home: Path, plugins: Path) -> None:
    """Let the lab's CLI find the plugins of one more folder.

    Parameters
    ----------
    home : Path
        The lab user's.
    plugins : Path
        Is looked through before the owner's.
    """
    file = own_config(home) / FILE
    before = _read(file)
    _write(file, before | {PLUGINS: list(dict.fromkeys([str(plugins), *_folders(before)]))})


def _choose_as(own: Path, theirs: Path) -> None:
    """Choose the context that the owner has chosen, and find plugins where the owner does; logins stay."""
    before, owner = _read(own), _read(theirs)
    after = {key: value for key, value in before.items() if key != CHOICE}
    if CHOICE in owner:
        after[CHOICE] = owner[CHOICE]
    folders = list(dict.fromkeys([*_folders(before), *_folders(owner)]))
    if folders:
        after[PLUGINS] = folders
    if after != before:
        _write(own, after)


def _folders(config: dict[str, object]) -> list[str]:
    named = config.get(PLUGINS)
    return [str(folder) for folder in named] if isinstance(named, list) else []


def _write(file: Path, content: dict[str, object]) -> None:
    write_aside(file, json.dumps(content, indent=1), mode=0o600)


def _read(file: Path) -> dict[str, object]:
    """Return a configuration; one that nobody can read counts as empty."""
    try:
        content = json.loads(file.read_text())
    except (OSError, json.JSONDecodeError):
        return {}
    return content if isinstance(content, dict) else {}
