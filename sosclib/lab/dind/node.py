"""A machine that is a container, as the course sees it: a node."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from sosclib.lab.dind.relay import Relay
from sosclib.lab.errors import LabError, ToolMissing
from sosclib.lab.node import CommandResult, followed
from sosclib.lab.socket_node import STUDENT, SocketNode
from sosclib.lab.system_packages import find_program

ENGINE_TIMEOUT = 120
DIAL = ("docker", "system", "dial-stdio")
"""Docker's own way from standard input and output to the engine beside it."""


class DindNode(SocketNode):
    """One machine of the lab, reached by ``docker exec`` in its container.

    Parameters
    ----------
    name : str
        ``vm1`` or ``vm2``.
    container : str
        Its name in the engine that runs it.
    address : str
        On the lab's own network.
    socket : Path
        Where this process has its engine's socket.
    """

    public_address: str | None = None

    def __init__(self, name: str, container: str, address: str, socket: Path) -> None:
        super().__init__(name, socket, ENGINE_TIMEOUT)
        self.container = container
        self.private_address = address
        self._relay: Relay | None = None
        self._lock = threading.Lock()

    def sh(
        self, command: str, *, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run a shell command as the lab user, in the lab user's home. See `Node.sh`."""
        return self._run(self._shell(STUDENT, command), command, stdin, timeout)

    def root(self, command: str) -> CommandResult:
        """Run a shell command as root."""
        return self._run(self._shell("root", command), command, None, None)

    def follow(self, command: str, told: Callable[[str], None]) -> CommandResult:
        """Run a shell command as `sh` does, and tell each line of its output as it comes."""
        return followed(command, self._shell(STUDENT, command), told)

    def copy_to(self, source: Path, target: str) -> None:
        """Copy a file or folder of this machine to a path on the node."""
        place = str(PurePosixPath(self.home) / target)
        self._copy(str(source.absolute()), f"{self.container}:{place}")
        self.root(f"chown -R {STUDENT}: {shlex.quote(place)}").check()

    def copy_from(self, source: str, target: Path) -> None:
        """Copy a file or folder of the node to this machine."""
        self._copy(f"{self.container}:{PurePosixPath(self.home) / source}", str(target.absolute()))

    def reconnect(self) -> None:
        """Do nothing: each command is a login of its own."""

    def provide_compose(self) -> None:
        """Do nothing: the machines' image has it."""

    def forward(self, port: int) -> Relay:
        """Return a door in this computer's loopback that leads to a port of the node."""
        inside = ("socat", "STDIO", f"TCP:127.0.0.1:{port}")
        return Relay(self._exec("--interactive", command=inside), direct=(self.private_address, port))

    def shell_command(self) -> list[str]:
        """Return the command that opens a shell for a person at a terminal."""
        return self._exec("--interactive", "--tty", *self._login(STUDENT), command=("bash", "--login"))

    def close(self) -> None:
        """Give back this thread's connection to the engine, and the door to it."""
        super().close()
        with self._lock:
            if self._relay is not None:
                self._relay.close()
                self._relay = None

    def _see_to_socket(self) -> None:
        with self._lock:
            if self._relay is None:
                # A lab whose connections were given back may be used again.
                self.socket.parent.mkdir(mode=0o700, exist_ok=True)
                self._relay = Relay(self._exec("--interactive", command=DIAL), self.socket)

    def _shell(self, user: str, command: str) -> list[str]:
        return self._exec("--interactive", *self._login(user), command=("bash", "-c", command))

    def _login(self, user: str) -> tuple[str, ...]:
        home = self.home if user == STUDENT else "/root"
        return ("--user", user, "--workdir", home, "--env", f"HOME={home}", "--env", f"USER={user}")

    def _exec(self, *options: str, command: tuple[str, ...]) -> list[str]:
        return [docker_cli(), "exec", *options, self.container, *command]

    def _copy(self, source: str, target: str) -> None:
        done = subprocess.run(
            [docker_cli(), "cp", source, target], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LabError(f"{source} cannot be copied to {target}.", done.stderr.strip())


def docker_cli() -> str:
    """Return the path of the Docker CLI.

    Raises
    ------
    ToolMissing
    """
    path = find_program("docker")
    if path is None:
        raise ToolMissing(
            "The command `docker` is not installed here.",
            "Machines that are containers are reached by `docker exec`.",
            'Install Docker\'s CLI, or use LAB = "vm", which needs none.',
        )
    return path
