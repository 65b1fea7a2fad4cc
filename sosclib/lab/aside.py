"""Files and folders made aside, then renamed: a half-made one is never taken for a whole one."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = os.uname().nodename
"""This computer's name among others that may see the same folders."""


@contextmanager
def made_aside(target: Path, mode: int = 0o755) -> Iterator[Path]:
    """Give a new folder beside `target`; it takes that name when all went well, else goes.

    Where another program was quicker, its folder stays, since somebody may use it already.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(target)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.{os.getpid()}.{HERE}.", dir=target.parent))
    try:
        yield folder
        folder.chmod(mode)
        try:
            folder.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_aside(target: Path, content: str | bytes, mode: int = 0o644) -> Path:
    """Write a file so that any reader sees the old one or the whole new one."""
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


def remove_leftovers(target: Path) -> None:
    """Remove what makers of the same target left that were killed half-way, on this computer.

    Others may share the folder over a network, and what they make just now is none of its processes.
    """
    for leftover in target.parent.glob(f".{target.name}.*.{glob.escape(HERE)}.*"):
        process = leftover.name.removeprefix(f".{target.name}.").split(".")[0]
        if process.isdigit() and not Path(f"/proc/{process}").exists():
            shutil.rmtree(leftover, ignore_errors=True)
