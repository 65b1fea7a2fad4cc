"""The provider `host`: VM1 is the Docker Engine that answers on this machine already."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import docker
import docker.errors
import requests.exceptions
from docker import DockerClient

from sosclib.lab.api_version import capped
from sosclib.lab.cli_config import add_plugins, environment
from sosclib.lab.compose_plugin import compose_plugin
from sosclib.lab.drills import Drills
from sosclib.lab.errors import EngineUnreachable, LabError, ToolMissing
from sosclib.lab.lab import LabStatus, Progress, quiet
from sosclib.lab.ledger import Ledger
from sosclib.lab.node import CommandResult, Node, followed
from sosclib.lab.paths import lab_dir, lab_name
from sosclib.lab.processes import running

PATIENCE = 5
"""Seconds within which an engine must say that it is there."""
TIMEOUT = 120


class HostNode:
    """The machine at hand and its engine, seen as VM1; commands run in a folder of the lab."""

    name = "vm1"
    title = "VM1"
    user = "student"
    private_address = "127.0.0.1"
    public_address: str | None = None

    def __init__(self, client: docker.DockerClient, home: Path) -> None:
        self._client = client
        self._home = home
        self.home = str(home.absolute())

    @property
    def docker(self) -> docker.DockerClient:
        """The bare SDK client of this engine."""
        return self._client

    def hasty_docker(self, seconds: int) -> DockerClient:
        """Return a client of one's own that gives up after so many seconds."""
        return capped(docker.from_env(timeout=seconds))

    def sh(
        self, command: str, *, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run a shell command on this machine. See `Node.sh`."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        shell = shutil.which("bash") or "sh"
        try:
            with running(
                [shell, "-c", command],
                stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self._home,
                env=self._environment(),
            ) as process:
                written = process.communicate(data, timeout)
        except subprocess.TimeoutExpired as error:
            raise LabError(f"`{command}` did not end within {timeout} s.") from error
        texts = (part.decode(errors="replace") for part in written)
        return CommandResult(command, process.returncode, *texts)

    def cli(
        self, *arguments: str, stdin: str | bytes | None = None, timeout: float | None = None
    ) -> CommandResult:
        """Run the Docker CLI of this machine. See `Node.cli`."""
        if not shutil.which("docker"):
            raise ToolMissing(
                "The command `docker` is not installed here.",
                "An engine answers, but this machine has no Docker CLI.",
                'Install Docker\'s CLI, or use LAB = "vm", whose machines have it.',
            )
        return self.sh(shlex.join(["docker", *arguments]), stdin=stdin, timeout=timeout)

    def follow(self, command: str, told: Callable[[str], None]) -> CommandResult:
        """Run a shell command as `sh` does, and tell each line of its output as it comes."""
        words = [shutil.which("bash") or "sh", "-c", command]
        return followed(command, words, told, self._home, self._environment())

    def copy_to(self, source: Path, target: str) -> None:
        """Copy a file or folder into the lab's folder, or to an absolute path."""
        _copy(source, self._home / target)

    def copy_from(self, source: str, target: Path) -> None:
        """Copy a file or folder out of the lab's folder, or from an absolute path."""
        _copy(self._home / source, target)

    def reconnect(self) -> None:
        """Do nothing: each command on this machine is a login of its own."""

    def provide_compose(self) -> None:
        """Give the lab's own CLI the plugin, where the owner's does not have it."""
        if self.cli("compose", "version").exit_code:
            add_plugins(self._home, compose_plugin().parent)

    def _environment(self) -> dict[str, str]:
        return environment(self._home)


class HostLab:
    """A lab of one node: the engine that the SDK finds (``DOCKER_HOST``, Docker context, usual socket).

    Raises
    ------
    EngineUnreachable
        Where none answers.
    """

    provider = "host"
    exclusive = False
    brings_registry = False

    def __init__(self, progress: Progress = quiet) -> None:
        progress("asking this machine's Docker Engine")
        self.name = self.mark = lab_name()
        self.folder = lab_dir()
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        self._client = connect()
        self.nodes: Mapping[str, Node] = {"vm1": HostNode(self._client, home)}
        self.ledger = Ledger(self.folder / "ledger.json")

    @staticmethod
    def answers() -> bool:
        """Tell whether an engine answers here."""
        return engine_answers()

    def status(self) -> LabStatus:
        """Return what the lab is now."""
        facts = self._client.version()
        detail = {"engine": str(facts["Version"]), "kernel": str(facts["KernelVersion"])}
        return LabStatus(self.name, self.provider, True, tuple(self.nodes), detail=detail)

    def checkpoints(self) -> list[str]:
        """Return nothing: somebody's own engine has no checkpoints."""
        return []

    def checkpoint(self, name: str) -> None:
        """Refuse: somebody's own engine cannot be saved. See `Lab.checkpoint`."""
        raise LabError(
            "A lab on this machine's own engine has no checkpoints.", help='Use the lab "vm": sosc up'
        )

    def reset(self, name: str = "pristine") -> None:
        """Refuse: what the course made on somebody's own engine is removed by the course, not by the lab.

        See `Lab.reset`.
        """
        raise LabError(
            "A lab on this machine's own engine cannot be set back.",
            help="`sosc reset --lab host` removes what the course made.",
        )

    @property
    def drills(self) -> Drills:
        """Refuse: nothing is broken on somebody's own computer.

        Raises
        ------
        LabError
        """
        raise LabError(
            "On this computer's own engine nothing is broken on purpose.",
            "Power, cable and engine are not the course's.",
            'Use LAB = "vm": two virtual machines (`sosc up`).',
        )

    def forward(self, port: int) -> int:
        """Return the port itself: VM1 is this computer."""
        return port

    def share(self, port: int) -> None:
        """Do nothing: there is no other node."""

    def close(self) -> None:
        """Give back the connection to the engine."""
        self._client.close()


def engine_answers() -> bool:
    """Tell whether an engine answers here, within a few seconds."""
    try:
        client = connect()
    except EngineUnreachable:
        return False
    client.close()
    return True


def connect() -> docker.DockerClient:
    """Return a client of the engine that answers here.

    Raises
    ------
    EngineUnreachable
        Where none does.
    """
    try:
        hasty = docker.from_env(timeout=PATIENCE)
        try:
            hasty.ping()
        finally:
            hasty.close()
        return capped(docker.from_env(timeout=TIMEOUT))
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise EngineUnreachable(
            "No Docker Engine answers on this machine.",
            str(error).splitlines()[0],
            'Start it, or use LAB = "vm": two virtual machines that need none (`sosc up`).',
        ) from error


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)
