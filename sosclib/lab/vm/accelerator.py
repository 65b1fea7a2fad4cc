"""Which accelerator really boots a guest here, found by booting one."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from sosclib.lab.aside import write_aside
from sosclib.lab.errors import LabError
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import cache_dir
from sosclib.lab.vm import qemu
from sosclib.lab.vm.architecture import architecture

DEVICE = Path("/dev/kvm")
LIMIT = 6.0
ARGUMENTS = {"kvm": ("-accel", "kvm"), "tcg": ("-accel", "tcg,thread=multi")}


@dataclass(frozen=True)
class Accelerator:
    """How the guests' instructions are run.

    Attributes
    ----------
    name : str
        ``kvm``: by the processor itself; ``tcg``: translated in software.
    evidence : str
        How this is known.
    """

    name: str
    evidence: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """QEMU's arguments for it."""
        return arguments(self.name, processor(self.name))

    def __repr__(self) -> str:
        return f"{self.name}: {self.evidence}"


def processor(name: str) -> str:
    """Return the processor that guests have under an accelerator."""
    return "host" if name == "kvm" else architecture().emulated_processor


def arguments(name: str, processor: str) -> tuple[str, ...]:
    """Return QEMU's arguments for an accelerator and a processor."""
    return (*ARGUMENTS[name], "-cpu", processor)


def accelerator(progress: Progress = quiet) -> Accelerator:
    """Return the accelerator that works on this computer with this QEMU.

    The answer is found once, by booting the smallest virtual machine under KVM, and kept in the cache.
    ``SOSC_ACCELERATOR`` (``kvm`` or ``tcg``) overrides it.
    """
    asked = os.environ.get("SOSC_ACCELERATOR")
    if asked:
        if asked not in ARGUMENTS:
            raise LabError(
                f"There is no accelerator {asked!r}.",
                help=f"SOSC_ACCELERATOR is one of {', '.join(ARGUMENTS)}.",
            )
        return Accelerator(asked, "asked for by SOSC_ACCELERATOR")
    if not DEVICE.exists():
        return Accelerator("tcg", f"{DEVICE} is not there: this computer offers no KVM")
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return Accelerator("tcg", f"{DEVICE} is there, but you may not use it (sudo adduser $USER kvm)")
    cache = cache_dir() / "accelerator.json"
    circumstances = f"{platform.node()} {platform.release()} {qemu.version()} {_processor()}"
    known = _read(cache)
    if circumstances not in known:
        progress("Trying whether a guest boots under KVM")
        known[circumstances] = asdict(_try_kvm(progress))
        with contextlib.suppress(OSError):  # A class may share a cache that it cannot write to.
            write_aside(cache, json.dumps(known, indent=1))
    return Accelerator(**known[circumstances])


def _try_kvm(progress: Progress) -> Accelerator:
    from sosclib.lab.vm.tiny import NoBoot, boot_tiny

    try:
        guest = boot_tiny(Accelerator("kvm", "to be tried"), limit=LIMIT, progress=progress)
    except NoBoot as reason:
        return Accelerator(
            "tcg", f"{DEVICE} is there, but no guest boots. {reason.what} {reason.why}".strip()
        )
    return Accelerator("kvm", f"a guest booted under KVM in {guest.seconds:.1f} s")


def _processor() -> str:
    """Return the processor's name: a home folder may be shared by computers."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def _read(cache: Path) -> dict[str, dict[str, str]]:
    try:
        answers: dict[str, dict[str, str]] = json.loads(cache.read_text())
    except (OSError, ValueError):
        return {}
    return answers
