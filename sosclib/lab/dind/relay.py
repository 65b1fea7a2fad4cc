"""Doors into a container: a socket of this computer whose connections a command in the container serves.

Docker Desktop's engine runs in a virtual machine whose sockets and addresses this computer does not reach.
What reaches any engine is ``docker exec``: each connection becomes one.
"""

from __future__ import annotations

import socket
import socketserver
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

CHUNK = 1 << 16
DIRECTLY = 1.0
"""Seconds within which an address answers that this computer reaches."""


class Relay:
    """A door that is open until it is closed.

    Parameters
    ----------
    command : sequence of str
        Serves one connection by its standard input and output.
    at : Path or None
        A Unix socket; None for a port of the loopback, of the system's choice.
    direct : (str, int), optional
        Address and port that lead there without the command, where this computer reaches them: an engine
        beside it, as on Linux.

    Attributes
    ----------
    port : int
        0 for a Unix socket.
    """

    def __init__(
        self, command: Sequence[str], at: Path | None = None, *, direct: tuple[str, int] | None = None
    ) -> None:
        handler = _handler(list(command), direct)
        if at is None:
            self._server: socketserver.BaseServer = _Tcp(("127.0.0.1", 0), handler)
            self.port = int(self._server.server_address[1])
        else:
            at.unlink(missing_ok=True)
            self._server = _Unix(str(at), handler)
            at.chmod(0o600)
            self.port = 0
        self._at = at
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the door; connections that are open end with their commands."""
        self._server.shutdown()
        self._server.server_close()
        if self._at is not None:
            self._at.unlink(missing_ok=True)


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False


def _handler(command: list[str], direct: tuple[str, int] | None) -> type[socketserver.BaseRequestHandler]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                there = _reached(direct)
            except ConnectionRefusedError:
                return  # the connection ends, as at the port itself
            if there is not None:
                with there:
                    _join(self.request, there)
                return
            served = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            inwards = threading.Thread(target=_inwards, args=(self.request, served.stdin), daemon=True)
            inwards.start()
            _outwards(served.stdout, self.request)
            served.kill()
            served.wait()

    return Handler


def _reached(direct: tuple[str, int] | None) -> socket.socket | None:
    if direct is None:
        return None
    try:
        return socket.create_connection(direct, timeout=DIRECTLY)
    except ConnectionRefusedError:
        raise  # reached it is, but nobody listens
    except OSError:
        return None


def _join(here: socket.socket, there: socket.socket) -> None:
    """Carry what either side says to the other, until both have said all."""
    there.settimeout(None)
    outwards = threading.Thread(target=_carry, args=(there, here), daemon=True)
    outwards.start()
    _carry(here, there)
    outwards.join()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):  # either side has hung up, which is how connections end
        while said := one.recv(CHUNK):
            other.sendall(said)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def _inwards(connection: socket.socket, pipe: Any) -> None:
    """Carry what a client says to the command, and tell the command when the client has said all."""
    with suppress(OSError):  # either side has hung up, which is how connections end
        while said := connection.recv(CHUNK):
            pipe.write(said)
            pipe.flush()
    with suppress(OSError):  # what was left to be said, nobody hears any more
        pipe.close()


def _outwards(pipe: Any, connection: socket.socket) -> None:
    """Carry what the command answers to the client, and hang up when it has said all."""
    try:
        while answer := pipe.read1(CHUNK):
            connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
