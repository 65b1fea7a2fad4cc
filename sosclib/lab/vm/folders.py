"""Where one lab keeps its files: what stays, and what lives only as long as the machines run."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import lab_dir, lab_name
from sosclib.lab.private import locked, runtime_dir


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

    def locked(self, progress: Progress = quiet) -> AbstractContextManager[None]:
        """Let no other process start, stop or reset this lab meanwhile."""
        return locked(self.state, self.runtime, progress)


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
    return Folders(name, state, runtime_dir(state))
