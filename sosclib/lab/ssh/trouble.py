"""What is wrong where a real machine, or its engine, does not answer: ssh's words, and what helps."""

from __future__ import annotations

import re

from sosclib.lab.errors import EngineUnreachable, LabError, SoscError
from sosclib.lab.ssh.connection import ENGINE_SOCKET
from sosclib.lab.ssh.inventory import Inventory, RealMachine
from sosclib.lab.ssh.node import SshNode

PATTERNS = (
    (
        "HOST IDENTIFICATION HAS CHANGED",
        "{title} shows another host key than the one that ssh knows.",
        "Somebody may stand in for it, or it was installed anew. Ask whoever looks after it before you "
        "remove the old key: ssh-keygen -R {host}",
    ),
    (
        "Host key verification failed",
        "ssh does not know the host key of {title}.",
        "Log in once by hand and compare the fingerprint with the one that you were told: {by_hand}\n"
        "Or name a file with its key in the inventory: known_hosts.",
    ),
    (
        "Permission denied|Too many authentication failures",
        "{title} does not let you in.",
        "This must work without a password: {by_hand}\n"
        "Your public key must be in ~/.ssh/authorized_keys there; `user` and `identity_file` stand in "
        "{path}.",
    ),
    (
        "Could not resolve hostname",
        "There is no machine of the name {host}.",
        "`host` of [{name}] in {path} is an address, or a Host of your ~/.ssh/config.",
    ),
    (
        "bind: Address already in use|cannot listen to|local forward",
        "The engine of {title} cannot be brought here.",
        "sosc down --lab ssh, then sosc up --lab ssh",
    ),
)
THROUGH = (
    "ssh to VM2 goes by way of VM1, which does not reach {host}: it must be VM2's address as VM1 sees it."
)
STATE = f"""if [ -S {ENGINE_SOCKET} ] && [ ! -w {ENGINE_SOCKET} ]; then echo forbidden
elif systemctl is-active --quiet docker 2>/dev/null || pgrep -x dockerd >/dev/null; then echo silent
elif command -v docker >/dev/null; then echo stopped
else echo missing; fi"""
"""Tells in one word why the engine's socket does not answer."""
REACH = "LC_ALL=C timeout {seconds} bash -c ': < /dev/tcp/{address}/{port}' 2>&1"
PATIENCE = 5


def unreachable(machine: RealMachine, inventory: Inventory, said: str) -> LabError:
    """Return what to raise where ssh does not come to a machine.

    Parameters
    ----------
    machine : RealMachine
    inventory : Inventory
    said : str
        Ssh's own words.
    """
    words = {
        "title": machine.title,
        "host": machine.host,
        "name": machine.name,
        "by_hand": machine.by_hand,
        "path": inventory.path,
    }
    for pattern, what, help_ in PATTERNS:
        if re.search(pattern, said):
            return LabError(what.format(**words), said, help_.format(**words))
    if machine.jump == inventory.machines[0].name:
        return LabError("VM2 is not reached by way of VM1.", said, THROUGH.format(**words))
    return LabError(
        f"{machine.title} is not reached at {machine.host}.",
        said,
        f"Is it on, and does it listen there? By hand: {machine.by_hand}\n`host` stands in {inventory.path}.",
    )


def engine_trouble(node: SshNode, user: str) -> SoscError:
    """Return what to raise where a machine is reached but its engine does not answer."""
    state = node.carry(STATE).stdout.strip()
    title = node.title
    if state == "missing":
        return EngineUnreachable(
            f"{title} has no Docker Engine.",
            "There is no command docker, and no engine runs; the course installs nothing there.",
            "Section 03 shows how it is installed: sudo apt-get install docker.io docker-cli",
        )
    if state == "forbidden":
        return EngineUnreachable(
            f"You may not command the engine of {title}.",
            f"{ENGINE_SOCKET} is not open to {user}, who is in no group that may.",
            f"On {title}: sudo gpasswd -a {user} docker   (counts from your next login on)",
        )
    if state == "stopped":
        return EngineUnreachable(
            f"The engine of {title} does not run.",
            "The command docker is there, but nobody answers it.",
            f"On {title}: sudo systemctl start docker",
        )
    log = node.carry("systemctl --no-pager --lines=5 status docker 2>&1").stdout.strip()
    return EngineUnreachable(
        f"The engine of {title} does not answer.", log, f"On {title}: sudo systemctl restart docker"
    )


def require_link(one: SshNode, other: SshNode, port: int) -> None:
    """See that one machine reaches the other at its private address.

    Parameters
    ----------
    one, other : SshNode
    port : int
        That is tried: the one of ssh, which even a cable that was cut for a drill lets pass.

    Raises
    ------
    LabError
        Where it does not; that nobody listens at the port that is tried is no matter.
    """
    address = other.private_address
    done = one.carry(REACH.format(seconds=PATIENCE, address=address, port=port))
    if done.exit_code and "refused" not in done.stdout:
        raise LabError(
            f"{other.title} is not reached from {one.title}.",
            done.stdout.strip() or f"{address} is silent for {PATIENCE} s.",
            f"private_address of [{other.name}] is the one by which {one.title} reaches it; "
            "no firewall may be between.",
        )
