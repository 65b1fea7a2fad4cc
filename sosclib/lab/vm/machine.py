"""One virtual machine: what it is made of, and its QEMU process."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sosclib.lab.architecture import architecture
from sosclib.lab.errors import LabError
from sosclib.lab.vm import qemu
from sosclib.lab.vm.accelerator import arguments, processor, processor_name
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.image import MachineImage
from sosclib.lab.vm.monitor import DISK, FULL, RUNNING, Monitor

APPEND = (
    "console={console} quiet loglevel=3 mitigations=off net.ifnames=0 audit=0 nowatchdog panic=-1"
    " lsm=landlock systemd.show_status=0 systemd.hostname={title}"
)
END_PATIENCE = 10.0
SSH_PORT, RELAY_PORT = 22, 2222
"""Where VM1's public address leads to its own sshd, and on to VM2's."""
CABLE = "cable"
"""QEMU's name of the network card that leads to the other machine."""
Ports = tuple[int, int]
"""The ports of this computer's loopback that lead to these two."""


@dataclass(frozen=True)
class Spec:
    """What makes one of the two machines itself.

    Attributes
    ----------
    name, title : str
    private_address : str
    public_address : str or None
    private_mac : str
    public_mac : str or None
    """

    name: str
    title: str
    private_address: str
    public_address: str | None
    private_mac: str
    public_mac: str | None


VM1 = Spec("vm1", "VM1", "172.16.0.11", "10.0.2.15", "52:54:00:05:0c:11", "52:54:00:05:0c:01")
VM2 = Spec("vm2", "VM2", "172.16.0.12", None, "52:54:00:05:0c:12", None)
SPECS = (VM1, VM2)


@dataclass(frozen=True)
class Hardware:
    """The computer that both machines believe to have; a saved memory fits only the same one.

    Attributes
    ----------
    qemu, architecture, accelerator : str
    processor : str
        QEMU's word for it: under KVM ``host``, whatever that is.
    memory_mib, processors : int
    append : str
    below : str
        The name of the processor that is handed through under KVM; empty under TCG, where none is, and where
        it is not known.
    """

    qemu: str
    architecture: str
    accelerator: str
    processor: str
    memory_mib: int
    processors: int
    append: str = APPEND
    below: str = ""

    def differences(self, other: dict[str, object]) -> list[str]:
        """Name in words what differs from the hardware that something was saved on."""
        told = [
            f"{key.replace('_', ' ')} was {other.get(key)}, is {value}"
            for key, value in asdict(self).items()
            if key != "below" and other.get(key) != value
        ]
        if self.below and other.get("below") not in (self.below, "", None):
            told.append(f"saved on another processor: {other['below']}, here is {self.below}")
        return told


def hardware(accelerator: str, memory_mib: int) -> Hardware:
    """Return what this computer gives each machine."""
    processors = 2 if (os.cpu_count() or 1) >= 4 else 1
    return Hardware(
        qemu.version(),
        architecture().name,
        accelerator,
        processor(accelerator),
        memory_mib,
        processors,
        below=processor_name() if accelerator == "kvm" else "",
    )


class Process:
    """The QEMU process of one machine of a lab."""

    def __init__(self, spec: Spec, where: Folders) -> None:
        self.spec = spec
        self.where = where
        self.monitor = Monitor(where.monitor(spec.name))
        self._pid_file = where.runtime / f"{spec.name}.pid"

    def start(
        self, image: MachineImage, made_of: Hardware, *, ports: Ports, resume: str = ""
    ) -> subprocess.Popen[str]:
        """Start QEMU, paused where it resumes; it detaches when it is ready or ends with a message.

        Parameters
        ----------
        image : MachineImage
        made_of : Hardware
        ports : tuple of int
            See `Ports`.
        resume : str
            The tag of the saved state to go on from; empty to boot.

        Raises
        ------
        ToolMissing
            Where QEMU is not installed.
        """
        return subprocess.Popen(
            self._command(image, made_of, ports, resume),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.where.state,
        )

    def pid(self) -> int | None:
        """Return the process that runs this machine; None where there is none."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self.monitor.socket) in command else None

    def running(self) -> bool:
        """Tell whether the machine is there and runs; one that is paused does not."""
        return self.pid() is not None and self.monitor.state() == RUNNING

    def lacks_room(self) -> bool:
        """Tell whether QEMU has paused the machine because this computer's disk is full."""
        return self.pid() is not None and self.monitor.state() == FULL

    def end(self) -> None:
        """End QEMU, by force where it does not listen; what is in memory is lost."""
        pid = self.pid()
        if pid is not None:
            self.monitor.quit()
            begin = time.monotonic()
            while _lives(pid):
                if time.monotonic() - begin > END_PATIENCE:
                    _kill(pid)
                time.sleep(0.01)
        for lost in self._lost():
            _kill(lost)
            while _lives(lost):
                time.sleep(0.01)

    def _lost(self) -> list[int]:
        """Return processes that hold this machine's disk though the folder with their sockets has gone."""
        own, held = os.getuid(), os.fsencode(_disk(self.where.disk(self.spec.name)))
        return [
            int(folder.name)
            for folder in Path("/proc").iterdir()
            if folder.name.isdigit() and _owner(folder) == own and held in _words(folder)
        ]

    def _command(self, image: MachineImage, made_of: Hardware, ports: Ports, resume: str) -> list[str]:
        arch, where, name = architecture(), self.where, self.spec.name
        return [
            *(qemu.tool(arch.emulator), "-name", f"sosc-{where.name}-{name}"),
            *("-machine", arch.machine, *arguments(made_of.accelerator, made_of.processor)),
            *("-smp", str(made_of.processors), "-m", str(made_of.memory_mib)),
            *("-nodefaults", "-no-user-config", "-display", "none", "-daemonize"),
            *("-pidfile", str(self._pid_file), "-qmp", f"unix:{self.monitor.socket},server=on,wait=off"),
            *("-serial", f"file:{where.console(name)}", "-rtc", "base=utc"),
            *("-kernel", str(image.kernel.image), "-initrd", str(where.initramfs(name))),
            *("-append", APPEND.format(console=arch.console, title=self.spec.title)),
            *("-blockdev", _disk(where.disk(name)), "-device", f"virtio-blk-pci,drive={DISK}"),
            *("-device", "virtio-rng-pci", "-device", "virtio-balloon-pci,free-page-reporting=on"),
            *self._network(ports),
            *(("-loadvm", resume, "-S") if resume else ()),
        ]

    def _network(self, ports: Ports) -> list[str]:
        link = f"stream,id=private,addr.type=unix,addr.path={self.where.link}"
        private = f"virtio-net-pci,id={CABLE},netdev=private,mac={self.spec.private_mac},romfile="
        if self.spec.public_address is None:
            return ["-netdev", f"{link},server=off", "-device", private]
        doors = ",".join(
            f"hostfwd=tcp:127.0.0.1:{here}-{self.spec.public_address}:{there}"
            for here, there in zip(ports, (SSH_PORT, RELAY_PORT), strict=True)
        )
        return [
            *("-netdev", f"user,id=public,{doors}"),
            *("-device", f"virtio-net-pci,netdev=public,mac={self.spec.public_mac},romfile="),
            *("-netdev", f"{link},server=on", "-device", private),
        ]


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended just now
        os.kill(pid, signal.SIGKILL)


def _lives(pid: int) -> bool:
    """Tell whether a process is there; one that only waits for its parent to notice its end is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def _owner(process: Path) -> int | None:
    try:
        return process.stat().st_uid
    except OSError:
        return None


def _words(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def _disk(path: Path) -> str:
    # The host's power failing is the only case in which QEMU's unflushed writes are lost.
    file = f"file.driver=file,file.filename={_escaped(path)},file.cache.no-flush=on"
    return f"driver=qcow2,node-name={DISK},discard=unmap,cache.no-flush=on,{file}"


def _escaped(path: Path) -> str:
    return str(path).replace(",", ",,")


def start_both(
    processes: tuple[Process, Process],
    image: MachineImage,
    made_of: Hardware,
    *,
    ports: Ports,
    resume: str = "",
) -> None:
    """Start both machines at once: VM1 serves the link between them, so it comes first.

    Parameters
    ----------
    processes : tuple of Process
        VM1's and VM2's.
    image : MachineImage
    made_of : Hardware
    ports : tuple of int
    resume : str
        As for `Process.start`.

    Raises
    ------
    LabError
        Where one does not start; then neither runs.
    """
    first, second = processes
    first.where.link.unlink(missing_ok=True)
    started = [first.start(image, made_of, ports=ports, resume=resume)]
    while not first.where.link.exists() and started[0].poll() is None:
        time.sleep(0.01)
    started.append(second.start(image, made_of, ports=ports, resume=resume))
    complaints = [process.communicate()[1].strip() for process in started]
    if any(process.returncode for process in started):
        for one in processes:
            one.end()
        raise LabError("QEMU did not start the machines.", "\n".join(filter(None, complaints)))
