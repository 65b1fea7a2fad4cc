"""An interactive session in a container: a real terminal, driven line by line."""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

import docker.errors

from sosclib.engine.faults import teaching
from sosclib.lab.errors import SoscError

if TYPE_CHECKING:
    from sosclib.engine.handle import Container
    from sosclib.engine.terminal import Terminal

ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][AB0]|[=>78])")
PROMPT = re.compile(rb"(?:^|\n)([^\n]*[#$%] )$")
QUIET = 0.12
"""Seconds of silence after what looks like a prompt until it is taken for one."""
COLUMNS, ROWS = 200, 50
NOT_RUNNING = 409
"""What the engine says to whoever ends a container that has ended by itself."""


class Session:
    """A shell in a container.

    >>> with vm1.containers.session("debian:13") as shell:
    ...     shell("touch my_new_file")

    Parameters
    ----------
    container : Container
        Created with a terminal and an open standard input, not yet started.
    api : docker.APIClient
    terminal : Terminal
    remove : bool
        Remove the container at the end.
    limit : float
        Seconds until a command that does not come back to the prompt is given up.
    """

    def __init__(
        self, container: Container, api: Any, terminal: Terminal, *, remove: bool = False, limit: float = 600
    ) -> None:
        self.container = container
        self._remove = remove
        self._api = api
        self._terminal = terminal
        self._limit = limit
        self._socket: socket.socket | None = None
        self._wrapper: Any = None
        self._prompt = b""

    def __enter__(self) -> Session:
        wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        try:
            with teaching():
                self._wrapper = self._api.attach_socket(self.container.id, params=wanted)
                self._socket = getattr(self._wrapper, "_sock", self._wrapper)
                self._api.start(self.container.id)
                self._api.resize(self.container.id, height=ROWS, width=COLUMNS)
            self._until_prompt()
        except BaseException:
            # Who does not get in does not come to the end of the block either.
            with suppress(SoscError):
                self._end()
            raise
        return self

    def __call__(self, line: str) -> str:
        """Type a line, wait for the next prompt, and return what came between."""
        self._require_open()
        self._terminal.write(self._prompt.decode(errors="replace") + line + "\n")
        self._send(line)
        answer = self._until_prompt()
        text = _without_echo(answer, line, len(self._prompt))
        self._terminal.say(text)
        return text

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is None:
            return
        try:
            if kind is None:
                self._terminal.write(self._prompt.decode(errors="replace") + "exit\n")
                with suppress(OSError):  # it may have ended by itself
                    self._send("exit")
                    self._read_until(lambda _: False, limit=5)
        finally:
            # What went wrong in the block is what is told.
            with suppress(*([] if kind is None else [SoscError])):
                self._end()

    def _end(self) -> None:
        """Let go of the terminal, and of the container."""
        if self._wrapper is not None:
            self._wrapper.close()
        self._wrapper = self._socket = None
        with teaching():
            try:
                self._api.kill(self.container.id)
            except docker.errors.APIError as error:
                if error.status_code != NOT_RUNNING:
                    raise
            self._api.wait(self.container.id)
            if self._remove:
                self._api.remove_container(self.container.id, v=True)

    def _send(self, line: str) -> None:
        self._require_open().sendall(line.encode() + b"\n")

    def _until_prompt(self) -> str:
        data = self._read_until(self._at_prompt, self._limit)
        if self._prompt and data.endswith(self._prompt):
            # Output without a newline at its end stands before the prompt, on the same line.
            return _text(data.removesuffix(self._prompt))
        found = PROMPT.search(data)
        if not found:
            raise SoscError(
                f"The shell in {self.container.name} does not come back to its prompt.",
                f"It wrote: {data[-200:].decode(errors='replace')!r}",
                "Does the command wait for an answer? Give it one, or an option such as -y.",
            )
        self._prompt = found[1]
        return _text(data[: found.start()])

    def _at_prompt(self, data: bytes) -> bool:
        return bool(self._prompt and data.endswith(self._prompt)) or bool(PROMPT.search(data))

    def _read_until(self, done: Callable[[bytes], bool], limit: float) -> bytes:
        """Return what comes until `done` holds and nothing follows for a moment, or the shell is gone."""
        stream = self._require_open()
        data = b""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            ready, _, _ = select.select([stream], [], [], QUIET)
            if not ready:
                if done(_plain(data)):
                    break
                continue
            chunk = stream.recv(65536)
            if not chunk:
                break
            data += chunk
        return _plain(data)

    def _require_open(self) -> socket.socket:
        if self._socket is None:
            raise SoscError(
                "This session is over.", help="Open one: with vm1.containers.session(image) as shell:"
            )
        return self._socket


def _plain(data: bytes) -> bytes:
    """Return text as the screen shows it in the end: no escapes, and of each line what overwrote the rest."""
    lines = ESCAPES.sub(b"", data).replace(b"\r\n", b"\n").split(b"\n")
    return b"\n".join(line.rstrip(b"\r").rpartition(b"\r")[2] for line in lines)


def _text(data: bytes) -> str:
    return data.decode(errors="replace").expandtabs()


def _without_echo(answer: str, line: str, before: int) -> str:
    """Return an answer without the line that the terminal repeats behind so many characters of prompt."""
    first, _, rest = answer.partition("\n")
    # Of a line that is wider than the terminal a shell may show no more than what fits.
    wide = before + len(line) >= COLUMNS
    return rest if wide or first.strip() == line.strip() else answer
