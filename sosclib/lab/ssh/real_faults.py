"""What can be done on purpose to real machines: what root can undo over ssh, and no more."""

from __future__ import annotations

from collections.abc import Sequence

from sosclib.lab.errors import LabError
from sosclib.lab.ssh.faults import SshFaults, as_root
from sosclib.lab.ssh.inventory import RealMachine
from sosclib.lab.ssh.real_node import RealNode

MARK = "-m comment --comment sosc-drill"
SSH_PORT = 22


class RealFaults(SshFaults):
    """The faults of a lab of real machines.

    Parameters
    ----------
    nodes : sequence of RealNode
    machines : sequence of RealMachine
    """

    def __init__(self, nodes: Sequence[RealNode], machines: Sequence[RealMachine]) -> None:
        super().__init__(nodes)
        self._first = nodes[0]
        self._other = machines[1]

    def power_off(self, name: str) -> None:
        """Refuse: nobody here could switch it on again.

        Raises
        ------
        LabError
        """
        raise LabError(
            f"The power of {name.upper()} is not cut.",
            "It is a real machine, and cannot be switched on again from here.",
            'drills.stop_engine stops its engine; LAB = "vm" has machines with a switch.',
        )

    def power_on(self, name: str) -> None:
        """Refuse, as `power_off` does."""
        self.power_off(name)

    def cut_link(self) -> None:
        """Let VM1 drop all packets to and from VM2 but those of ssh, by which the cut is undone."""
        # Each goes to the top of its chain: what lets ssh pass comes last, and so stands first.
        as_root(self._first, " && ".join(f"sudo -n iptables -I {rule}" for rule in self._rules()))

    def restore_link(self) -> None:
        """Remove these rules, however often they are there."""
        undo = (f"while sudo -n iptables -D {rule} 2>/dev/null; do :; done" for rule in self._rules())
        as_root(self._first, "; ".join(undo))

    def _rules(self) -> tuple[str, ...]:
        address, port = self._other.private_address, self._other.port or SSH_PORT
        return (
            f"INPUT -s {address} {MARK} -j DROP",
            f"OUTPUT -d {address} {MARK} -j DROP",
            f"INPUT -s {address} -p tcp --sport {port} {MARK} -j ACCEPT",
            f"OUTPUT -d {address} -p tcp --dport {port} {MARK} -j ACCEPT",
        )
