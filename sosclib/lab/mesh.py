"""Whether a swarm's routing mesh works on a machine: that is up to its kernel."""

from __future__ import annotations

from sosclib.lab.node import Node

IPVS = "test -e /proc/net/ip_vs || /sbin/modinfo -n ip_vs >/dev/null 2>&1"
"""Asks for the kernel's load balancer: what it shows of itself, or the module that the engine would load."""


def has_mesh(node: Node) -> bool:
    """Tell whether the machine's kernel has IPVS.

    A swarm needs it for published ports, which each node answers for all (the routing mesh), and for the one
    address that stands for all tasks of a service.
    """
    return node.sh(IPVS).exit_code == 0
