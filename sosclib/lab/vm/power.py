"""Both machines of a lab switched on and off: booted, resumed, saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any

from sosclib.lab.errors import LabError, SoscError
from sosclib.lab.lab import Progress
from sosclib.lab.ssh.engine import await_engine, free_port
from sosclib.lab.vm import qemu
from sosclib.lab.vm.accelerator import known
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.identity import identity
from sosclib.lab.vm.image import MachineImage
from sosclib.lab.vm.machine import SPECS, VM1, VM2, Hardware, Process, start_both
from sosclib.lab.vm.node import VmNode
from sosclib.lab.vm.record import Record, write
from sosclib.lab.vm.ssh import connection, logins, write_config

BOOT_LIMIT = 300.0
RESUME_LIMIT = 60.0
FULL_AGAIN = 1.0
"""Seconds within which a machine that goes on stands still again where its disk has no room yet."""
READY = b"sshd is ready"
"""What a machine says on its serial line once it can be reached."""
SET_CLOCK = "/usr/local/lib/lab/date -u -s @{now:.3f} >/dev/null"
# One that is right is left alone: the command arrives a little late, and would set it back by as much.
CORRECT_CLOCK = "late=$(({now:.0f} - $(date +%s))); [ ${{late#-}} -lt 3 ] || " + SET_CLOCK
SETTLED = "systemctl is-system-running --wait"


class Power:
    """The switch of both machines.

    Parameters
    ----------
    where : Folders
    nodes : tuple of VmNode
    progress : callable
    """

    def __init__(self, where: Folders, nodes: tuple[VmNode, VmNode], progress: Progress) -> None:
        self.where = where
        self.nodes = nodes
        self.progress = progress
        self.processes = (Process(VM1, where), Process(VM2, where))

    def running(self) -> bool:
        """Tell whether both machines are there."""
        return all(process.running() for process in self.processes)

    def missing(self) -> list[VmNode]:
        """Return the nodes whose machines are off."""
        return [
            node for node, process in zip(self.nodes, self.processes, strict=True) if process.pid() is None
        ]

    def make_disks(self, image: MachineImage) -> None:
        """Give both machines new disks, and their first file systems."""
        self.progress("Making the disks of VM1 and VM2")
        keys = identity(self.where)
        for spec in SPECS:
            disk = self.where.disk(spec.name)
            aside = disk.with_suffix(".new")
            qemu.run(
                [
                    *(qemu.tool("qemu-img"), "create", "-q", "-f", "qcow2"),
                    *("-b", str(image.disk), "-F", "raw", str(aside)),
                ]
            )
            aside.replace(disk)
            self.where.initramfs(spec.name).write_bytes(image.initramfs.read_bytes() + keys.own_files(spec))

    def boot(self, image: MachineImage, made_of: Hardware, record: Record) -> Record:
        """Switch both on and wait until their engines answer.

        Parameters
        ----------
        image : MachineImage
        made_of : Hardware
        record : Record

        Raises
        ------
        LabError
            Where one does not start, or does not answer within `BOOT_LIMIT` seconds.
        """
        self.progress(f"Booting VM1 and VM2 ({made_of.accelerator})")
        record = self._start(image, made_of, record.without_last())
        for node in self.nodes:
            self._await_ready(node, BOOT_LIMIT)
            self._reach(node, BOOT_LIMIT)
            self.progress(f"{node.title} answers to ssh")
        self._each(lambda node: await_engine(node, BOOT_LIMIT), self.nodes)
        return record

    def resume(self, image: MachineImage, made_of: Hardware, record: Record) -> Record:
        """Go on where both were saved and wait until their engines answer.

        Parameters
        ----------
        image : MachineImage
        made_of : Hardware
        record : Record
            It names the state to go on from.

        Raises
        ------
        LabError, CommandFailed
            Where one does not start or answer within `RESUME_LIMIT` seconds, or its clock cannot be set.
        """
        self.progress("Resuming VM1 and VM2")
        record = self._start(image, made_of, record, resume=record.tag(record.resume))
        record = write(self.where, record.without_last())
        self.go_on()
        self._each(self._awake, self.nodes)
        return record

    def _awake(self, node: VmNode) -> None:
        self._reach(node, RESUME_LIMIT)
        with ThreadPoolExecutor(1) as beside:
            clock = beside.submit(set_clock, node)
            await_engine(node, RESUME_LIMIT)
            clock.result()

    def settle(self) -> None:
        """Wait until both have done what they do after a boot."""
        self._each(lambda node: node.carry(SETTLED), self.nodes)

    def save(self, tag: str, wanted: Collection[str]) -> None:
        """Keep the state of both under a tag, beside those wanted, and leave them paused.

        Raises
        ------
        LabError
            Where that fails; then they go on.
        """
        # Should the saved state not fit one day, the machines boot from their disks: with all files, then.
        self._each(lambda node: node.carry("sync"), self.nodes)
        monitors = [process.monitor for process in self.processes]
        try:
            for monitor in monitors:
                monitor.execute("stop")
            self._each(lambda monitor: monitor.save(tag, wanted), monitors)
        except BaseException:
            self.go_on()
            raise

    def go_on(self) -> None:
        """Let both go on where they were paused."""
        for process in self.processes:
            process.monitor.execute("cont")

    def require_room(self) -> None:
        """See that no machine stands still because this computer's disk is full.

        Raises
        ------
        LabError
            Where one does.
        """
        if any(process.lacks_room() for process in self.processes):
            raise LabError(
                f"The machines stand still: the disk that holds {self.where.state} is full, or was.",
                "They could not write, and wait; nothing is lost.",
                "make room where there is none yet, then sosc up",
            )

    def go_on_with_room(self) -> None:
        """Let machines go on that stood still because this computer's disk was full.

        Raises
        ------
        LabError
            Where it still is.
        """
        waiting = [process for process in self.processes if process.lacks_room()]
        for process in waiting:
            process.monitor.execute("cont")
        if waiting:
            time.sleep(FULL_AGAIN)
            self.require_room()

    def correct_clocks(self) -> None:
        """Give both this computer's time where theirs stood still; where one takes none, that is told."""
        try:
            self._each(lambda node: _tell_time(node, CORRECT_CLOCK), self.nodes)
        except SoscError as error:
            self.progress(f"The clock of a machine may be wrong: {error}")

    def off(self) -> None:
        """End both; what is in memory only is lost."""
        for login in (login for spec in reversed(SPECS) for login in reversed(logins(spec))):
            connection(self.where, login).close()
        for process in self.processes:
            process.end()
        for path in self.where.runtime.iterdir():
            path.unlink(missing_ok=True)

    def off_alone(self, number: int) -> None:
        """End one of both; what is in its memory only is lost."""
        for login in logins(SPECS[number]):
            connection(self.where, login).close()
        self.processes[number].end()
        self.where.monitor(SPECS[number].name).unlink(missing_ok=True)

    def on_alone(self, number: int, image: MachineImage, made_of: Hardware) -> None:
        """Boot one of both from its disk, and wait until it can be reached.

        Parameters
        ----------
        number : int
            0 for VM1, 1 for VM2.
        image : MachineImage
        made_of : Hardware

        Raises
        ------
        LabError
            Where it does not start, or does not answer within `BOOT_LIMIT` seconds.
        """
        ports = (free_port(), free_port())
        node, process = self.nodes[number], self.processes[number]
        if process.spec is VM1:
            # The ports of this computer lead to VM1, and through it to VM2.
            write_config(self.where, identity(self.where), ports)
            self.where.link.unlink(missing_ok=True)
        started = process.start(image, made_of, ports=ports)
        complaint = started.communicate()[1].strip()
        if started.returncode:
            raise LabError(f"QEMU did not start {node.title}.", complaint)
        self._await_ready(node, BOOT_LIMIT)
        self._reach(node, BOOT_LIMIT)

    def _start(self, image: MachineImage, made_of: Hardware, record: Record, resume: str = "") -> Record:
        ports = (free_port(), free_port())
        record = write(self.where, replace(record, hardware=asdict(made_of)))
        write_config(self.where, identity(self.where), ports)
        start_both(self.processes, image, made_of, ports=ports, resume=resume)
        return record

    def _await_ready(self, node: VmNode, limit: float) -> None:
        begin = time.monotonic()
        while READY not in self.where.console(node.name).read_bytes():
            self._still_there(node)
            if time.monotonic() - begin > limit:
                raise self._silent(node, limit)
            time.sleep(0.1)

    def _reach(self, node: VmNode, limit: float) -> None:
        begin = time.monotonic()
        while True:
            try:
                node.carrier.open(forward=node.socket)
                return
            except LabError as error:
                self._still_there(node)
                if time.monotonic() - begin > limit:
                    raise self._silent(node, limit, f"{error.why} ") from None
                time.sleep(0.3)

    def _silent(self, node: VmNode, limit: float, why: str = "") -> LabError:
        found = known()
        without_kvm = "; without KVM: SOSC_ACCELERATOR=tcg sosc up" if found and found.name == "kvm" else ""
        return LabError(
            f"{node.title} does not answer within {limit:.0f} s.",
            f"{why}What its kernel said is in {self.where.console(node.name)}.",
            f"sosc up once more, or make the machines anew: sosc destroy, then sosc up{without_kvm}",
        )

    def _still_there(self, node: VmNode) -> None:
        # VM2 is reached through VM1.
        for needed in self.nodes[: self.nodes.index(node) + 1]:
            if needed in self.missing():
                raise LabError(
                    f"{needed.title} has ended before {node.title} answered.",
                    f"What its kernel said is in {self.where.console(needed.name)}.",
                    "sosc up",
                )

    def _each(self, do: Callable[[Any], Any], to: Iterable[Any]) -> None:
        with ThreadPoolExecutor(len(SPECS)) as threads:
            list(threads.map(do, to))


def set_clock(node: VmNode) -> None:
    """Give a node this computer's time: its own clock stood still while it was down."""
    _tell_time(node, SET_CLOCK)


def _tell_time(node: VmNode, command: str) -> None:
    node.carry(command.format(now=time.time())).check()
