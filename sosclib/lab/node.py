"""What every machine of a lab can do, whichever provider made it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import docker
from docker import DockerClient

from sosclib.lab.errors import CommandFailed
from sosclib.lab.processes import running
from sosclib.lab.tokens import without_token


@dataclass(frozen=True)
class CommandResult:
    """What a command on a node left: exit code and output.

    Attributes
    ----------
    command : str
        The command as a shell would take it.
    exit_code : int
    stdout, stderr : str
    """

    command: str
    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Standard output followed by standard error."""
        return self.stdout + self.stderr

    def check(self) -> CommandResult:
        """Return this result, or raise.

        Raises
        ------
        CommandFailed
            Where the exit code is not 0; the message carries the end of the output.
        """
        if self.exit_code:
            tail = "\n".join(self.output.strip().splitlines()[-12:])
            command = without_token(self.command)
            raise CommandFailed(f"`{command}` ended with exit code {self.exit_code}.", without_token(tail))
        return self


class Node(Protocol):
    """A machine with a Docker Engine.

    Attributes
    ----------
    name : str
        Short name, ``vm1`` or ``vm2``.
    title : str
        The name as the lecture writes it, ``VM1``.
    user : str
        The lab's ordinary user.
    home : str
        Absolute path of the folder in which that user's commands run; what a section makes lies there.
    private_address : str
        IPv4 address on the lab's private network.
    public_address : str or None
        Address under which this node is reached from outside; None where it has none.
    """

    name: str
    title: str
    user: str
    home: str
    private_address: str
    public_address: str | None

    @property
    def docker(self) -> docker.DockerClient:
        """The bare SDK client of this node's engine (one per thread).

        Raises
        ------
        EngineUnreachable
            Where the engine does not answer.
        """

    def hasty_docker(self, seconds: int) -> DockerClient:
        """Return a client that gives up after so many seconds; whoever asked for it closes it."""

    def sh(
        self, command: str, *, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run a shell command as the lab user, in the lab user's home; never raises for its exit code.

        Parameters
        ----------
        command : str
        stdin : str or bytes, optional
            What it reads; nothing by default.
        timeout : float, optional
            Seconds after which it is given up.

        Raises
        ------
        LabError
            Where it does not end in time, or the machine is out of reach.
        ToolMissing
            Where the program that leads to the machine is not installed on this computer.
        """

    def cli(
        self, *arguments: str, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run the Docker CLI on the node as the lab user: ``cli("ps", "-a")``.

        Raises
        ------
        LabError, ToolMissing
            As for `sh`; also where this computer is the node and has no Docker CLI.
        """

    def follow(self, command: str, told: Callable[[str], None]) -> CommandResult:
        """Run a shell command as `sh` does, and tell each line of what it writes, as it comes."""

    def copy_to(self, source: Path, target: str) -> None:
        """Copy a file or folder of this machine to a path on the node."""

    def copy_from(self, source: str, target: Path) -> None:
        """Copy a file or folder of the node to this machine."""

    def reconnect(self) -> None:
        """Log out and in again: new group memberships take effect."""

    def provide_compose(self) -> None:
        """See that ``docker compose`` works here.

        Raises
        ------
        ToolMissing, LabError
            Where that cannot be had.
        """


def followed(
    command: str,
    words: Sequence[str],
    told: Callable[[str], None],
    folder: str | Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> CommandResult:
    """Run a program of this computer and tell each line of what it writes, as it comes.

    Parameters
    ----------
    command : str
        What the result calls it.
    words : sequence of str
        The program and its arguments.
    told : callable
        Is told each line, without its end.
    folder : str or Path, optional
        Where it runs.
    environment : mapping of str to str, optional
        All its variables; this program's own by default.
    """
    lines = []
    with running(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=environment,
    ) as process:
        for raw in process.stdout or ():
            lines.append(raw.decode(errors="replace"))
            told(lines[-1].rstrip("\r\n"))
    return CommandResult(command, process.returncode, "".join(lines), "")
