"""What differs between processor architectures, in one table."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from sosclib.lab.errors import LabError


@dataclass(frozen=True)
class Architecture:
    """One architecture that the virtual machines can have.

    Attributes
    ----------
    name : str
        As the kernel says it (``uname -m``).
    debian : str
        As Debian says it.
    emulator : str
        QEMU's program.
    machine : str
        QEMU's board.
    console : str
        The kernel's name of the first serial line.
    emulated_processor : str
        QEMU's processor where it is translated in software: all it has, but for what only costs time there.
    kernel_package : str
        The Debian package that depends on the current kernel for virtual machines.
    tested : bool
    """

    name: str
    debian: str
    emulator: str
    machine: str
    console: str
    emulated_processor: str
    kernel_package: str
    tested: bool


ARCHITECTURES = {
    one.name: one
    for one in (
        Architecture(
            "x86_64",
            "amd64",
            "qemu-system-x86_64",
            "pc",
            "ttyS0",
            "max,la57=off,smap=off,smep=off,umip=off,pku=off,svm=off",
            "linux-image-cloud-amd64",
            tested=True,
        ),
        Architecture(
            "aarch64",
            "arm64",
            "qemu-system-aarch64",
            "virt",
            "ttyAMA0",
            "max",
            "linux-image-cloud-arm64",
            tested=False,
        ),
    )
}
ALIASES = {"amd64": "x86_64", "arm64": "aarch64"}


def architecture(name: str | None = None) -> Architecture:
    """Return an architecture, this computer's by default.

    Raises
    ------
    LabError
        Where the table does not have it.
    """
    name = name or platform.machine()
    name = ALIASES.get(name.lower(), name)
    if name not in ARCHITECTURES:
        raise LabError(
            f"The lab's virtual machines cannot be made for the architecture {name}.",
            f"The table knows {', '.join(ARCHITECTURES)}.",
            "Use the host lab: an engine that answers on this computer.",
        )
    return ARCHITECTURES[name]
