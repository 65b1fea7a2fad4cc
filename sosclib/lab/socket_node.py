"""What machines share whose engine is a Unix socket here, and whose shell a program of this computer."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docker
import docker.auth
import docker.errors
from docker import DockerClient

from sosclib.lab.api_version import capped
from sosclib.lab.errors import EngineUnreachable, LabError
from sosclib.lab.node import CommandResult

STUDENT = "student"
"""The lab's ordinary user."""


class NoLogins(docker.auth.AuthConfig):
    """No login at any registry, for a client of a machine that is not this computer.

    The SDK would send along what this computer's owner has in ``~/.docker`` or in a keychain. An empty set of
    logins makes it look there once more, so this one does not call itself empty.
    """

    is_empty = False

    def __init__(self) -> None:
        super().__init__({})


class SocketNode:
    """One machine of a lab whose engines are the lab's own.

    Parameters
    ----------
    name : str
        ``vm1`` or ``vm2``.
    socket : Path
        Where this computer has its engine's socket.
    timeout : int
        Seconds that its engine may take to answer.
    """

    user = STUDENT

    def __init__(self, name: str, socket: Path, timeout: int) -> None:
        self.name = name
        self.title = name.upper()
        self.home = f"/home/{self.user}"
        self.socket = socket
        self._timeout = timeout
        self._clients = threading.local()
        self._spoken: str | None = None

    @property
    def docker(self) -> docker.DockerClient:
        """The bare SDK client of this node's engine (one per thread). See `Node.docker`."""
        # Also for a client that is there: another thread may have closed the door that all share.
        self._see_to_socket()
        client: docker.DockerClient | None = getattr(self._clients, "client", None)
        if client is None:
            try:
                client = self._client(self._timeout)
                self._spoken = client.api.api_version
            except docker.errors.DockerException as error:
                raise EngineUnreachable(
                    f"The engine of {self.title} does not answer.", str(error), "sosc status"
                ) from error
            self._clients.client = client
        return client

    def hasty_docker(self, seconds: int) -> DockerClient:
        """Return a client that gives up after so many seconds; whoever asked for it closes it."""
        self._see_to_socket()
        # What the first client and the engine agreed on is not asked for again.
        return self._client(seconds, self._spoken)

    def sh(
        self, command: str, *, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run a shell command as the lab user, in the lab user's home. See `Node.sh`."""
        raise NotImplementedError

    def cli(
        self, *arguments: str, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run the Docker CLI on the node as the lab user: ``cli("ps", "-a")``."""
        return self.sh(shlex.join(["docker", *arguments]), stdin=stdin, timeout=timeout)

    def close(self) -> None:
        """Give back this thread's connection to the engine."""
        client = getattr(self._clients, "client", None)
        if client is not None:
            client.close()
            self._clients.client = None

    def _client(self, seconds: int, version: str | None = None) -> DockerClient:
        client = capped(DockerClient(base_url=f"unix://{self.socket}", timeout=seconds, version=version))
        api: Any = client.api
        api._auth_configs = NoLogins()
        return client

    def _see_to_socket(self) -> None:
        """See that the engine's socket is there; raise EngineUnreachable where it cannot be."""
        raise NotImplementedError

    def _run(
        self, words: Sequence[str], command: str, stdin: str | bytes | None, timeout: float | None
    ) -> CommandResult:
        """Run the program that carries a shell command to the machine."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        try:
            done = subprocess.run(
                words, input=given or b"", capture_output=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise LabError(f"`{command}` did not end within {timeout:g} s on {self.title}.") from None
        output, errors = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
        return CommandResult(command, done.returncode, output, errors)
