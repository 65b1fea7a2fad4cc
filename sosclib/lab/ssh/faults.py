"""What can be done on purpose to any machine that is reached by ssh: its engine, and a slow cable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sosclib.lab.drills import first_process
from sosclib.lab.errors import LabError
from sosclib.lab.node import CommandResult
from sosclib.lab.ssh.engine import await_engine
from sosclib.lab.ssh.node import SshNode

LIMIT = 300.0
NETEM = "sudo -n tc qdisc replace dev {device} root netem delay {milliseconds}ms loss {loss:g}%"
OWN = "sudo -n tc qdisc show dev {device} root | grep -Ev ' 0: |netem'"
"""What somebody has set up there; the kernel's own queues have the handle 0."""
DEVICE = "ip -4 -o address show to {address} | awk '{{ print $2 }}'"
PLAIN = (
    f"device=$({DEVICE}); "
    '! sudo -n tc qdisc show dev "$device" root | grep -q netem || sudo -n tc qdisc del dev "$device" root'
)
"""In one journey: it is done each time that a lab of virtual machines comes up."""
ENGINE = "sudo -n systemctl {order} docker.socket docker.service"


class SshFaults:
    """The faults that root's commands on the machines bring about.

    Parameters
    ----------
    nodes : sequence of SshNode
    """

    def __init__(self, nodes: Sequence[SshNode]) -> None:
        self._nodes: Mapping[str, SshNode] = {node.name: node for node in nodes}

    def slow_link(self, milliseconds: int, loss: float) -> None:
        """Delay every packet on the cable between both machines, and lose so many in a hundred.

        Raises
        ------
        LabError
            Where somebody has set up a queue of their own for that cable; it stays.
        """
        for node in self._nodes.values():
            own = node.carry(OWN.format(device=_device(node))).stdout.strip()
            if own:
                raise LabError(
                    f"The cable of {node.title} has a queue that somebody has set up.",
                    own,
                    'Use LAB = "vm" for this drill.',
                )
        for node in self._nodes.values():
            as_root(node, NETEM.format(device=_device(node), milliseconds=milliseconds, loss=loss))

    def quick_link(self) -> None:
        """Let packets travel as before."""
        for node in self._nodes.values():
            as_root(node, PLAIN.format(address=node.private_address))

    def stop_engine(self, name: str) -> None:
        """Stop a machine's Docker Engine, and the socket that would start it again."""
        as_root(self._nodes[name], ENGINE.format(order="stop"))

    def start_engine(self, name: str) -> None:
        """Start it again, and wait until it answers."""
        as_root(self._nodes[name], ENGINE.format(order="start"))
        await_engine(self._nodes[name], LIMIT)

    def kill(self, name: str, container: str) -> None:
        """Kill the first process of a container.

        Raises
        ------
        LabError
            Where this account may not become root there.
        """
        node = self._nodes[name]
        as_root(node, f"sudo -n kill -9 {first_process(node, container)}")


def as_root(node: SshNode, command: str) -> CommandResult:
    """Run a command that needs root.

    Raises
    ------
    LabError
        Where it fails, or this account may not become root there without a password.
    """
    done = node.carry(command)
    if not done.exit_code:
        return done
    if node.carry("sudo -n true").exit_code:
        raise LabError(
            f"You may not become root on {node.title} without a password, and this needs root.",
            f"{command}: {done.output.strip()}",
            'Use LAB = "vm" for it, or ask whoever looks after the machine.',
        )
    raise LabError(f"`{command}` fails on {node.title}.", done.output.strip())


def _device(node: SshNode) -> str:
    """Return a machine's device on the private network."""
    return node.carry(DEVICE.format(address=node.private_address)).check().stdout.strip()
