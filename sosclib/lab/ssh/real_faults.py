"""What can be done on purpose to real machines: what root can undo over ssh, and no more."""

from __future__ import annotations

from collections.abc import Sequence

from sosclib.lab.errors import LabError
from sosclib.lab.ssh.faults import SshFaults, as_root
from sosclib.lab.ssh.inventory import RealMachine
from sosclib.lab.ssh.real_node import RealNode

COMMENT = "sosc-drill"
MARK = f"-m comment --comment {COMMENT}"
IPTABLES = "sudo -n iptables -w 10"
"""Waits for the lock, which an engine holds now and then."""
SSH_PORT = 22
MOST = 50
"""Per cent of the packets that a cable may lose."""


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

    def off_before(self, name: str) -> tuple[str, ...]:
        """Return nothing: no machine is off."""
        return ()

    def cut_link(self) -> None:
        """Let VM1 drop all packets to and from VM2 but those of ssh, by which the cut is undone."""
        # Each goes to the top of its chain: what lets ssh pass comes last, and so stands first.
        as_root(self._first, " && ".join(f"{IPTABLES} -t {table} -I {rule}" for table, rule in self._rules()))

    def restore_link(self) -> None:
        """Remove these rules, however often they are there.

        Raises
        ------
        LabError
            Where one stays.
        """
        undo = (
            f"while {IPTABLES} -t {table} -D {rule} 2>/dev/null; do :; done" for table, rule in self._rules()
        )
        as_root(self._first, "; ".join(undo) + f"; ! sudo -n iptables-save | grep {COMMENT}")

    def slow_link(self, milliseconds: int, loss: float) -> None:
        """Delay every packet on the cable between both machines, and lose so many in a hundred.

        Raises
        ------
        LabError
            For a loss that ssh itself might not outlive: a machine may have this one cable only.
        """
        if loss > MOST:
            raise LabError(
                f"A cable that loses {loss:g} % would take ssh away as well.",
                "By ssh it is mended again.",
                f"Up to {MOST} % are lost on real machines; drills.cut_link() cuts all but ssh.",
            )
        super().slow_link(milliseconds, loss)

    def _rules(self) -> tuple[tuple[str, str], ...]:
        """Return tables and rules: those that packets of the machine meet, and those that it passes on."""
        address, port = self._other.private_address, self._other.port or SSH_PORT
        return (
            ("raw", f"PREROUTING -s {address} {MARK} -j DROP"),
            ("mangle", f"POSTROUTING -d {address} {MARK} -j DROP"),
            ("raw", f"PREROUTING -s {address} -p tcp --sport {port} {MARK} -j ACCEPT"),
            ("mangle", f"POSTROUTING -d {address} -p tcp --dport {port} {MARK} -j ACCEPT"),
        )
