"""Folders that are this user's alone, short enough for sockets, and one program at a time in them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sosclib.lab.aside import write_aside
from sosclib.lab.errors import LabError
from sosclib.lab.lab import Progress, quiet

# A Unix socket's path has at most 107 bytes, and ssh appends 17 while it makes one.
LONGEST = 107 - 17
NOTE = "runtime"
"""The file in a lab's folder that says where its sockets are."""


def runtime_dir(state: Path) -> Path:
    """Return the folder of a lab's sockets, made where it is missing: private to this user, and short.

    Where it lies is noted in the lab's folder: while it is there, a program whose environment would have
    another one (a kernel without ``XDG_RUNTIME_DIR``, say) finds the same machines.

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
    note = state / NOTE
    noted = _noted(note)
    # The name tells a lab from a copy of its folder, which brings the note along.
    if noted is not None and noted.name == short and _is_private(noted):
        return noted
    folder = private(_base() / short)
    if folder != noted:
        with suppress(OSError):  # It only helps: on a full disk a lab can still be looked at, and removed.
            write_aside(note, os.fsencode(folder), 0o600)
    return folder


@contextmanager
def locked(state: Path, runtime: Path, progress: Progress = quiet) -> Iterator[None]:
    """Let no other process start, stop or reset the lab of these folders meanwhile.

    Parameters
    ----------
    state, runtime : Path
        The folder of what stays, and that of the sockets.
    progress : callable
        Is told where this program must wait.

    Raises
    ------
    LabError
        Where the folder of the sockets is not this user's alone.
    """
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Waiting: another program starts or stops this lab just now")
            fcntl.flock(lock, fcntl.LOCK_EX)
        private(runtime)  # whoever held the lock may have removed it
        yield


def _base() -> Path:
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given and os.access(given, os.W_OK) and len(f"{given}/sosc/{'x' * 30}") < LONGEST:
        return private(Path(given) / "sosc")
    return private(Path(tempfile.gettempdir()) / f"sosc-{os.getuid()}", Path("/tmp") / f"sosc-{os.getuid()}")


def private(folder: Path, instead: Path | None = None) -> Path:
    """Make a folder that is this user's alone.

    Raises
    ------
    LabError
        Where it is not.
    """
    if instead is not None and len(f"{folder}/{'x' * 25}") >= LONGEST:
        folder = instead
    folder.mkdir(exist_ok=True, mode=0o700)
    if not _is_private(folder):
        raise LabError(
            f"The folder {folder} is not this user's alone.",
            "The lab's sockets must be out of others' reach.",
            f"Remove it or set it right: chmod 700 {folder}",
        )
    return folder


def _noted(note: Path) -> Path | None:
    try:
        return Path(os.fsdecode(note.read_bytes()))
    except OSError:
        return None


def _is_private(folder: Path) -> bool:
    """Tell whether a folder is there, and this user's alone."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
