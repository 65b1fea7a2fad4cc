"""Stacks of a node: projects of Compose, each a folder with a compose file."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sosclib.engine.compose_cli import ComposeCli
from sosclib.engine.compose_labels import FILES_LABEL, PROJECT_LABEL
from sosclib.engine.compose_progress import WatchCompose
from sosclib.engine.compose_project import Project
from sosclib.engine.faults import teaching
from sosclib.engine.images import Images
from sosclib.engine.ownership import Ownership
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import NotFound, SoscError
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

COLUMNS = ("NAME", "STATUS", "CONFIG FILES")
NAMED = re.compile(r"^\s*(?:export\s+)?COMPOSE_PROJECT_NAME=[\"']?(?P<name>[^\"'\s#]+)", re.M)
FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
BESIDE = tuple(name.replace(".", ".override.") for name in FILES)
TITLED = re.compile(r"^name:[ \t]*(?P<text>.*?)[ \t]*(?:#.*)?$", re.M)
PLACE = "sosc-place: "
"""What stands before the folder's path in the answer to where it is."""
PLAIN_NAME = re.compile(r"(?P<quote>[\"']?)(?P<name>[a-z0-9][a-z0-9_-]*)(?P=quote)")


class Compose:
    """The stacks of one node.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
    images : Images
        Where a stack's images are fetched.
    watch : callable, optional
        Sees the progress of Compose.
    """

    def __init__(
        self,
        node: Node,
        terminal: Terminal,
        ownership: Ownership,
        images: Images,
        watch: WatchCompose | None = None,
    ) -> None:
        self._node = node
        self._terminal = terminal
        self._ownership = ownership
        self._images = images
        self._watch = watch
        self._cli = ComposeCli(node, terminal)

    def project(self, folder: str, *, files: Sequence[str] = ()) -> Project:
        """Return the stack of a folder.

        Its name is what the file ``.env`` beside the compose file says (``COMPOSE_PROJECT_NAME``). Where that
        says nothing, it is what the compose file says (``name:``), or else the folder's. On somebody's own
        engine it is the folder's with the lab's name in it: each command that is shown then has it as ``-p``.

        Parameters
        ----------
        folder : str
            As seen from the lab user's home.
        files : sequence of str
            The compose files, where they have other names than ``compose.yaml`` (``-f``).

        Raises
        ------
        NotFound
            Where there is no such folder.
        SoscError
            Where ``.env`` gives the stack a name that is none.
        """
        folder = posixpath.normpath(folder)
        quoted = shlex.quote(folder)
        # A shell's start file may greet first, and perhaps not end its line.
        answer = self._node.sh(
            f"cd {quoted} && echo && if test -f .env; then cat .env; fi && printf '\\n%s' '{PLACE}' && pwd"
        )
        if answer.exit_code:
            raise NotFound(
                f"There is no folder {folder} on {self._node.title}.",
                "A stack is a folder that holds a file compose.yaml.",
                "ls shows what there is; a folder is named as seen from the lab user's home.",
            )
        variables, _, place = answer.stdout.rpartition(f"\n{PLACE}")
        title = posixpath.basename(place.partition("\n")[0])
        name = self._given_name(folder, variables)
        if not name and self._ownership.exclusive:
            name = self._own_name(folder, title, files)
        return Project(
            self._node,
            self._terminal,
            self._ownership,
            self._images,
            self._cli,
            self._watch,
            folder,
            title,
            files,
            name,
        )

    def _given_name(self, folder: str, variables: str) -> str:
        """Return the name that a file of variables gives a stack; of several the last counts."""
        *_, name = ("", *NAMED.findall(variables))
        if name and not PLAIN_NAME.fullmatch(name):
            raise SoscError(
                f"{folder}/.env gives the stack a name that cannot be read here: {name}",
                "A name has small letters, digits, - and _ only, and no variables.",
                "Write the name itself behind COMPOSE_PROJECT_NAME=, or leave the line out.",
            )
        return str(name)

    def _own_name(self, folder: str, title: str, files: Sequence[str]) -> str:
        """Return what Compose calls a folder's stack by itself; empty where that cannot be told."""
        found = TITLED.findall(self._node.sh(_reading(folder, files)).stdout)
        if not found:
            return self._ownership.project(title)
        plain = PLAIN_NAME.fullmatch(found[-1])
        return plain["name"] if plain else ""

    def list(self, *, everything: bool = False) -> Table:
        """Return the stacks as ``docker compose ls -a`` shows them.

        Parameters
        ----------
        everything : bool
            On somebody's own engine: also those that are not the course's.
        """
        from sosclib.engine.table import table

        self._terminal.show(self._node.title, shlex.join([*self._cli.words, "ls", "-a"]))
        api: Any = self._node.docker.api
        owns = self._ownership.judge()
        found: dict[str, list[dict[str, Any]]] = {}
        with teaching():
            for raw in api.containers(all=True, filters={"label": PROJECT_LABEL}):
                if everything or owns("container", raw):
                    found.setdefault(raw["Labels"][PROJECT_LABEL], []).append(raw)
        rows = [
            {"NAME": name, "STATUS": _counted(members), "CONFIG FILES": self._files(members)}
            for name, members in sorted(found.items())
        ]
        return table(rows, COLUMNS)

    def _files(self, members: Sequence[dict[str, Any]]) -> str:
        named = {raw["Labels"].get(FILES_LABEL, "") for raw in members}
        return ", ".join(sorted(named)).replace(self._node.home, "~")


def _reading(folder: str, files: Sequence[str]) -> str:
    """Return the command that prints the compose files of a folder, in the order in which they count."""
    groups: list[Sequence[str]] = [(file,) for file in files] if files else [FILES, BESIDE]
    prints = (
        f'for file in {shlex.join(group)}; do if test -f "$file"; then cat "$file"; echo; break; fi; done'
        for group in groups
    )
    return f"cd {shlex.quote(folder)} && {{ {'; '.join(prints)}; }}"


def _counted(members: Sequence[dict[str, Any]]) -> str:
    """Return how many containers are in which state: ``exited(1), running(2)``."""
    states = [str(raw["State"]) for raw in members]
    return ", ".join(f"{state}({states.count(state)})" for state in sorted(set(states)))
