"""A section's commands as a shell script, read from the prompts in its stored outputs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sosclib.harness import notebook

PROMPT = re.compile(r"^student@(?P<node>(?![0-9a-f]{12}:)\w+):~(?:/(?P<folder>[^\s$]+))?\$ (?P<text>.*)$")
INNER = re.compile(r"^(?:\S+@[0-9a-f]{12}:\S*[#$]|(?:/\S* |\S*bash-[\d.]+)[#$]) ?(?P<line>.*)$")
MORE = "> "
INTERACTIVE = re.compile(r"^docker (?:run -it|start -ai|exec -it)\b")
GREEDY = re.compile(r"^docker compose (?:-\S+ \S+ )*exec -T\b")
"""Reads whatever it can get, and would take the rest of a script that a shell reads."""
END = "EOF"


@dataclass(frozen=True)
class Command:
    """A command typed on a node.

    Attributes
    ----------
    node : str
        The node's title, ``VM1``.
    text : str
    typed : tuple of str
        The lines typed into it, where it is interactive.
    folder : str
        Where it is typed, as seen from the user's home; empty for the home itself.
    """

    node: str
    text: str
    typed: tuple[str, ...] = ()
    folder: str = ""

    @property
    def interactive(self) -> bool:
        """Whether lines are typed into what it starts."""
        return INTERACTIVE.match(self.text) is not None

    def script(self) -> str:
        """Return it as a script has it: typed lines come from a here-document, for which -i is enough."""
        if not self.interactive:
            text = f"{self.text} < /dev/null" if GREEDY.match(self.text) else self.text
            return f"(cd {shlex.quote(self.folder)} && {text})" if self.folder else text
        first = re.sub(r"^(docker \w+) -it\b", r"\1 -i", self.text)
        return "\n".join([f"{first} <<'{END}'", *self.typed, END])


def commands(path: Path) -> list[Command]:
    """Return the commands of a notebook, in order."""
    return [command for cell in notebook.code_cells(notebook.read(path)) for command in _of_cell(cell)]


def script(path: Path, node: str | None = "VM1") -> str:
    """Return the commands that a section runs on one node, as a shell script.

    Parameters
    ----------
    path : Path
    node : str or None
        The node's title; None for all of them in order, as they run where one machine plays every part.
    """
    whole = notebook.read(path)
    blocks = [_head(path.stem[:2], whole.metadata.sosc, node)]
    if any(" prune" in command.text for cell in whole.cells for command in _of_cell(cell)):
        blocks[0].append(
            "# Its `prune` takes all that nobody uses, yours too: type it where nothing else is, as on VM1."
        )
    heading = ""
    for cell in whole.cells:
        heading = _heading(cell) or heading
        lines = [command.script() for command in _of_cell(cell) if node in (None, command.node)]
        if lines and heading:
            blocks.append([f"# {heading}"])
            heading = ""
        blocks[-1] += lines
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(number: str, about: Any, node: str | None) -> list[str]:
    where = f" on {node}" if node else ""
    lines = ["#!/usr/bin/env bash", f"# {number} · {about.title}: the commands of the section{where}."]
    if about.get("labs_reason"):
        lines.append(f"# Only for the lab {' or '.join(about['labs'])}. {about['labs_reason']}")
    if about.get("needs"):
        lines.append(f"# It starts from what earlier sections leave: {', '.join(about.needs)}.")
    return lines


def _heading(cell: Any) -> str:
    found = re.search(r"^##+ (.*)$", cell.source, re.M) if cell.cell_type == "markdown" else None
    return found[1] if found else ""


def _of_cell(cell: Any) -> Iterator[Command]:
    outputs = cell.get("outputs", ())
    text = "".join(output.text for output in outputs if output.get("name") == "stdout")
    current: Command | None = None
    begun = False
    for line in text.splitlines():
        prompt = PROMPT.match(line)
        if prompt:
            if current:
                yield current
            current = Command(prompt["node"], prompt["text"], folder=prompt["folder"] or "")
            begun = True
        elif current and begun and line.startswith(MORE):
            current = replace(current, text=f"{current.text}\n{line.removeprefix(MORE)}")
        elif current:
            begun = False
            inner = INNER.match(line) if current.interactive else None
            if inner:
                current = replace(current, typed=(*current.typed, inner["line"]))
    if current:
        yield current
