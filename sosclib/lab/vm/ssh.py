"""How ssh finds a lab's virtual machines: one connection per machine and account."""

from __future__ import annotations

from sosclib.lab.aside import write_aside
from sosclib.lab.socket_node import STUDENT
from sosclib.lab.ssh.connection import ALWAYS, Connection, quoted
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.identity import CARRIER, Identity
from sosclib.lab.vm.machine import SPECS, VM1, Ports, Spec

# No better cipher is needed on a computer's own loopback; this costs an emulated processor least.
CONFIG = """Host *
  IdentityFile {key}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile {known_hosts}
  KexAlgorithms curve25519-sha256
  ControlPath "{runtime}/%n.ssh"
{always}"""
HOST = """
Host {name} {engine}
  HostKeyAlias {name}
Host {name}
  User {student}
{way}
Host {engine}
  User {carrier}
  HostName 127.0.0.1
  Port {port}
"""


def engine_login(spec: Spec) -> str:
    """Return ssh's name of a machine for the account that carries the engine's socket."""
    return f"{spec.name}-engine"


def logins(spec: Spec) -> tuple[str, str]:
    """Return ssh's names of a machine: the student's and the carrier's."""
    return spec.name, engine_login(spec)


def write_config(where: Folders, keys: Identity, ports: Ports) -> None:
    """Write the configuration that leads ssh to the machines; people reach VM2 by way of VM1's sshd.

    Parameters
    ----------
    where : Folders
    keys : Identity
    ports : tuple of int
        See `Ports`.
    """
    text = CONFIG.format(
        key=quoted(keys.key),
        known_hosts=quoted(keys.known_hosts),
        runtime=str(where.runtime).replace("%", "%%"),
        always=ALWAYS,
    )
    for spec, port in zip(SPECS, ports, strict=True):
        text += HOST.format(
            name=spec.name,
            engine=engine_login(spec),
            way=f"  HostName 127.0.0.1\n  Port {port}"
            if spec is VM1
            else f"  HostName {spec.private_address}\n  ProxyJump {engine_login(VM1)}",
            port=port,
            student=STUDENT,
            carrier=CARRIER,
        )
    write_aside(where.ssh_config, text, 0o600)


def connection(where: Folders, login: str) -> Connection:
    """Return the connection to a machine as an account, by ssh's name for both."""
    return Connection(where.ssh_config, login, where.runtime / f"{login}.ssh")
