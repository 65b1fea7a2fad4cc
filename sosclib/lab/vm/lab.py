"""The lab of two virtual machines."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace

from sosclib.lab.drills import Drills
from sosclib.lab.errors import LabError, NotFound
from sosclib.lab.lab import LabStatus, Progress, quiet
from sosclib.lab.ledger import Ledger
from sosclib.lab.node import Node
from sosclib.lab.paths import lab_dir
from sosclib.lab.private import NOTE
from sosclib.lab.ssh.engine import engine_answers, free_port
from sosclib.lab.vm.contexts import remove_contexts, write_contexts
from sosclib.lab.vm.faults import VmFaults
from sosclib.lab.vm.folders import Folders, folders
from sosclib.lab.vm.machine import VM1, VM2, Hardware, Process
from sosclib.lab.vm.mending import make_quick, mended, reconnected
from sosclib.lab.vm.node import VmNode
from sosclib.lab.vm.power import Power
from sosclib.lab.vm.record import LAST, PRISTINE, read, write
from sosclib.lab.vm.starting import keep, pause, ready_mark, start

MEMORY_MIB = 1024
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")


class VmLab:
    """Two virtual machines, up and reachable; made by `up` or `find`."""

    provider = "vm"
    exclusive = True
    brings_registry = True

    def __init__(self, where: Folders, progress: Progress = quiet) -> None:
        self.name = self.mark = where.name
        self.where = where
        self.progress = progress
        self._nodes = (VmNode(VM1, where), VmNode(VM2, where))
        self.nodes: Mapping[str, Node] = {node.name: node for node in self._nodes}
        self.ledger = Ledger(lab_dir(where.name) / "ledger-vm.json")
        self._drills: Drills | None = None

    @classmethod
    def up(
        cls, progress: Progress = quiet, memory_mib: int = MEMORY_MIB, *, name: str | None = None
    ) -> VmLab:
        """Return the lab with both machines running, built, booted, resumed or attached to as needed.

        What a drill has broken whose program was killed is mended: power, cable and engine.

        Parameters
        ----------
        progress : callable
            Is told each phase.
        memory_mib : int
            Memory of each machine; counts when they start.
        name : str, optional
            Of another lab than this checkout's own.
        """
        lab = cls(folders(name), progress)
        with lab.where.locked(progress):
            lab._power.go_on_with_room()
            if lab._attached() or (ready_mark(lab.where) and mended(lab._power)):
                lab._power.correct_clocks()  # this computer may have slept
            else:
                start(lab._power, memory_mib, progress)
            make_quick(lab._power)
        return lab

    @classmethod
    def find(cls) -> VmLab | None:
        """Return the lab where at least one of its machines runs, and none stands still; starts nothing."""
        lab = cls(folders())
        if not lab._stands():
            return None
        reconnected(lab._power)
        return lab

    @classmethod
    def remains(cls) -> VmLab | None:
        """Return the lab that `find` does not find and whose machines are there all the same.

        Their start or stop was interrupted, or somebody is at it just now.

        Raises
        ------
        LabError
            Where they stand still because this computer's disk is full.
        """
        lab = cls(folders())
        lab._power.require_room()
        return lab if lab._there() and not lab._stands() else None

    @classmethod
    def destroy(cls, name: str | None = None) -> None:
        """Remove both machines and all that is on them; nothing happens where there are none."""
        where = folders(name)
        with where.locked():
            cls(where)._power.off()
            remove_contexts(where)
            for path in where.state.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name not in ("lock", NOTE):  # a program that waits for the lock uses both
                    path.unlink()
            where.runtime.rmdir()

    def down(self) -> None:
        """Save both machines as they are and stop them; the next `up` goes on from there.

        Where one of them is off there is no state of both: then the next `up` boots them from their disks.
        Machines whose start or stop was interrupted are ended.

        Raises
        ------
        LabError
            Where the state cannot be saved; then the machines run on. Where they stand still because this
            computer's disk is full.
        """
        with self.where.locked(self.progress):
            self._power.require_room()
            if not self._stands():
                self.progress("A start or a stop was interrupted: the machines are ended, files are kept")
                self.close()
                self._power.off()
                return
            if off := self.off():
                self.progress(f"{off[0]} is off: nothing to go on from; the next start is from the disks")
                for node in self._nodes:
                    if node.title not in off:
                        node.carry("sync")
                self.close()
                self._power.off()
                return
            pause(self._power, LAST, self._hardware(), read(self.where), resume=LAST)
            self.close()
            self._power.off()

    def unplug(self) -> None:
        """Cut both machines off as a power failure would; the next `up` boots them from their disks."""
        with self.where.locked(self.progress):
            self.close()
            self._power.off()

    def status(self) -> LabStatus:
        """Return what the lab is now."""
        record = read(self.where)
        made_of = record.hardware
        return LabStatus(
            self.name,
            self.provider,
            self._power.running(),
            tuple(node.title for node in self._nodes),
            tuple(record.names),
            str(made_of.get("accelerator", "")),
            {
                "QEMU": str(made_of.get("qemu", "")),
                "memory": f"{made_of.get('memory_mib')} MiB each",
                **{node.title: self._described(node) for node in self._nodes},
                "contexts": ", ".join(write_contexts(self.where)),
            },
        )

    def checkpoints(self) -> list[str]:
        """Return the names of the checkpoints."""
        return read(self.where).names

    def checkpoint(self, name: str) -> None:
        """Save the state of both machines under a name, in the place of what had it before.

        See `Lab.checkpoint`.
        """
        if not NAME.fullmatch(name) or name in (LAST, PRISTINE):
            raise LabError(
                f"A checkpoint cannot be called {name!r}.",
                "A name begins with a letter; `last` and `pristine` are the lab's own.",
            )
        with self.where.locked(self.progress):
            if off := self.off():
                raise LabError(f"{off[0]} is off: a checkpoint holds both machines.", help="sosc up")
            keep(self._power, name, self._hardware(), read(self.where))

    def reset(self, name: str = PRISTINE) -> None:
        """Return both machines to a checkpoint; what was done since is gone. See `Lab.reset`."""
        with self.where.locked(self.progress):
            record = read(self.where)
            if name not in record.checkpoints:
                raise NotFound(
                    f"There is no checkpoint {name!r}.", help=f"There are: {', '.join(record.names)}."
                )
            made_of = self._hardware()
            self.close()
            self._power.off()
            write(self.where, replace(record, resume=name))
            start(self._power, made_of.memory_mib, self.progress)

    def forward(self, port: int) -> int:
        """Publish a port of VM1 on this computer's loopback and return the port there. See `Lab.forward`."""
        monitor = self._power.processes[0].monitor
        there = rf"{re.escape(str(VM1.public_address))} +{port} "
        door = rf"HOST_FORWARD\] +\d+ +127\.0\.0\.1 +(\d+) +{there}"
        known = re.search(door, monitor.human("info usernet"))
        if known:
            return int(known[1])
        here = free_port()
        complaint = monitor.human(f"hostfwd_add public tcp:127.0.0.1:{here}-{VM1.public_address}:{port}")
        if complaint.strip():
            raise LabError(f"Port {port} of VM1 cannot be published.", complaint.strip())
        return here

    def share(self, port: int) -> None:
        """Do nothing: VM2 has doors to VM1's registries of its own."""

    def shell_command(self, name: str = "vm1") -> list[str]:
        """Return the command that opens a shell on a machine.

        Raises
        ------
        LabError
            Where that machine is off.
        """
        node = next(node for node in self._nodes if node.name == name)
        if node.title in self.off():
            raise LabError(f"{node.title} is off.", help="`sosc up` starts it; the other one runs on.")
        return node.shell_command()

    def off(self) -> list[str]:
        """Return the titles of the machines that do not run."""
        return [node.title for node in self._power.missing()]

    def close(self) -> None:
        """Give back connections; the lab itself stays up."""
        for node in self._nodes:
            node.close()

    @property
    def drills(self) -> Drills:
        """Faults on purpose, which remember how they are undone."""
        if self._drills is None:
            self._drills = Drills(VmFaults(self._power), tuple(self.nodes))
        return self._drills

    @property
    def _power(self) -> Power:
        return Power(self.where, self._nodes, self.progress)

    def _there(self) -> list[Process]:
        return [process for process in self._power.processes if process.pid() is not None]

    def _stands(self) -> bool:
        """Tell whether the last start came to its end, and each machine that is there runs."""
        there = self._there()
        return ready_mark(self.where) and bool(there) and all(process.running() for process in there)

    def _hardware(self) -> Hardware:
        return Hardware(**read(self.where).hardware)

    def _described(self, node: VmNode) -> str:
        addresses = [node.public_address, node.private_address]
        state = "off" if node.title in self.off() else "" if engine_answers(node) else "engine silent"
        return ", ".join(filter(None, (*addresses, state)))

    def _attached(self) -> bool:
        """Tell whether both machines run and their engines are in reach; reconnects where need be."""
        if not (ready_mark(self.where) and self._power.running()):
            return False
        return reconnected(self._power) and all(engine_answers(node) for node in self._nodes)
