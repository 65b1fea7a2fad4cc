"""How ssh is to find the machines of an inventory: the lab's own settings first, then the person's."""

from __future__ import annotations

import shlex
from pathlib import Path

from sosclib.lab.ssh.connection import ALWAYS, Connection, quoted
from sosclib.lab.ssh.inventory import NAMES, RealMachine
from sosclib.lab.vm.qemu import tool

# What is said first counts: nothing of a person's configuration can open what is closed here.
THEIRS = """Host *
  Include ~/.ssh/config
  Include /etc/ssh/ssh_config
"""
JUMP = "-o BatchMode=yes -o StrictHostKeyChecking=yes"


def student(machine: RealMachine, runtime: Path) -> Connection:
    """Return the connection for what is typed on a machine."""
    return _connection(machine, runtime, machine.name)


def carrier(machine: RealMachine, runtime: Path) -> Connection:
    """Return the connection that carries the engine's socket, and stays when the other is made anew."""
    return _connection(machine, runtime, f"{machine.name}-engine")


def files(machines: tuple[RealMachine, RealMachine], runtime: Path) -> dict[Path, str]:
    """Return ssh's configurations by file: one for each machine and connection."""
    first = machines[0]
    return {
        connection.config: _text(machine, first, runtime, connection.control)
        for machine in machines
        for connection in (student(machine, runtime), carrier(machine, runtime))
    }


def _connection(machine: RealMachine, runtime: Path, login: str) -> Connection:
    return Connection(runtime / f"{login}.conf", machine.host, runtime / f"{login}.ssh")


def _text(machine: RealMachine, first: RealMachine, runtime: Path, control: Path) -> str:
    own = {
        "User": machine.user,
        "Port": machine.port or "",
        "IdentityFile": quoted(machine.identity_file) if machine.identity_file else "",
        "IdentitiesOnly": "yes" if machine.identity_file else "",
        "UserKnownHostsFile": quoted(machine.known_hosts) if machine.known_hosts else "",
        "GlobalKnownHostsFile": "none" if machine.known_hosts else "",
        "ProxyCommand": _way(machine, first, runtime),
        "ControlPath": quoted(control),
        "RemoteCommand": "none",
        "ForwardAgent": "no",
    }
    lines = [f"  {word} {value}\n" for word, value in own.items() if value]
    return f"Host *\n{''.join(lines)}{ALWAYS}{THEIRS}"


def _way(machine: RealMachine, first: RealMachine, runtime: Path) -> str:
    """Return the command that leads to a machine; empty where ssh finds it by itself."""
    ssh = shlex.quote(tool("ssh"))
    if machine.jump in NAMES:
        config = str(carrier(first, runtime).config).replace("%", "%%")
        return f"{ssh} -F {shlex.quote(config)} -W [%h]:%p {shlex.quote(first.host)}"
    return f"{ssh} {JUMP} -W [%h]:%p {shlex.quote(machine.jump)}" if machine.jump else ""
