"""What can be done to machines that are containers on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sosclib.lab.dind.containers import MACHINES, Room
from sosclib.lab.drills import first_process
from sosclib.lab.errors import LabError

if TYPE_CHECKING:
    from sosclib.lab.dind.node import DindNode

NETEM = "tc qdisc replace dev eth0 root netem delay {milliseconds}ms loss {loss:g}%"
PLAIN = "tc qdisc del dev eth0 root || true"


class DindFaults:
    """The faults of a lab of two containers.

    Parameters
    ----------
    room : Room
    nodes : tuple of DindNode
    ready : callable
        Waits until a node's engine answers.
    """

    def __init__(self, room: Room, nodes: tuple[DindNode, ...], ready: Callable[[DindNode], None]) -> None:
        self._room = room
        self._nodes = {node.name: node for node in nodes}
        self._ready = ready

    def power_off(self, name: str) -> None:
        """Kill the container: what is in its memory is lost."""
        self._nodes[name].close()
        self._room.pull_plug(name)

    def power_on(self, name: str) -> None:
        """Start the container again, and wait until its engine answers."""
        self._room.plug_in(name)
        self._ready(self._nodes[name])

    def off_before(self, name: str) -> tuple[str, ...]:
        """Return nothing: each container can be started by itself."""
        return ()

    def cut_link(self) -> None:
        """Take VM2 off the lab's network."""
        self._room.cut(MACHINES[1])

    def restore_link(self) -> None:
        """Put it on the network again, under its address."""
        self._room.join(MACHINES[1], self._nodes[MACHINES[1]].private_address)

    def slow_link(self, milliseconds: int, loss: float) -> None:
        """Delay every packet between both machines, and lose so many in a hundred.

        Raises
        ------
        LabError
            Where the kernel of this engine cannot do that.
        """
        for node in self._nodes.values():
            done = node.root(NETEM.format(milliseconds=milliseconds, loss=loss))
            if done.exit_code:
                raise LabError(
                    "The cable cannot be made a slow one here.",
                    f"The kernel of this engine has no network emulator: {done.output.strip()}",
                    'Use LAB = "vm", whose machines have a kernel of their own.',
                )

    def quick_link(self) -> None:
        """Let packets travel as before."""
        for node in self._nodes.values():
            node.root(PLAIN)

    def stop_engine(self, name: str) -> None:
        """Stop the container: the engine is all that runs in it."""
        self._nodes[name].close()
        self._room.halt(name)

    def start_engine(self, name: str) -> None:
        """Start it again, and wait until the engine answers."""
        self.power_on(name)

    def kill(self, name: str, container: str) -> None:
        """Kill the first process of a container."""
        node = self._nodes[name]
        node.root(f"kill -9 {first_process(node, container)}").check()
