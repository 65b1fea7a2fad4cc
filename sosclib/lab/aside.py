"""Files and folders made aside, then renamed: a half-made one is never taken for a whole one."""

from __future__ import annotations

import glob
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sosclib.lab.errors import LabError

HERE = os.uname().nodename
"""This computer's name among others that may see the same folders."""

OPEN = 0o755
"""The mode of a folder that others may read: a class may share what one of it has made."""


def open_folder(folder: Path, *, to_write: bool = False, above: bool = True) -> Path:
    """Return a folder, made with those above it where they are missing: open to others, whatever the umask.

    Parameters
    ----------
    folder : Path
    to_write : bool
        Whether this user is to write there.
    above : bool
        Whether those above it are opened as well, where they are made.

    Raises
    ------
    LabError
        Where this user may not read it, or not write there.
    """
    try:
        for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
            with suppress(FileExistsError):  # another program was quicker
                missing.mkdir()
                if above or missing == folder:
                    missing.chmod(OPEN)
        permitted = os.access(folder, os.X_OK | (os.W_OK if to_write else os.R_OK))
    except PermissionError:
        permitted = False
    if not permitted:
        readable = to_write and os.access(folder, os.R_OK | os.X_OK)
        opens = "" if readable else f"opens it (chmod -R a+rX {folder}) and "
        raise LabError(
            f"The folder {folder} {'may not be written to by you' if readable else 'is closed to you'}.",
            "What the course makes once is kept there, perhaps by somebody else for many.",
            f"Its owner {opens}makes what is missing (sosc prefetch);"
            " or take a folder of your own: export SOSC_CACHE=…",
        )
    return folder


@contextmanager
def made_aside(target: Path, mode: int = OPEN) -> Iterator[Path]:
    """Give a new folder beside `target`; it takes that name when all went well, else goes.

    Where another program was quicker, its folder stays, since somebody may use it already. With the mode 0755
    everybody may read all that is in it, whatever the umask.

    Raises
    ------
    LabError
        Where the folder in which it is to lie is closed to this user.
    """
    if mode == OPEN:
        open_folder(target.parent, to_write=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(target)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.{os.getpid()}.{HERE}.", dir=target.parent))
    try:
        yield folder
        folder.chmod(mode)
        if mode == OPEN:
            _open_all(folder)
        try:
            folder.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_aside(target: Path, content: str | bytes, mode: int = 0o644) -> Path:
    """Write a file so that any reader sees the old one or the whole new one.

    Parameters
    ----------
    target : Path
    content : str or bytes
    mode : int
        Its permissions.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())  # a power failure after the renaming would leave an empty one
        Path(name).chmod(mode)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    return target


def _open_all(folder: Path) -> None:
    """Let everybody read what is in a folder, and run what its owner may run."""
    for path in folder.rglob("*"):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (0o555 if mode & stat.S_IXUSR else 0o444))


def remove_leftovers(target: Path) -> None:
    """Remove what makers of the same target left that were killed half-way, on this computer.

    Others may share the folder over a network, and what they make just now is none of its processes.
    """
    for leftover in target.parent.glob(f".{target.name}.*.{glob.escape(HERE)}.*"):
        process = leftover.name.removeprefix(f".{target.name}.").split(".")[0]
        if process.isdigit() and not Path(f"/proc/{process}").exists():
            shutil.rmtree(leftover, ignore_errors=True)
