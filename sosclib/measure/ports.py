"""Which ports of a swarm two machines reach at each other, tried from both sides."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine
    from sosclib.engine.table import Table

OPEN, FREE, SILENT, TAKEN = "open", "reached; nobody listens", "no answer", "not refused"
PATIENCE = 3
"""Seconds within which an answer must come."""
TCP = f"LC_ALL=C timeout {PATIENCE} bash -c 'exec 3<>/dev/tcp/$0/$1' {{address}} {{port}}"
UDP = "LC_ALL=C bash -c 'exec 3<>/dev/udp/$0/$1; echo >&3; sleep 0.5; echo >&3' {address} {port}"
"""The second datagram is refused where nobody wanted the first: the other kernel has said so meanwhile."""


@dataclass(frozen=True)
class Port:
    """A port that the nodes of a swarm must reach at each other.

    Source: docs.docker.com/engine/swarm/swarm-tutorial, “Open protocols and ports between the hosts”.
    """

    number: int
    protocol: str
    purpose: str


PORTS = (
    Port(2377, "tcp", "managing: workers call their managers"),
    Port(7946, "tcp", "nodes among themselves: who is there"),
    Port(7946, "udp", "the same, in a hurry"),
    Port(4789, "udp", "packets of overlay networks"),
)


def ports(first: Machine, second: Machine) -> Table:
    """Try the ports of a swarm from each of two machines at the other.

    Returns
    -------
    Table
        One row for each port. What was found: ``open``, somebody has taken the call; ``reached; nobody
        listens``, the other machine has answered that nobody does; ``no answer``, as behind a firewall. Of
        UDP, where nobody need answer, one learns less: ``not refused`` is all that can be said.
    """
    from sosclib.engine.table import table

    there, back = (f"{a.title} to {b.title}" for a, b in ((first, second), (second, first)))
    rows = [
        {
            "PORT": f"{port.number}/{port.protocol}",
            "FOR": port.purpose,
            there: found(first.node, second.node.private_address, port),
            back: found(second.node, first.node.private_address, port),
        }
        for port in PORTS
    ]
    return table(rows, ("PORT", "FOR", there, back))


def found(node: Node, address: str, port: Port) -> str:
    """Return what becomes of a call from a node to a port of an address.

    Parameters
    ----------
    node : Node
        Who calls.
    address : str
    port : Port
    """
    command = TCP if port.protocol == "tcp" else UDP
    done = node.sh(command.format(address=shlex.quote(address), port=port.number))
    refused = "refused" in done.stderr
    if port.protocol == "udp":
        return FREE if refused else TAKEN
    if not done.exit_code:
        return OPEN
    return FREE if refused else SILENT
