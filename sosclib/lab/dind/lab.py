"""The lab of two containers that play machines: for computers on which no virtual machine runs."""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

import docker
import docker.errors
import requests.exceptions

from sosclib.lab.dind.containers import MACHINES, Room
from sosclib.lab.dind.faults import DindFaults
from sosclib.lab.dind.node import DindNode
from sosclib.lab.dind.relay import Relay
from sosclib.lab.drills import Drills
from sosclib.lab.errors import EngineUnreachable, LabError
from sosclib.lab.host import connect
from sosclib.lab.lab import LabStatus, Progress, quiet
from sosclib.lab.ledger import Ledger
from sosclib.lab.mesh import has_mesh
from sosclib.lab.node import Node
from sosclib.lab.paths import lab_dir, lab_name

PATIENCE = 90.0
PRISTINE = "pristine"


class DindLab:
    """Two privileged containers, each with an engine of its own; made by `up` or `find`.

    They are no virtual machines: the kernel is the one of the engine that runs them, and root in them is
    nearly root there.
    """

    provider = "dind"
    exclusive = True
    brings_registry = True

    def __init__(self, client: docker.DockerClient, name: str, progress: Progress = quiet) -> None:
        self.name = self.mark = name
        self.progress = progress
        self.room = Room(client, name)
        # A Unix socket's path must be short.
        self._sockets = Path(tempfile.mkdtemp(prefix="sosc-dind-"))
        # Where nobody closes the lab they go with this object, or with the program.
        weakref.finalize(self, shutil.rmtree, self._sockets, ignore_errors=True)
        self._client = client
        self._doors: dict[int, Relay] = {}
        self._nodes = tuple(
            DindNode(
                machine, self.room.container(machine), self.room.address(machine), self._sockets / machine
            )
            for machine in MACHINES
        )
        self.nodes: Mapping[str, Node] = {node.name: node for node in self._nodes}
        self.ledger = Ledger(lab_dir(name) / "ledger-dind.json")
        self._faults = DindFaults(self.room, self._nodes, await_engine)
        self.drills = Drills(self._faults, MACHINES)

    @classmethod
    def up(cls, progress: Progress = quiet, *, name: str | None = None) -> DindLab:
        """Return the lab with both machines running, made or started as needed.

        What a drill has broken whose program was killed is mended: power, cable and engine.

        Raises
        ------
        EngineUnreachable
            Where no engine answers that could run them.
        LabError
            Where theirs do not answer.
        """
        client = connect()
        chosen = name or lab_name()
        room = Room(client, chosen)
        try:
            room.start(progress)
        except docker.errors.APIError as error:
            client.close()
            raise LabError("The machines cannot be made.", str(error.explanation), "sosc doctor") from error
        lab = cls(client, chosen, progress)
        progress("Waiting for the engines of VM1 and VM2")
        try:
            for node in lab._nodes:
                await_engine(node)
            lab._faults.quick_link()
        except BaseException:
            lab.close()
            raise
        return lab

    @classmethod
    def find(cls, name: str | None = None) -> DindLab | None:
        """Return the lab where both machines run; starts nothing."""
        return cls._found(name, Room.running)

    @classmethod
    def remains(cls, name: str | None = None) -> DindLab | None:
        """Return the lab of which only one machine runs."""
        return cls._found(name, Room.half_running)

    @classmethod
    def _found(cls, name: str | None, wanted: Callable[[Room], bool]) -> DindLab | None:
        client = connect()
        chosen = name or lab_name()
        if not wanted(Room(client, chosen)):
            client.close()
            return None
        return cls(client, chosen)

    @classmethod
    def destroy(cls, name: str | None = None) -> None:
        """Remove both machines and all that is on them; nothing happens where there are none."""
        client = connect()
        try:
            Room(client, name or lab_name()).remove()
        finally:
            client.close()

    def forward(self, port: int) -> int:
        """Publish a port of VM1 on this computer's loopback and return the port there."""
        if port not in self._doors:
            self._doors[port] = self._nodes[0].forward(port)
        return self._doors[port].port

    def down(self) -> None:
        """Stop both machines; what is on their disks stays."""
        self.close()
        self.room.stop()

    def status(self) -> LabStatus:
        """Return what the lab is now."""
        detail = {
            "machines": "containers of this computer's engine, and no virtual machines",
            "routing mesh": "yes" if has_mesh(self._nodes[0]) else "no: the kernel has no IPVS",
            **{node.title: node.private_address for node in self._nodes},
        }
        return LabStatus(
            self.name,
            self.provider,
            self.room.running(),
            tuple(node.title for node in self._nodes),
            (PRISTINE,),
            detail=detail,
        )

    def checkpoints(self) -> list[str]:
        """Return the one state that it can return to: as new."""
        return [PRISTINE]

    def checkpoint(self, name: str) -> None:
        """Refuse: a container's memory cannot be saved. See `Lab.checkpoint`."""
        raise LabError(
            "A lab of containers has no checkpoints.",
            "What runs in them cannot be saved.",
            'Use the lab "vm": sosc up',
        )

    def reset(self, name: str = PRISTINE) -> None:
        """Make both machines anew; what was on them is gone. See `Lab.reset`."""
        if name != PRISTINE:
            raise LabError(f"There is no checkpoint {name!r}.", help=f"There is: {PRISTINE}.")
        for node in self._nodes:
            node.close()
        self.room.remove()
        self.room.start(self.progress)
        for node in self._nodes:
            node.private_address = self.room.address(node.name)
            await_engine(node)

    def share(self, port: int) -> None:
        """Do nothing: VM2 has doors to VM1's registries of its own."""

    def shell_command(self, name: str = "vm1") -> list[str]:
        """Return the command that opens a shell on a machine."""
        return next(node for node in self._nodes if node.name == name).shell_command()

    def close(self) -> None:
        """Give back connections; the lab itself stays up."""
        for door in self._doors.values():
            door.close()
        self._doors.clear()
        for node in self._nodes:
            node.close()
        self._client.close()
        shutil.rmtree(self._sockets, ignore_errors=True)


def await_engine(node: DindNode, limit: float = PATIENCE) -> None:
    """Wait until a node's engine answers.

    Raises
    ------
    LabError
        Where it does not within so many seconds; the message carries its last words.
    """
    begin = time.monotonic()
    while True:
        try:
            node.docker.ping()
            return
        except (
            docker.errors.DockerException,
            requests.exceptions.RequestException,
            EngineUnreachable,
        ) as error:
            if time.monotonic() - begin > limit:
                raise LabError(
                    f"The engine of {node.title} does not answer within {limit:.0f} s.",
                    str(error),
                    f"docker logs {node.container}   shows what it said",
                ) from error
        time.sleep(0.2)
