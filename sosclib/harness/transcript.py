"""A section's commands as a shell script, read from the prompts in its stored outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

PROMPT = re.compile(r"^student@(?P<node>\w+):~\$ (?P<command>.*)$")
INNER = re.compile(r"^(?:\S+@[0-9a-f]{12}:\S*[#$]|(?:/\S* |\S*bash-[\d.]+)#) ?(?P<line>.*)$")
MORE = "> "
INTERACTIVE = re.compile(r"^docker (?:run|start|exec) .*?(?:-it\b|-i -t\b|-ai\b)")
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
    """

    node: str
    text: str
    typed: tuple[str, ...] = ()

    def script(self) -> str:
        """Return it as a shell script has it: what was typed becomes a here-document, for which -i is enough."""
        if not self.typed:
            return self.text
        plain = re.sub(r"(?<= )-it\b", "-i", self.text, count=1)
        return "\n".join([f"{plain} <<'{END}'", *self.typed, END])


def commands(path: Path) -> list[Command]:
    """Return the commands of a notebook, in order."""
    notebook = nbformat.read(path, as_version=4)
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [command for cell in cells for command in _of_cell(cell)]


def script(path: Path, node: str = "VM1") -> str:
    """Return the commands that a section runs on one node, as a shell script."""
    notebook = nbformat.read(path, as_version=4)
    about = notebook.metadata.sosc
    head = [
        "#!/usr/bin/env bash",
        f"# {path.stem[:2]} · {about.title}: the commands of the section on {node}.",
    ]
    if about.needs:
        head.append(f"# It starts from what earlier sections leave: {', '.join(about.needs)}.")
    lines: list[str] = []
    for cell in notebook.cells:
        heading = re.search(r"^##+ (.*)$", cell.source, re.M) if cell.cell_type == "markdown" else None
        if heading:
            lines += ["", f"# {heading[1]}"]
        if cell.cell_type == "code":
            lines += [command.script() for command in _of_cell(cell) if command.node == node]
    return "\n".join([*head, *_without_empty_headings(lines)]) + "\n"


def _of_cell(cell: Any) -> Iterator[Command]:
    text = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    lines = iter(text.splitlines())
    current: Command | None = None
    continued = False
    for line in lines:
        prompt = PROMPT.match(line)
        if prompt:
            if current:
                yield current
            current, continued = Command(prompt["node"], prompt["command"]), True
            continue
        if current is None:
            continue
        inner = INNER.match(line) if INTERACTIVE.match(current.text) else None
        if continued and line.startswith(MORE):
            current = Command(current.node, f"{current.text}\n{line.removeprefix(MORE)}")
            continue
        continued = False
        if inner:
            current = Command(current.node, current.text, (*current.typed, inner["line"]))
    if current:
        yield current


def _without_empty_headings(lines: list[str]) -> list[str]:
    """Leave out headings below which no command stands."""
    kept: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if not (line.startswith("# ") and following == ""):
            kept.append(line)
    return [line for line, following in zip(kept, [*kept[1:], "end"], strict=True) if line or following]
