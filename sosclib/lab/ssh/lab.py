"""The lab of two real machines: named by an inventory, reached by ssh, and left as they are."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sosclib.lab.aside import write_aside
from sosclib.lab.drills import Drills
from sosclib.lab.errors import LabError, SoscError
from sosclib.lab.lab import LabStatus, Progress, quiet
from sosclib.lab.ledger import Ledger
from sosclib.lab.node import Node
from sosclib.lab.paths import lab_dir, lab_name, own_mark
from sosclib.lab.private import locked, runtime_dir
from sosclib.lab.ssh import config
from sosclib.lab.ssh.engine import engine_answers, free_port
from sosclib.lab.ssh.inventory import NAMES, Inventory, read_inventory
from sosclib.lab.ssh.real_faults import SSH_PORT, RealFaults
from sosclib.lab.ssh.real_node import RealNode
from sosclib.lab.ssh.trouble import engine_trouble, require_link, unreachable

RELAY = "relay-{port}"
LOOPBACK = "127.0.0.1"


class SshLab:
    """Two real machines, reached by ssh alone; made by `up` or `find`.

    Nothing is installed there. Ssh's connections stay until `down`, and whichever program opens the lab next
    shares them.
    """

    provider = "ssh"
    brings_registry = False

    def __init__(self, inventory: Inventory, name: str, progress: Progress = quiet) -> None:
        self.name = name
        # Others may have a lab of the same name on these machines.
        self.mark = f"{name}-{own_mark()}"
        self.exclusive = inventory.exclusive
        self.inventory = inventory
        self.progress = progress
        self.runtime = runtime_dir(_state(name))
        self._nodes = tuple(
            RealNode(machine, self.runtime, f"sosc-{self.mark}") for machine in inventory.machines
        )
        self.nodes: Mapping[str, Node] = {node.name: node for node in self._nodes}
        self.ledger = Ledger(lab_dir(name) / "ledger-ssh.json")
        self._drills = Drills(RealFaults(self._nodes, inventory.machines), NAMES)
        self._doors: dict[int, int] = {}

    @classmethod
    def up(cls, progress: Progress = quiet, *, name: str | None = None) -> SshLab:
        """Return the lab with both machines logged in to and their engines in reach.

        Raises
        ------
        LabError
            Where there is no inventory, or a machine is not reached.
        EngineUnreachable
            Where an engine is missing, does not run, or may not be commanded.
        """
        chosen = name or lab_name()
        lab = cls(read_inventory(chosen), chosen, progress)
        with locked(_state(chosen), lab.runtime, progress):
            lab._connect()
        return lab

    @classmethod
    def find(cls, name: str | None = None) -> SshLab | None:
        """Return the lab where both machines are logged in to; opens nothing.

        Raises
        ------
        LabError
            Where there is no inventory.
        """
        lab = cls._of(name)
        if not lab._connected():
            return None
        lab._move_in()
        return lab

    @classmethod
    def _of(cls, name: str | None) -> SshLab:
        chosen = name or lab_name()
        return cls(read_inventory(chosen), chosen)

    @classmethod
    def remains(cls, name: str | None = None) -> SshLab | None:
        """Return the lab that `find` does not find, where a connection to a machine is there all the same.

        Raises
        ------
        LabError
            Where there is no inventory.
        """
        lab = cls._of(name)
        ways = [way for node in lab._nodes for way in (node.carrier, node.student)]
        return lab if any(way.control.exists() for way in ways) and not lab._connected() else None

    def down(self) -> None:
        """Log out of both machines; nothing on them changes but that an empty folder of the lab's goes."""
        with locked(_state(self.name), self.runtime, self.progress):
            self.close()
            self._log_out()
            self.runtime.rmdir()

    def status(self) -> LabStatus:
        """Return what the lab is now."""
        whose = "the course's alone" if self.exclusive else "somebody's: only the course's own objects change"
        detail = {"inventory": str(self.inventory.path), "engines": whose}
        for node, machine in zip(self._nodes, self.inventory.machines, strict=True):
            addresses = ", ".join(filter(None, (node.public_address, node.private_address)))
            called = f", calls itself {node.hostname}" if node.hostname != node.title else ""
            detail[node.title] = f"{addresses} ({node.user}@{machine.host}{called})"
        return LabStatus(
            self.name,
            self.provider,
            self._connected(),
            tuple(node.title for node in self._nodes),
            detail=detail,
        )

    def checkpoints(self) -> list[str]:
        """Return nothing: a real machine has no checkpoints."""
        return []

    def checkpoint(self, name: str) -> None:
        """Refuse: real machines cannot be saved. See `Lab.checkpoint`."""
        raise LabError(
            "A lab of real machines has no checkpoints.",
            "Their disks and memory are not the course's to save.",
            'Use the lab "vm": sosc up',
        )

    def reset(self, name: str = "pristine") -> None:
        """Refuse: what the course made on real machines is removed by the course, not by the lab.

        See `Lab.reset`.
        """
        raise LabError(
            "A lab of real machines cannot be set back.",
            help="`sosc reset --lab ssh` removes what the course made there.",
        )

    @property
    def drills(self) -> Drills:
        """Faults on purpose, which remember how they are undone.

        Raises
        ------
        LabError
            Where these engines are not the course's alone.
        """
        if not self.exclusive:
            raise LabError(
                "On machines that others use nothing is broken on purpose.",
                f"{self.inventory.path} does not say that these engines are the course's alone.",
                'Use LAB = "vm": two virtual machines (`sosc up`).',
            )
        return self._drills

    def forward(self, port: int) -> int:
        """Return the port of this computer's loopback at which a published port of VM1 answers."""
        if port not in self._doors:
            here = free_port()
            self._order("forward", 0, "-L", self._door(here, port))
            self._doors[port] = here
        return self._doors[port]

    def share(self, port: int) -> None:
        """Let what listens in VM1's loopback answer at the same port of VM2's, by way of this computer."""
        relay = self.runtime / RELAY.format(port=port)
        if relay.exists():
            return
        self._order("forward", 0, "-L", f"{relay}:{LOOPBACK}:{port}")
        try:
            self._order("forward", 1, "-R", f"{LOOPBACK}:{port}:{relay}")
        except LabError:
            self._order("cancel", 0, "-L", f"{relay}:{LOOPBACK}:{port}")
            relay.unlink(missing_ok=True)
            raise

    def move_out(self) -> None:
        """Remove the folder that the lab has on each machine, with all that was made in it."""
        for node in self._nodes:
            node.move_out()

    def shell_command(self, name: str = "vm1") -> list[str]:
        """Return the command that opens a shell on a machine."""
        return self._nodes[NAMES.index(name)].shell_command()

    def close(self) -> None:
        """Give back connections; ssh's own stay for the next program until `down`."""
        for port, here in self._doors.items():
            with suppress(LabError):  # where the connection is lost, its doors are closed already
                self._order("cancel", 0, "-L", self._door(here, port))
        self._doors.clear()
        for node in self._nodes:
            node.close()

    def _door(self, here: int, port: int) -> str:
        return f"{LOOPBACK}:{here}:{self._nodes[0].private_address}:{port}"

    def _order(self, order: str, number: int, *options: str) -> None:
        """Give the connection to a machine an order about a port.

        Raises
        ------
        LabError
        """
        node = self._nodes[number]
        done = node.carrier.order(order, *options)
        if done.returncode:
            raise LabError(
                f"A port of {node.title} cannot be reached through ssh.",
                (done.stderr or done.stdout).strip(),
                "Its sshd must allow forwarding (AllowTcpForwarding), and the port must be free there.",
            )

    def _connected(self) -> bool:
        return all(node.carrier.is_open() for node in self._nodes)

    def _connect(self) -> None:
        """Log in where that is not so already, by the inventory as it is now."""
        written = config.files(self.inventory.machines, self.runtime)
        as_written = all(path.exists() and path.read_text() == text for path, text in written.items())
        if as_written and self._connected():
            self._move_in()
            if all(engine_answers(node) for node in self._nodes):
                return
        # A connection that was lost, and has come back by itself, does not bring the engine's socket.
        self._log_out()
        for path, text in written.items():
            write_aside(path, text, 0o600)
        try:
            for node in self._nodes:
                self._log_in(node)
            self._move_in()
            for node in self._nodes:
                if not engine_answers(node):
                    raise engine_trouble(node, node.user)
            one, other = self._nodes
            require_link(one, other, self.inventory.machines[1].port or SSH_PORT)
        except SoscError:
            # A group that somebody is put into now counts from the next login on.
            self._log_out()
            raise

    def _log_in(self, node: RealNode) -> None:
        machine = self.inventory.machines[NAMES.index(node.name)]
        self.progress(f"Logging in to {machine.title}")
        try:
            node.carrier.open(forward=node.socket)
        except LabError as error:
            raise unreachable(machine, self.inventory, error.why) from None

    def _move_in(self) -> None:
        for node in self._nodes:
            node.move_in()

    def _log_out(self) -> None:
        # VM2 first: the way to it may lead through VM1.
        for node in reversed(self._nodes):
            if node.carrier.is_open():
                node.move_out_where_empty()
            node.student.close()
            node.carrier.close()
        for path in self.runtime.iterdir():
            path.unlink(missing_ok=True)  # a connection that ends takes its sockets along


def _state(name: str) -> Path:
    folder = lab_dir(name) / "ssh"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder
