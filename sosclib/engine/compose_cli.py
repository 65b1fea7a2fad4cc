"""The command Compose on a node: which one there is, and how it is called in a stack's folder."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import SoscError, ToolMissing
from sosclib.lab.node import CommandResult, Node

PLUGIN, OLDER = ("docker", "compose"), ("docker-compose",)
PLAIN = "COMPOSE_ANSI=never COMPOSE_PROGRESS=plain COMPOSE_STATUS_STDOUT="
"""What is read line by line must not paint over itself."""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
NO_FOLDER = 66


class ComposeCli:
    """Calls Compose on a node.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    """

    def __init__(self, node: Node, terminal: Terminal) -> None:
        self._node = node
        self._terminal = terminal
        self._words: tuple[str, ...] | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """How Compose is called here: ``docker compose``, or ``docker-compose`` where that is all there is.

        Raises
        ------
        ToolMissing
            Where the node has neither, and it cannot be given one.
        """
        if self._words is None:
            self._words = self._found()
        return self._words

    @property
    def older(self) -> bool:
        """Whether it is called as a command of its own."""
        return self.words == OLDER

    def run(self, folder: str, arguments: Sequence[str], *, stdin: str | None = None) -> CommandResult:
        """Run it in a folder, and return what it left without a terminal's escapes.

        Parameters
        ----------
        folder : str
            As seen from the lab user's home.
        arguments : sequence of str
        stdin : str, optional
            What it reads.

        Raises
        ------
        ToolMissing
            Where the node has no Compose.
        """
        done = self._node.sh(self._typed(folder, arguments), stdin=stdin)
        return CommandResult(done.command, done.exit_code, plain(done.stdout), plain(done.stderr))

    def follow(self, folder: str, arguments: Sequence[str], told: Callable[[str], None]) -> CommandResult:
        """Run it in a folder, and tell each line that it writes, as it comes.

        Parameters
        ----------
        folder : str
            As seen from the lab user's home.
        arguments : sequence of str
        told : callable
            Is told each line, without a terminal's escapes.

        Raises
        ------
        ToolMissing
            Where the node has no Compose.
        """
        done = self._node.follow(self._typed(folder, arguments), lambda line: told(plain(line)))
        return CommandResult(done.command, done.exit_code, plain(done.stdout), plain(done.stderr))

    def _typed(self, folder: str, arguments: Sequence[str]) -> str:
        words = shlex.join([*self.words, *arguments])
        return f"cd {shlex.quote(folder)} || exit {NO_FOLDER}; {PLAIN} {words}"

    def _found(self) -> tuple[str, ...]:
        try:
            self._node.provide_compose()
        except SoscError as fault:
            return self._found_older(fault)
        return PLUGIN

    def _found_older(self, fault: SoscError) -> tuple[str, ...]:
        if self._node.sh(shlex.join([*OLDER, "version"])).exit_code:
            raise ToolMissing(
                f"There is no Compose on {self._node.title}.",
                f"{fault.what} {fault.why}".strip(),
                fault.help or "Install your system's package: docker-compose-plugin, or docker-compose.",
            ) from fault
        self._terminal.say(
            f"Notice: {self._node.title} has the older command `docker-compose` only; it is called instead."
        )
        return OLDER


def plain(text: str) -> str:
    """Return text without a terminal's escapes."""
    return ESCAPES.sub("", text)
