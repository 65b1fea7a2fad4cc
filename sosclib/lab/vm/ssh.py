"""Connections to a lab's machines by OpenSSH: one per machine and account, shared by all that follows."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from sosclib.lab.aside import write_aside
from sosclib.lab.errors import LabError
from sosclib.lab.socket_node import STUDENT
from sosclib.lab.vm import qemu
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.identity import CARRIER, Identity
from sosclib.lab.vm.machine import SPECS, VM1, Ports, Spec

ENGINE_SOCKET = "/run/docker.sock"
CONNECT_SECONDS = 20
# No better cipher is needed on a computer's own loopback; these cost an emulated processor least.
CONFIG = """Host *
  IdentityFile "{key}"
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile "{known_hosts}"
  StrictHostKeyChecking yes
  UpdateHostKeys no
  KexAlgorithms curve25519-sha256
  BatchMode yes
  LogLevel ERROR
  ConnectTimeout {connect}
  ServerAliveInterval 30
  ServerAliveCountMax 20
  ControlMaster auto
  ControlPersist yes
  ControlPath "{runtime}/%n.ssh"
  StreamLocalBindUnlink yes
"""
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
    """Write the configuration that leads ssh to the machines; people reach VM2 by way of VM1's sshd."""
    text = CONFIG.format(
        key=keys.key, known_hosts=keys.known_hosts, runtime=where.runtime, connect=CONNECT_SECONDS
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


class Connection:
    """A connection to one machine as one account.

    Parameters
    ----------
    where : Folders
    login : str
        ssh's name of machine and account.
    """

    def __init__(self, where: Folders, login: str) -> None:
        self.where = where
        self.login = login
        self.control = where.runtime / f"{login}.ssh"

    def command(self, *words: str, program: str = "ssh") -> list[str]:
        """Return an ssh command line."""
        return [qemu.tool(program), "-F", str(self.where.ssh_config), *words]

    def open(self, forward: Path | None = None) -> None:
        """Connect and stay connected; with a socket's path, bring the machine's engine there.

        Raises
        ------
        LabError
            Where the machine does not let this account in, or does not answer.
        """
        self.control.unlink(missing_ok=True)
        forwards = ["-L", f"{forward}:{ENGINE_SOCKET}"] if forward else []
        options = ["-f", "-N", "-M", "-o", "ExitOnForwardFailure=yes", *forwards]
        # A file, for a pipe would stay open as long as the connection that goes to the background.
        complaints = self.where.runtime / f"{self.login}.log"
        with complaints.open("w") as log:
            done = subprocess.run(
                self.command(*options, self.login),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                check=False,
                start_new_session=True,
            )
        if done.returncode:
            raise LabError("A virtual machine cannot be reached by ssh.", complaints.read_text().strip())

    def is_open(self) -> bool:
        """Tell whether the shared connection is there."""
        return self.control.exists() and not self._control("check")

    def close(self) -> None:
        """Log out; nothing happens where nobody is logged in."""
        if self.control.exists():
            self._control("exit")
        for _ in range(100):
            if not self.control.exists():
                return
            time.sleep(0.01)
        self.control.unlink(missing_ok=True)

    def _control(self, order: str) -> int:
        quiet = subprocess.DEVNULL
        return subprocess.run(
            self.command("-O", order, self.login), stdin=quiet, stdout=quiet, stderr=quiet, check=False
        ).returncode
