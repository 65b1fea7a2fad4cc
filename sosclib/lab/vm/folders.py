"""Where one lab keeps its files: what stays, and what lives only as long as the machines run."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sosclib.lab.errors import LabError
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import lab_dir, lab_name

# A Unix socket's path has at most 107 bytes, and ssh appends 17 while it makes one.
LONGEST = 107 - 17


@dataclass(frozen=True)
class Folders:
    """The files of one lab.

    Attributes
    ----------
    name : str
        The lab's.
    state : Path
        Disks, keys, record.
    runtime : Path
        Sockets; private to this user, and short.
    """

    name: str
    state: Path
    runtime: Path

    def disk(self, machine: str) -> Path:
        """Return a machine's own disk: what differs from the image."""
        return self.state / f"{machine}.qcow2"

    def initramfs(self, machine: str) -> Path:
        """Return a machine's first file system, with its own files."""
        return self.state / f"{machine}.cpio"

    def console(self, machine: str) -> Path:
        """Return what a machine's kernel said on its serial line."""
        return self.state / f"{machine}.console"

    def monitor(self, machine: str) -> Path:
        """Return the socket of QEMU's monitor."""
        return self.runtime / f"{machine}.qmp"

    def engine(self, machine: str) -> Path:
        """Return the forwarded socket of a machine's Docker Engine."""
        return self.runtime / f"{machine}.docker"

    @property
    def link(self) -> Path:
        """The socket that is the cable between the machines."""
        return self.runtime / "link"

    @property
    def ssh_config(self) -> Path:
        """The configuration under which ssh finds the machines."""
        return self.runtime / "ssh_config"

    @contextmanager
    def locked(self, progress: Progress = quiet) -> Iterator[None]:
        """Let no other process start, stop or reset this lab meanwhile."""
        with (self.state / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress("Waiting: another program starts or stops this lab just now")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def folders(name: str | None = None) -> Folders:
    """Return a lab's folders, made where they are missing.

    Raises
    ------
    LabError
        Where no folder is private and short enough for sockets.
    """
    name = name or lab_name()
    state = lab_dir(name) / "vm"
    state.mkdir(exist_ok=True, mode=0o700)
    short = hashlib.sha256(str(state).encode()).hexdigest()[:10]
    return Folders(name, state, _private(_base() / short))


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
