"""Folders that are this user's alone, short enough for sockets, and one program at a time in them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sosclib.lab.errors import LabError
from sosclib.lab.lab import Progress, quiet

# A Unix socket's path has at most 107 bytes, and ssh appends 17 while it makes one.
LONGEST = 107 - 17


def runtime_dir(state: Path) -> Path:
    """Return the folder of a lab's sockets, made where it is missing: private to this user, and short.

    Parameters
    ----------
    state : Path
        The lab's folder of what stays; another one has other sockets.

    Raises
    ------
    LabError
        Where no folder is private.
    """
    short = hashlib.sha256(str(state).encode()).hexdigest()[:10]
    return _private(_base() / short)


@contextmanager
def locked(state: Path, progress: Progress = quiet) -> Iterator[None]:
    """Let no other process start, stop or reset the lab of this folder meanwhile."""
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Waiting: another program starts or stops this lab just now")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _base() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given and os.access(given, os.W_OK) and len(f"{given}/sosc/{'x' * 30}") < LONGEST:
        return _private(Path(given) / "sosc")
    return _private(Path(tempfile.gettempdir()) / f"sosc-{os.getuid()}", Path("/tmp") / f"sosc-{os.getuid()}")


def _private(folder: Path, instead: Path | None = None) -> Path:
    """Make a folder that is this user's alone."""
    if instead is not None and len(f"{folder}/{'x' * 25}") >= LONGEST:
        folder = instead
    folder.mkdir(exist_ok=True, mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise LabError(
            f"The folder {folder} is not this user's alone.",
            "The lab's sockets must be out of others' reach.",
            f"Remove it or set it right: chmod 700 {folder}",
        )
    return folder
