"""The nodes of a swarm, by the SDK's names: list, get, update; as a manager sees them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sosclib.engine.faults import teaching
from sosclib.engine.ownership import Ownership
from sosclib.engine.shown import AlreadyShown
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import NotFound, SwarmError
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

COLUMNS = ("ID", "HOSTNAME", "STATUS", "AVAILABILITY", "MANAGER STATUS", "ENGINE VERSION")
AVAILABILITIES = ("active", "pause", "drain")


class SwarmNode(AlreadyShown):
    """A node of a swarm in a student's hand.

    Attributes
    ----------
    id, hostname : str
    """

    def __init__(self, nodes: Nodes, id_: str, hostname: str) -> None:
        self._nodes = nodes
        self.id = id_
        self.hostname = hostname

    def __repr__(self) -> str:
        return f"<SwarmNode {self.hostname}>"

    @property
    def attrs(self) -> dict[str, Any]:
        """What ``docker node inspect`` says."""
        with teaching():
            attrs: dict[str, Any] = self._nodes.api.inspect_node(self.id)
        return attrs

    @property
    def status(self) -> str:
        """ready, down or unknown."""
        return str(self.attrs["Status"]["State"])

    def update(self, *, availability: str) -> None:
        """Let it take tasks (active), no new ones (pause) or none (drain): ``docker node update``."""
        self._nodes.update(self.id, availability=availability)

    def promote(self) -> None:
        """Make a manager of it: ``docker node promote``."""
        self._nodes.promote(self.id)

    def demote(self) -> None:
        """Make a worker of it: ``docker node demote``."""
        self._nodes.demote(self.id)

    def remove(self, *, force: bool = False) -> None:
        """Take it out of the swarm: ``docker node rm``."""
        self._nodes.remove(self.id, force=force)


class Nodes:
    """The nodes of the swarm that a node manages.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
        Only of engines of the lab's own is anything changed; else a `SwarmError` is raised.
    """

    def __init__(self, node: Node, terminal: Terminal, ownership: Ownership) -> None:
        self.api: Any = node.docker.api
        self._node = node
        self._terminal = terminal
        self._ownership = ownership

    def list(self) -> Table:
        """Return the nodes as ``docker node ls`` shows them, by host name."""
        from sosclib.engine.table import table

        self._show("docker node ls")
        with teaching():
            me = self.api.info()["Swarm"]["NodeID"]
            return table([_row(entry, me) for entry in self.raw()], COLUMNS)

    def raw(self) -> Sequence[dict[str, Any]]:
        """Return the manager's own entries, by host name."""
        with teaching():
            found: list[dict[str, Any]] = self.api.nodes()
        return sorted(found, key=hostname_of)

    def get(self, name: str) -> SwarmNode:
        """Return one node by id or host name.

        Raises
        ------
        NotFound
        SwarmError
            Where several have that name, and not just one of them is ready: a node that left and came back
            is there twice.
        """
        entries = self.raw()
        found = [entry for entry in entries if entry["ID"] == name]
        found = found or [entry for entry in entries if hostname_of(entry) == name]
        if not found:
            raise NotFound(f"The swarm has no node {name}.", help="docker node ls lists those that it has.")
        ready = [entry for entry in found if entry["Status"]["State"] == "ready"]
        meant = found if len(found) == 1 else ready
        if len(meant) != 1:
            raise SwarmError(
                f"The swarm has {len(found)} nodes that are called {name}.",
                help=f"Say which by its id: {', '.join(entry['ID'] for entry in found)}",
            )
        return SwarmNode(self, meant[0]["ID"], hostname_of(meant[0]))

    def update(self, name: str, *, availability: str) -> None:
        """Let a node take tasks (active), no new ones (pause) or none (drain): ``docker node update``.

        Raises
        ------
        NotFound
        SwarmError
            Where it is none of these.
        """
        self._ownership.require_own_engine()
        if availability not in AVAILABILITIES:
            raise SwarmError(
                f"A node cannot be {availability!r}.", help=f"It is one of {', '.join(AVAILABILITIES)}."
            )
        self._show(f"docker node update --availability {availability} {shlex.quote(name)}")
        self._change(name, {"Availability": availability})
        self._terminal.say(name)

    def promote(self, name: str) -> None:
        """Make a manager of a node: ``docker node promote``."""
        self._ownership.require_own_engine()
        self._show(f"docker node promote {shlex.quote(name)}")
        self._change(name, {"Role": "manager"})
        self._terminal.say(f"Node {name} promoted to a manager in the swarm.")

    def demote(self, name: str) -> None:
        """Make a worker of a manager: ``docker node demote``."""
        self._ownership.require_own_engine()
        self._show(f"docker node demote {shlex.quote(name)}")
        self._change(name, {"Role": "worker"})
        self._terminal.say(f"Manager {name} demoted in the swarm.")

    def remove(self, name: str, *, force: bool = False) -> None:
        """Take a node that is down out of the swarm, with force any: ``docker node rm``."""
        self._ownership.require_own_engine()
        node = self.get(name)
        self._show(f"docker node rm {'--force ' if force else ''}{shlex.quote(name)}")
        with teaching():
            self.api.remove_node(node.id, force=force)
        self._terminal.say(name)

    def _change(self, name: str, fields: Mapping[str, Any]) -> None:
        node = self.get(name)
        attrs = node.attrs
        with teaching():
            self.api.update_node(node.id, attrs["Version"]["Index"], {**attrs["Spec"], **fields})

    def _show(self, command: str) -> None:
        self._terminal.show(self._node.title, command)


def hostname_of(entry: Mapping[str, Any]) -> str:
    """Return a node's host name, from a manager's entry of it; its id while it has not said its name yet."""
    return str(entry["Description"].get("Hostname") or entry["ID"])


def address_of(entry: Mapping[str, Any]) -> str:
    """Return a node's address, from a manager's entry of it; a manager may not know its own but as such."""
    manager: str = (entry.get("ManagerStatus") or {}).get("Addr", "")
    return manager.rpartition(":")[0] or str(entry["Status"]["Addr"])


def _row(entry: Mapping[str, Any], me: str) -> dict[str, Any]:
    manager = entry.get("ManagerStatus") or {}
    role = "Leader" if manager.get("Leader") else str(manager.get("Reachability", "")).capitalize()
    return {
        "ID": entry["ID"] + (" *" if entry["ID"] == me else ""),
        "HOSTNAME": hostname_of(entry),
        "STATUS": entry["Status"]["State"].capitalize(),
        "AVAILABILITY": entry["Spec"]["Availability"].capitalize(),
        "MANAGER STATUS": role,
        # A node that has just joined has not told of itself yet.
        "ENGINE VERSION": entry["Description"].get("Engine", {}).get("EngineVersion", ""),
    }
