"""A machine that is reached by ssh, as the course sees it: a node."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from sosclib.lab.errors import EngineUnreachable, LabError, ToolMissing
from sosclib.lab.node import CommandResult, followed
from sosclib.lab.socket_node import SocketNode
from sosclib.lab.ssh.connection import Connection

LOST = 255
ENGINE_TIMEOUT = 300


class SshNode(SocketNode):
    """A machine reached by ssh, and by its engine's forwarded socket.

    Parameters
    ----------
    name : str
        ``vm1`` or ``vm2``.
    socket : Path
        Where this computer has its engine's socket.
    student, carrier : Connection
        The lab user's, for commands; and the one that carries the engine's socket and may do all by sudo,
        where that can be had.
    private_address : str
    public_address : str or None
    """

    up = "sosc up"
    """What brings a connection back that is lost."""
    without_compose = ("", "")
    """Why a machine may have no Compose, and how it gets it."""

    def __init__(
        self,
        name: str,
        socket: Path,
        student: Connection,
        carrier: Connection,
        private_address: str,
        public_address: str | None,
    ) -> None:
        super().__init__(name, socket, ENGINE_TIMEOUT)
        self.student = student
        self.carrier = carrier
        self.private_address = private_address
        self.public_address = public_address

    def sh(
        self, command: str, *, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run a shell command as the lab user, in the lab user's home. See `Node.sh`."""
        return self._log_in(self.student, command, stdin, timeout)

    def carry(self, command: str) -> CommandResult:
        """Run a shell command as the account that carries the engine's socket."""
        return self._log_in(self.carrier, command, None, None)

    def follow(self, command: str, told: Callable[[str], None]) -> CommandResult:
        """Run a shell command as `sh` does, and tell each line of its output as it comes."""
        words = self.student.command("-T", self.student.destination, self._at_home(command))
        done = followed(command, words, told)
        self._require_connected(self.student, done)
        return done

    def copy_to(self, source: Path, target: str) -> None:
        """Copy a file or folder of this machine to a path on the node."""
        self._copy(str(source.absolute()), self._there(target))

    def copy_from(self, source: str, target: Path) -> None:
        """Copy a file or folder of the node to this machine."""
        self._copy(self._there(source), str(target.absolute()))

    def reconnect(self) -> None:
        """Log out and in again: new group memberships take effect."""
        self.student.close()
        self.student.open()

    def provide_compose(self) -> None:
        """See that the machine has what its system brings. See `Node.provide_compose`."""
        if self.cli("compose", "version").exit_code:
            raise ToolMissing(f"{self.title} has no `docker compose`.", *self.without_compose)

    def shell_command(self) -> list[str]:
        """Return the command that opens a shell for a person at a terminal."""
        return self.student.command("-t", self.student.destination)

    def _see_to_socket(self) -> None:
        if not self.socket.exists():
            raise EngineUnreachable(f"The engine of {self.title} does not answer.", help=self.up)

    def _at_home(self, command: str) -> str:
        """Return a command as the lab user's login is to run it."""
        return command

    def _there(self, path: str) -> str:
        """Return a path on the machine as scp takes it."""
        host = self.student.destination
        # An IPv6 address has colons of its own.
        return f"[{host}]:{path}" if ":" in host else f"{host}:{path}"

    def _log_in(
        self, connection: Connection, command: str, stdin: str | bytes | None, timeout: float | None
    ) -> CommandResult:
        sent = self._at_home(command) if connection is self.student else command
        words = connection.command("-T", connection.destination, sent)
        result = self._run(words, command, stdin, timeout)
        self._require_connected(connection, result)
        return result

    def _require_connected(self, connection: Connection, result: CommandResult) -> None:
        if result.exit_code == LOST and not connection.is_open():
            raise LabError(f"The connection to {self.title} is lost.", result.stderr.strip(), self.up)

    def _copy(self, source: str, target: str) -> None:
        command = self.student.command("-q", "-r", source, target, program="scp")
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"{source} cannot be copied to {target}.", done.stderr.strip())
