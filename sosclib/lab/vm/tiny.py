"""The smallest virtual machine: a kernel, one program that says hello, power off."""

from __future__ import annotations

import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sosclib.lab.architecture import architecture
from sosclib.lab.errors import LabError
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.vm import cpio
from sosclib.lab.vm.kernel import Kernel, kernel
from sosclib.lab.vm.qemu import tool

if TYPE_CHECKING:
    from sosclib.lab.vm.accelerator import Accelerator

GREETING = "Hello from a computer inside your computer."
INIT = f"""#!/busybox sh
echo
echo "GREETING {GREETING}"
echo "KERNEL $(/busybox uname -r)"
/busybox poweroff -f
"""
LIMIT = 120.0
MEMORY_MIB = 128


@dataclass(frozen=True)
class Guest:
    """What a virtual machine left that came to life and switched itself off.

    Attributes
    ----------
    greeting : str
        What its one program said.
    kernel : str
        The release of its kernel.
    seconds : float
        From QEMU's start to its end.
    accelerator : str
    """

    greeting: str
    kernel: str
    seconds: float
    accelerator: str


class NoBoot(LabError):
    """A virtual machine did not come to life."""


def boot_tiny(
    accelerator: Accelerator | None = None, *, limit: float = LIMIT, progress: Progress = quiet
) -> Guest:
    """Boot the smallest virtual machine and wait until it has switched itself off.

    Parameters
    ----------
    accelerator : Accelerator, optional
        The one that works here by default.
    limit : float
        Seconds after which it counts as hung.
    progress : callable
        Is told each phase.

    Raises
    ------
    NoBoot
        Where it hangs, or ends without its greeting.
    """
    if accelerator is None:
        from sosclib.lab.vm.accelerator import accelerator as working

        accelerator = working(progress)
    files = kernel(progress)
    # Not in the cache: a class may share one that it cannot write to.
    with tempfile.NamedTemporaryFile(prefix="sosc-tiny-") as initramfs:
        initramfs.write(_initramfs(files))
        initramfs.flush()
        command = _command(accelerator, files, initramfs.name)
        begin = time.perf_counter()
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, check=False
            )
        except subprocess.TimeoutExpired:
            raise NoBoot(
                f"The smallest virtual machine did not boot within {limit:.0f} s under {accelerator.name}."
            ) from None
        seconds = time.perf_counter() - begin
    output = done.stdout.decode(errors="replace")
    said = dict(line.strip().split(" ", 1) for line in output.splitlines() if " " in line.strip())
    if "GREETING" not in said:
        why = (output + done.stderr.decode(errors="replace")).strip().splitlines()
        raise NoBoot(
            f"The smallest virtual machine did not boot under {accelerator.name}.", next(iter(why), "")
        )
    return Guest(said["GREETING"], said["KERNEL"], seconds, accelerator.name)


def _initramfs(files: Kernel) -> bytes:
    return cpio.archive(
        [
            cpio.folder("dev"),
            cpio.program("busybox", files.busybox.read_bytes()),
            cpio.program("init", INIT.encode()),
        ]
    )


def _command(accelerator: Accelerator, files: Kernel, initramfs: str) -> list[str]:
    arch = architecture()
    return [
        tool(arch.emulator),
        *("-machine", arch.machine, *accelerator.arguments),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-m", str(MEMORY_MIB)),
        *("-serial", "stdio", "-kernel", str(files.image), "-initrd", initramfs),
        *("-append", f"console={arch.console} quiet panic=-1 mitigations=off"),
    ]
