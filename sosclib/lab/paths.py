"""Where the course keeps its files on this machine, and where its own data lie."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

import platformdirs

from sosclib.lab.aside import open_folder
from sosclib.lab.errors import LabError

ROOT = Path(__file__).resolve().parents[2]
LAB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,60}")


def cache_dir() -> Path:
    """Return the folder of what can be made again: images, disks, downloaded packages.

    ``SOSC_CACHE`` overrides the platform's default; a relative path begins at the checkout.

    Raises
    ------
    LabError
        Where it is closed to this user.
    """
    given = _given("SOSC_CACHE")
    # Above the platform's own lie the caches of other programs.
    return open_folder(given or platformdirs.user_cache_path("sosc"), above=given is not None)


def state_dir() -> Path:
    """Return the folder of what must not be lost: labs, keys, ledgers, progress.

    ``SOSC_STATE`` overrides the platform's default; a relative path begins at the checkout.
    """
    folder = _given("SOSC_STATE") or platformdirs.user_state_path("sosc")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def lab_name() -> str:
    """Return the name of this checkout's lab: ``SOSC_LAB_NAME``, or one made for it and its owner.

    Two checkouts of one user have different labs, and so have two people who share an engine, though their
    checkouts may lie at the same path.

    Raises
    ------
    LabError
        Where what ``SOSC_LAB_NAME`` says would not do as a part of names of files and containers.
    """
    given = os.environ.get("SOSC_LAB_NAME") or _made_up_name()
    if not LAB_NAME.fullmatch(given):
        raise LabError(
            f"A lab cannot be called {given!r}.",
            "Files, containers and machines are named after it.",
            "SOSC_LAB_NAME begins with a letter or a digit; dots, dashes and underscores may follow.",
        )
    return given


def own_mark() -> str:
    """Return what tells this state folder's owner from everybody else: made at random, once."""
    kept = state_dir() / "mark"
    if not kept.exists():
        with tempfile.NamedTemporaryFile("w", dir=kept.parent, prefix=".mark.") as fresh:
            fresh.write(secrets.token_hex(4))
            fresh.flush()
            with suppress(FileExistsError):  # another process was first, and its mark counts
                os.link(fresh.name, kept)
    return kept.read_text()


def lab_dir(name: str | None = None) -> Path:
    """Return the private folder (mode 0700) of a lab's state."""
    folder = state_dir() / "labs" / (name or lab_name())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def data_dir() -> Path:
    """Return the course's own data: image recipes, VM definition, reference timings."""
    return ROOT / "data"


def notebooks_dir() -> Path:
    """Return the folder of the sections."""
    return ROOT / "notebooks"


def _given(variable: str) -> Path | None:
    """Return the folder that a variable names: the same one wherever a program works, as kernels do."""
    given = os.environ.get(variable)
    return ROOT / given if given else None


def _made_up_name() -> str:
    return hashlib.sha256(f"{own_mark()} {ROOT}".encode()).hexdigest()[:8]
