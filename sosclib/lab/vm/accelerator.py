"""Which accelerator really boots a guest here, found by booting one."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sosclib.lab.architecture import architecture
from sosclib.lab.aside import write_aside
from sosclib.lab.errors import LabError
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import cache_dir
from sosclib.lab.vm import qemu

DEVICE = Path("/dev/kvm")
LIMIT = 6.0
AGAIN_AFTER = 24 * 3600.0
"""Seconds for which a no to KVM is believed."""
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
    tried : bool
        Whether a guest was to boot for that.
    """

    name: str
    evidence: str
    tried: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """QEMU's arguments for it."""
        return arguments(self.name, processor(self.name))

    def __repr__(self) -> str:
        return f"{self.name}: {self.evidence}"


def processor(name: str) -> str:
    """Return the processor that guests have under an accelerator."""
    return "host" if name == "kvm" else architecture().emulated_processor


def processor_name() -> str:
    """Return the name of this computer's processor: a home folder may be shared by computers."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def arguments(name: str, processor: str) -> tuple[str, ...]:
    """Return QEMU's arguments for an accelerator and a processor."""
    return (*ARGUMENTS[name], "-cpu", processor)


def accelerator(progress: Progress = quiet, *, again: bool = False) -> Accelerator:
    """Return the accelerator that works on this computer with this QEMU.

    The answer is found by booting the smallest virtual machine under KVM, and kept in the cache. A no is kept
    for a day: the computer may only have been busy. ``SOSC_ACCELERATOR`` (``kvm`` or ``tcg``) overrides it.

    Parameters
    ----------
    progress : callable
    again : bool
        Try whatever was found before.

    Raises
    ------
    LabError
        Where ``SOSC_ACCELERATOR`` names none.
    ToolMissing
        Where there is no QEMU to try it with.
    """
    found = _at_once() or (None if again else _kept())
    if found is None:
        progress("Trying whether a guest boots under KVM")
        found = replace(_try_kvm(progress), tried=True)
        entry = {**asdict(found), "at": time.time()}
        with contextlib.suppress(OSError):  # A class may share a cache that it cannot write to.
            write_aside(_file(), json.dumps({**_read(_file()), _circumstances(): entry}, indent=1))
    return found


def known() -> Accelerator | None:
    """Return the accelerator where that is known without booting anything; raises as `accelerator` does."""
    return _at_once() or _kept()


def _at_once() -> Accelerator | None:
    """Return the answer where nothing needs to be tried."""
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
    return None


def _kept() -> Accelerator | None:
    """Return what was found before under the same circumstances, and still counts."""
    entry = _read(_file()).get(_circumstances())
    if entry is None:
        return None
    found = Accelerator(str(entry["name"]), str(entry["evidence"]), tried=True)
    fresh = time.time() - float(entry.get("at", 0)) < AGAIN_AFTER
    return found if fresh or found.name == "kvm" else None


def _file() -> Path:
    return cache_dir() / "accelerator.json"


def _circumstances() -> str:
    return f"{platform.node()} {platform.release()} {qemu.version()} {processor_name()}"


def _try_kvm(progress: Progress) -> Accelerator:
    from sosclib.lab.vm.tiny import NoBoot, boot_tiny

    try:
        guest = boot_tiny(Accelerator("kvm", "to be tried"), limit=LIMIT, progress=progress)
    except NoBoot as reason:
        return Accelerator(
            "tcg", f"{DEVICE} is there, but no guest boots. {reason.what} {reason.why}".strip()
        )
    return Accelerator("kvm", f"a guest booted under KVM in {guest.seconds:.1f} s")


def _read(cache: Path) -> dict[str, dict[str, Any]]:
    try:
        answers: dict[str, dict[str, Any]] = json.loads(cache.read_text())
    except (OSError, ValueError):
        return {}
    return answers
