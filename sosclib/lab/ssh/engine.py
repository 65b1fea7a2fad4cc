"""Whether the engine behind a forwarded socket answers."""

from __future__ import annotations

import json
import socket
import time

from sosclib.lab.errors import LabError
from sosclib.lab.ssh.node import SshNode

PATIENCE = 30


def await_engine(node: SshNode, limit: float, help: str = "sosc reset") -> None:
    """Wait until a node's engine answers.

    Parameters
    ----------
    node : SshNode
    limit : float
        Seconds.
    help : str
        The command that helps where it does not.

    Raises
    ------
    LabError
        Where it does not within so many seconds.
    """
    begin = time.monotonic()
    while not engine_answers(node):
        if time.monotonic() - begin > limit:
            raise LabError(
                f"The engine of {node.title} does not answer within {limit:.0f} s.",
                node.carry("systemctl --no-pager --lines=5 status docker").stdout,
                help,
            )
        time.sleep(0.2)


def engine_answers(node: SshNode) -> bool:
    """Tell whether a node's engine says what version it is."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(node.socket))
            connection.sendall(b"GET /version HTTP/1.0\r\nHost: engine\r\n\r\n")
            with connection.makefile("rb") as answer:
                _, _, body = answer.read().partition(b"\r\n\r\n")
        return "ApiVersion" in json.loads(body)
    except (OSError, ValueError):
        return False


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
