"""Where commands are timed: on this machine, or inside a node that has a kernel of its own.

A container shares its engine's kernel, so what it is compared with runs on that kernel too.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sosclib.lab.errors import CommandFailed, LabError
from sosclib.lab.node import Node

TIMED = (
    "c=0; s=$EPOCHREALTIME; {command} >/dev/null 2>&1 || c=$?; e=$EPOCHREALTIME;"
    " echo $c ${{s/[.,]/}} ${{e/[.,]/}}"
)


class Here:
    """The machine this program runs on. Commands are spawned without a shell between.

    Attributes
    ----------
    name : str
    privileged : bool
        Whether commands can be run as root.
    """

    name = "this machine"
    privileged = os.geteuid() == 0

    def time(self, *command: str, root: bool = False) -> float:
        """Return the seconds from fork to the exit status.

        Raises
        ------
        CommandFailed
            Where the command fails.
        FileNotFoundError
            Where there is no such program.
        """
        null = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
        begin = time.perf_counter()
        child = os.posix_spawnp(command[0], command, os.environ, file_actions=null)
        _, status = os.waitpid(child, 0)
        elapsed = time.perf_counter() - begin
        if status:
            raise CommandFailed(f"`{shlex.join(command)}` ended with status {status}.")
        return elapsed

    def script(self, text: str, *, root: bool = False) -> str:
        """Run a script by this machine's sh and return its output.

        Raises
        ------
        CommandFailed
            Where it fails.
        """
        run = subprocess.run(["sh", "-ec", text], capture_output=True, text=True, check=False)
        if run.returncode:
            raise CommandFailed(f"A step on {self.name} failed.", run.stderr.strip())
        return run.stdout

    @contextmanager
    def folder(self) -> Iterator[str]:
        """Give a temporary folder that is removed afterwards."""
        with tempfile.TemporaryDirectory(prefix="sosc-race-") as folder:
            yield folder

    def put(self, source: Path, target: str) -> None:
        """Copy a file to a path outside this program."""
        shutil.copyfile(source, target)


class There:
    """A node with a kernel of its own; the time is taken by a shell on the node, without the way there."""

    privileged = True

    def __init__(self, node: Node) -> None:
        self.node = node
        self.name = node.title

    def time(self, *command: str, root: bool = False) -> float:
        """Return the seconds between two looks at the node's clock.

        Raises
        ------
        CommandFailed
            Where the command fails.
        """
        answer = self.script(TIMED.format(command=shlex.join(command)), root=root).split()
        code, start, end = (int(word) for word in answer[-3:])
        if code:
            raise CommandFailed(f"`{shlex.join(command)}` ended with exit code {code} on {self.name}.")
        return (end - start) / 1e6

    def script(self, text: str, *, root: bool = False) -> str:
        """Run a script by the node's bash and return its output.

        Raises
        ------
        CommandFailed
            Where it fails.
        """
        shell = "sudo -n bash -ec" if root else "bash -ec"
        return self.node.sh(f"{shell} {shlex.quote(text)}").check().stdout

    @contextmanager
    def folder(self) -> Iterator[str]:
        """Give a temporary folder on the node that is removed afterwards."""
        folder = self.script("mktemp -d -t sosc-race-XXXXXX").strip()
        try:
            yield folder
        finally:
            self.script(f"rm -rf {shlex.quote(folder)}", root=True)

    def put(self, source: Path, target: str) -> None:
        """Copy a file to the node."""
        self.node.copy_to(source, target)


Place = Here | There


def place_of(engine_kernel: str, node: Node | None) -> Place:
    """Return the place that shares its kernel with an engine's containers.

    Raises
    ------
    LabError
        Where the engine's machine is out of reach, as with an engine in a desktop application's VM.
    """
    if engine_kernel in ("", platform.release()):
        return Here()
    if node is not None and node.sh("uname -r").stdout.strip() == engine_kernel:
        return There(node)
    raise LabError(
        "Processes cannot be started beside the engine's containers.",
        f"The engine runs on another machine, with kernel {engine_kernel}.",
    )
