"""What a student sees: the prompt, the command that a call stands for, and its output."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sosclib.engine.commands import commands
from sosclib.lab.tokens import token_begun, without_token


@dataclass(frozen=True)
class Step:
    """A command that was shown.

    Attributes
    ----------
    node : str
        The machine's title, ``VM1``.
    command : str
    folder : str
        Where it was typed, as seen from the user's home; empty for the home itself.
    """

    node: str
    command: str
    folder: str = ""


class Terminal:
    """Writes prompts, commands and output to the standard output, and remembers the commands.

    No token of a swarm is written in full, whatever command it is of.

    Parameters
    ----------
    user : str
        Whose prompt is shown.
    """

    def __init__(self, user: str = "student") -> None:
        self.user = user
        self._steps: list[Step] = []
        self._silence = 0

    @property
    def steps(self) -> tuple[Step, ...]:
        """The commands shown so far, in order."""
        return tuple(self._steps)

    @property
    def silent(self) -> bool:
        """Whether nothing is being shown."""
        return self._silence > 0

    def show(self, node: str, command: str, folder: str = "") -> None:
        """Show what is typed as a shell would: each command behind a prompt, its further lines after ``> ``.

        The prompt names the folder that the command is typed in, as seen from the user's home.

        Parameters
        ----------
        node : str
            Its title, ``VM1``.
        command : str
        folder : str
        """
        if self.silent:
            return
        command = without_token(command)
        self._steps.append(Step(node, command, folder))
        where = "~" if folder in ("", ".") else f"~/{folder}"
        for one in commands(command) if "\n" in command else [command]:
            self.write(f"{self.user}@{node}:{where}$ " + one.replace("\n", "\n> ") + "\n")

    def write(self, text: str) -> None:
        """Write output as it comes."""
        if not self.silent:
            sys.stdout.write(without_token(text))
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """Write output that ends its line."""
        if text:
            self.write(text if text.endswith("\n") else text + "\n")

    def stream(self, chunks: Iterable[bytes]) -> str:
        """Write output as it comes, and return all of it."""
        parts, pending = [], ""
        # A character may come in two chunks.
        for text in codecs.iterdecode(chunks, "utf-8", "replace"):
            parts.append(text)
            pending += text
            # What may be a token is written when all of it is there.
            end = token_begun(pending)
            self.write(pending[:end])
            pending = pending[end:]
        self.write(pending)
        return "".join(parts)

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Show nothing meanwhile: for what the course does behind the scenes."""
        self._silence += 1
        try:
            yield
        finally:
            self._silence -= 1
