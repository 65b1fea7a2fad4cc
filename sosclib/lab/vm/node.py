"""A virtual machine as the course sees it: a node."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import docker
from docker import DockerClient

from sosclib.lab.errors import EngineUnreachable, LabError, ToolMissing
from sosclib.lab.node import CommandResult, followed
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.identity import STUDENT
from sosclib.lab.vm.machine import Spec
from sosclib.lab.vm.ssh import Connection, engine_login

LOST = 255
ENGINE_TIMEOUT = 300
API = "1.44"
"""What the machines' engines speak; who is in haste does not ask for it first."""


class VmNode:
    """One of the two virtual machines, reached by ssh and by its engine's forwarded socket."""

    user = STUDENT

    def __init__(self, spec: Spec, where: Folders) -> None:
        self.name = spec.name
        self.title = spec.title
        self.home = f"/home/{self.user}"
        self.private_address = spec.private_address
        self.public_address = spec.public_address
        self.socket = where.engine(spec.name)
        self.student = Connection(where, spec.name)
        self.carrier = Connection(where, engine_login(spec))
        self._clients = threading.local()

    @property
    def docker(self) -> docker.DockerClient:
        """The bare SDK client of this node's engine (one per thread)."""
        client: docker.DockerClient | None = getattr(self._clients, "client", None)
        if client is None:
            if not self.socket.exists():
                raise EngineUnreachable(f"The engine of {self.title} does not answer.", help="sosc up")
            client = docker.DockerClient(base_url=f"unix://{self.socket}", timeout=ENGINE_TIMEOUT)
            self._clients.client = client
        return client

    def hasty_docker(self, seconds: int) -> DockerClient:
        """Return a client of one's own that gives up after so many seconds."""
        return docker.DockerClient(base_url=f"unix://{self.socket}", timeout=seconds, version=API)

    def sh(
        self, command: str, *, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run a shell command as the lab user, in the lab user's home; never raises for its exit code."""
        return self._run(self.student, command, stdin, timeout)

    def carry(self, command: str) -> CommandResult:
        """Run a shell command as the account that carries the engine's socket, and may do all by sudo."""
        return self._run(self.carrier, command, None, None)

    def cli(
        self, *arguments: str, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run the Docker CLI on the node as the lab user: ``cli("ps", "-a")``."""
        return self.sh(shlex.join(["docker", *arguments]), stdin=stdin, timeout=timeout)

    def follow(self, command: str, told: Callable[[str], None]) -> CommandResult:
        """Run a shell command as `sh` does, and tell each line of its output as it comes."""
        words = self.student.command("-T", self.student.login, command)
        done = followed(command, words, told)
        self._require_connected(self.student, done)
        return done

    def copy_to(self, source: Path, target: str) -> None:
        """Copy a file or folder of this machine to a path on the node."""
        self._copy(str(source.absolute()), f"{self.name}:{target}")

    def copy_from(self, source: str, target: Path) -> None:
        """Copy a file or folder of the node to this machine."""
        self._copy(f"{self.name}:{source}", str(target.absolute()))

    def reconnect(self) -> None:
        """Log out and in again: new group memberships take effect."""
        self.student.close()
        self.student.open()

    def provide_compose(self) -> None:
        """See that the machine has what its system brings."""
        if self.cli("compose", "version").exit_code:
            raise ToolMissing(
                f"{self.title} has no `docker compose`.",
                "The machine's system brings it: somebody has removed it, or the machine is an old one.",
                "`sosc reset` makes the machines as new, `sosc destroy` and `sosc up` make new ones.",
            )

    def shell_command(self) -> list[str]:
        """Return the command that opens a shell for a person at a terminal."""
        return self.student.command("-t", self.name)

    def close(self) -> None:
        """Give back this thread's connection to the engine."""
        client = getattr(self._clients, "client", None)
        if client is not None:
            client.close()
            self._clients.client = None

    def _run(
        self, connection: Connection, command: str, stdin: str | bytes | None, timeout: float | None
    ) -> CommandResult:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        try:
            done = subprocess.run(
                connection.command("-T", connection.login, command),
                input=given or b"",
                capture_output=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise LabError(f"`{command}` did not end within {timeout:g} s on {self.title}.") from None
        output, errors = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
        result = CommandResult(command, done.returncode, output, errors)
        self._require_connected(connection, result)
        return result

    def _require_connected(self, connection: Connection, result: CommandResult) -> None:
        if result.exit_code == LOST and not connection.is_open():
            raise LabError(f"The connection to {self.title} is lost.", result.stderr.strip(), "sosc up")

    def _copy(self, source: str, target: str) -> None:
        command = self.student.command("-q", "-r", source, target, program="scp")
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"{source} cannot be copied to {target}.", done.stderr.strip())
