"""What a swarm hands to its tasks as files, by the SDK's names: secrets and configs."""

from __future__ import annotations

import base64
import shlex
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sosclib.engine.faults import teaching
from sosclib.engine.ownership import Ownership
from sosclib.engine.tasks import seconds
from sosclib.engine.terminal import Terminal
from sosclib.engine.words import age
from sosclib.lab.errors import NotFound
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

SECRET, CONFIG = "secret", "config"
COLUMNS = ("ID", "NAME", "CREATED", "UPDATED")


class SwarmFiles:
    """The secrets, or the configs, of the swarm that a node manages.

    The managers keep them, and a task gets those of its service as files: a secret in memory only, under
    ``/run/secrets``.

    Parameters
    ----------
    kind : str
        ``secret`` or ``config``.
    node : Node
    terminal : Terminal
    ownership : Ownership
    """

    def __init__(self, kind: str, node: Node, terminal: Terminal, ownership: Ownership) -> None:
        self.api: Any = node.docker.api
        self._kind = kind
        self._node = node
        self._terminal = terminal
        self._ownership = ownership

    def create(self, name: str, data: str | bytes) -> None:
        """Give something into the swarm's keeping: ``docker secret create NAME -``.

        What it is, the command reads from its standard input: it stands neither in the history of a shell nor
        in a notebook.

        Raises
        ------
        NameTaken, SwarmError, SoscError
        """
        self._ownership.require_own_engine()
        self._show(f"docker {self._kind} create {shlex.quote(name)} -")
        content = data.encode() if isinstance(data, str) else data
        make = self.api.create_secret if self._kind == SECRET else self.api.create_config
        with teaching():
            made = make(name, content, labels=self._ownership.labels())
        self._terminal.say(made["ID"])

    def list(self) -> Table:
        """Return them as ``docker secret ls`` does, by name; what they say is not told."""
        from sosclib.engine.table import table

        self._show(f"docker {self._kind} ls")
        now = time.time()
        rows = [
            {
                "ID": entry["ID"],
                "NAME": entry["Spec"]["Name"],
                "CREATED": f"{age(max(now - seconds(entry['CreatedAt']), 0))} ago",
                "UPDATED": f"{age(max(now - seconds(entry['UpdatedAt']), 0))} ago",
            }
            for entry in self.raw()
        ]
        return table(rows, COLUMNS)

    def raw(self) -> Sequence[dict[str, Any]]:
        """Return the manager's own entries, by name."""
        listed = self.api.secrets if self._kind == SECRET else self.api.configs
        with teaching():
            found: list[dict[str, Any]] = listed()
        return sorted(found, key=lambda entry: str(entry["Spec"]["Name"]))

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what the manager tells of one: of a secret all but what it says.

        Raises
        ------
        NotFound
        """
        self._show(f"docker {self._kind} inspect {shlex.quote(name)}")
        return self._entry(name)

    def read(self, name: str) -> str:
        """Return what a config says; of a secret no manager ever tells it.

        Raises
        ------
        NotFound
        """
        data = self._entry(name)["Spec"].get("Data")
        return base64.b64decode(data).decode() if data else ""

    def remove(self, *names: str) -> None:
        """Remove some; one that a service uses stays: ``docker secret rm``.

        Raises
        ------
        NotFound, SwarmError, SoscError
        """
        self._ownership.require_own_engine()
        entries = [self._entry(name) for name in names]
        self._show(f"docker {self._kind} rm {shlex.join(names)}")
        gone = self.api.remove_secret if self._kind == SECRET else self.api.remove_config
        for name, entry in zip(names, entries, strict=True):
            with teaching():
                gone(entry["ID"])
            self._terminal.say(name)

    def _entry(self, name: str) -> dict[str, Any]:
        for entry in self.raw():
            if name in (entry["ID"], entry["Spec"]["Name"]):
                return entry
        raise NotFound(
            f"There is no {self._kind} {name}.", help=f"docker {self._kind} ls lists those that there are."
        )

    def _show(self, command: str) -> None:
        self._terminal.show(self._node.title, command)
