"""Connections to machines by OpenSSH: one per machine and account, shared by all that follows."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from sosclib.lab.errors import LabError
from sosclib.lab.vm.qemu import tool

ENGINE_SOCKET = "/run/docker.sock"
CONNECT_SECONDS = 20
# Host keys are compared always: whoever stands in for a machine would get its engine's socket.
ALWAYS = f"""  StrictHostKeyChecking yes
  UpdateHostKeys no
  BatchMode yes
  LogLevel ERROR
  ConnectTimeout {CONNECT_SECONDS}
  ServerAliveInterval 30
  ServerAliveCountMax 20
  ControlMaster auto
  ControlPersist yes
  StreamLocalBindUnlink yes
"""
"""What every configuration of a lab has, to be put below a `Host`."""


def quoted(path: Path) -> str:
    """Return a path as ssh's configuration takes it: a per cent sign begins a word of ssh's own."""
    return '"' + str(path).replace("%", "%%") + '"'


class Connection:
    """A connection to one machine as one account.

    Parameters
    ----------
    config : Path
        ssh's configuration; it names the same control socket.
    destination : str
        ssh's name of machine and account.
    control : Path
        The socket of the shared connection.
    """

    def __init__(self, config: Path, destination: str, control: Path) -> None:
        self.config = config
        self.destination = destination
        self.control = control

    def command(self, *words: str, program: str = "ssh") -> list[str]:
        """Return an ssh command line."""
        return [tool(program), "-F", str(self.config), *words]

    def open(self, forward: Path | None = None) -> None:
        """Connect and stay connected; with a socket's path, bring the machine's engine there.

        Raises
        ------
        LabError
            Where the machine does not let this account in, or does not answer; the reason is in ssh's words.
        """
        self.control.unlink(missing_ok=True)
        forwards = ["-L", f"{forward}:{ENGINE_SOCKET}"] if forward else []
        options = ["-f", "-N", "-M", "-o", "ExitOnForwardFailure=yes", *forwards]
        # A file, for a pipe would stay open as long as the connection that goes to the background.
        complaints = self.control.with_suffix(".log")
        with complaints.open("w") as log:
            done = subprocess.run(
                self.command(*options, self.destination),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                check=False,
                start_new_session=True,
            )
        if done.returncode:
            raise LabError("A machine cannot be reached by ssh.", complaints.read_text().strip())

    def is_open(self) -> bool:
        """Tell whether the shared connection is there."""
        return self.control.exists() and not self.order("check").returncode

    def close(self) -> None:
        """Log out; nothing happens where nobody is logged in."""
        if self.control.exists():
            self.order("exit")
        for _ in range(100):
            if not self.control.exists():
                return
            time.sleep(0.01)
        self.control.unlink(missing_ok=True)

    def order(self, order: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Give the shared connection an order: ``check``, ``exit``, ``forward`` or ``cancel``."""
        return subprocess.run(
            self.command("-O", order, *options, self.destination),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
