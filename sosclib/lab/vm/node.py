"""A virtual machine as the course sees it: a node."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from sosclib.lab.errors import EngineUnreachable, LabError, ToolMissing
from sosclib.lab.node import CommandResult, followed
from sosclib.lab.socket_node import SocketNode
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.machine import Spec
from sosclib.lab.vm.ssh import Connection, engine_login

LOST = 255
ENGINE_TIMEOUT = 300


class VmNode(SocketNode):
    """One of the two virtual machines, reached by ssh and by its engine's forwarded socket."""

    def __init__(self, spec: Spec, where: Folders) -> None:
        super().__init__(spec.name, where.engine(spec.name), ENGINE_TIMEOUT)
        self.private_address = spec.private_address
        self.public_address = spec.public_address
        self.student = Connection(where, spec.name)
        self.carrier = Connection(where, engine_login(spec))

    def sh(
        self, command: str, *, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run a shell command as the lab user, in the lab user's home; never raises for its exit code."""
        return self._log_in(self.student, command, stdin, timeout)

    def carry(self, command: str) -> CommandResult:
        """Run a shell command as the account that carries the engine's socket, and may do all by sudo."""
        return self._log_in(self.carrier, command, None, None)

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

    def _see_to_socket(self) -> None:
        if not self.socket.exists():
            raise EngineUnreachable(f"The engine of {self.title} does not answer.", help="sosc up")

    def _log_in(
        self, connection: Connection, command: str, stdin: str | bytes | None, timeout: float | None
    ) -> CommandResult:
        result = self._run(connection.command("-T", connection.login, command), command, stdin, timeout)
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
