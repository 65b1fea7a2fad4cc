"""A real machine of an inventory, as the course sees it: a node whose home is a folder of the lab."""

from __future__ import annotations

import shlex
from pathlib import Path, PurePosixPath

from sosclib.lab.ssh.config import carrier, student
from sosclib.lab.ssh.inventory import RealMachine
from sosclib.lab.ssh.node import SshNode

MAKE_HOME = 'umask 077 && mkdir -p "$HOME/{folder}" && cd "$HOME/{folder}" && pwd && id -un && hostname'


class RealNode(SshNode):
    """One of the two real machines.

    What a section makes there lies in one folder, and the Docker CLI has its logins there too: the rest of
    the person's home is left as it is.
    """

    up = "sosc up --lab ssh"
    without_compose = (
        "It is not installed there, and the course installs nothing on your machines.",
        "sudo apt-get install docker-compose   (docker-compose-plugin with Docker's own packages)",
    )

    def __init__(self, machine: RealMachine, runtime: Path, folder: str) -> None:
        super().__init__(
            machine.name,
            runtime / f"{machine.name}.docker",
            student(machine, runtime),
            carrier(machine, runtime),
            machine.private_address,
            machine.public_address,
        )
        self.hostname = ""
        self._folder = folder

    def move_in(self) -> None:
        """Make the folder where there is none, and learn what the machine and its user are called."""
        said = self.carry(MAKE_HOME.format(folder=self._folder)).check().stdout
        # The last ones: a shell's start file may greet first.
        self.home, self.user, self.hostname = said.splitlines()[-3:]

    def move_out(self) -> None:
        """Remove the folder with all that is in it."""
        self.carry(f'rm -rf "$HOME/{self._folder}"').check()

    def move_out_where_empty(self) -> None:
        """Remove the folder where nothing is left in it."""
        self.carry(f'rmdir "$HOME/{self._folder}" 2>/dev/null')

    def shell_command(self) -> list[str]:
        """Return the command that opens a shell for a person at a terminal."""
        enter = self._at_home('exec "${SHELL:-/bin/sh}"')
        return self.student.command("-t", self.student.destination, enter)

    def _at_home(self, command: str) -> str:
        quoted = shlex.quote(self.home)
        return f"export HOME={quoted}; cd {quoted} || exit\n{command}"

    def _there(self, path: str) -> str:
        return super()._there(str(PurePosixPath(self.home) / path))
