"""Networks of a node, by the SDK's names: create, list, inspect, connect, disconnect, remove."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import docker.errors

from sosclib.engine.containers import Containers
from sosclib.engine.facts import Facts
from sosclib.engine.faults import explanation, teaching
from sosclib.engine.ownership import Ownership, not_ours
from sosclib.engine.shown import AlreadyShown
from sosclib.engine.snapshot import PREDEFINED_NETWORKS
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import NameTaken, NetworkInUse, NotOurs
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

COLUMNS = ("NETWORK ID", "NAME", "DRIVER", "SCOPE")
CONNECTED = ("NAME", "IPV4ADDRESS")
FORMAT = "{{range .Containers}}{{println .Name .IPv4Address}}{{end}}"
FORBIDDEN = 403


class Network(AlreadyShown):
    """A network of the engine.

    Attributes
    ----------
    name : str
    """

    def __init__(self, networks: Networks, name: str) -> None:
        self._networks = networks
        self.name = name

    def __repr__(self) -> str:
        return f"<Network {self.name}>"

    @property
    def attrs(self) -> Facts:
        """What ``docker network inspect`` says."""
        return self._networks.facts(self.name)

    def connect(self, container: str, *, aliases: Sequence[str] = ()) -> None:
        """Connect a container: ``docker network connect``."""
        self._networks.connect(self.name, container, aliases=aliases)

    def disconnect(self, container: str, *, force: bool = False) -> None:
        """Take a container off: ``docker network disconnect``."""
        self._networks.disconnect(self.name, container, force=force)

    def remove(self) -> None:
        """Remove it: ``docker network rm``."""
        self._networks.remove(self.name)


class Networks:
    """The networks of one node.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
    containers : Containers
    """

    def __init__(self, node: Node, terminal: Terminal, ownership: Ownership, containers: Containers) -> None:
        self.api: Any = node.docker.api
        self._node = node
        self._terminal = terminal
        self._ownership = ownership
        self._containers = containers

    def create(
        self,
        name: str,
        *,
        driver: str = "bridge",
        internal: bool = False,
        attachable: bool = False,
        labels: Mapping[str, str] | None = None,
    ) -> Network:
        """Make a network: ``docker network create``.

        Parameters
        ----------
        name : str
        driver : str
        internal : bool
            Without a way to the outside.
        attachable : bool
            Of an overlay network: also for containers that no swarm has started.
        labels : mapping of str to str, optional

        Raises
        ------
        NameTaken
            Where there is one of that name already: an engine would make a second one.
        """
        words = ["docker network create", *(["-d", driver] if driver != "bridge" else [])]
        words += ["--internal"] if internal else []
        words += ["--attachable"] if attachable else []
        words += [f"--label {shlex.quote(f'{key}={value}')}" for key, value in (labels or {}).items()]
        self._show(" ".join([*words, shlex.quote(name)]))
        if any(raw["Name"] == name for raw in self.raw(everything=True)):
            raise NameTaken(f"There is a network {name} already.", help="Take another name, or that one.")
        marked = {**(labels or {}), **self._ownership.labels()}
        with teaching():
            made = self.api.create_network(
                name, driver=driver, internal=internal, attachable=attachable, labels=marked
            )
        self._terminal.say(made["Id"])
        return Network(self, name)

    def list(self, *, everything: bool = False) -> Table:
        """Return the networks as ``docker network ls`` shows them, sorted by name.

        Parameters
        ----------
        everything : bool
            On somebody's own engine: also those that are neither the course's nor every engine's own.
        """
        from sosclib.engine.table import table

        self._show("docker network ls")
        rows = [
            {
                "NETWORK ID": raw["Id"][:12],
                "NAME": raw["Name"],
                "DRIVER": raw["Driver"],
                "SCOPE": raw["Scope"],
            }
            for raw in self.raw(everything=everything)
        ]
        return table(rows, COLUMNS)

    def raw(self, *, everything: bool = False) -> Sequence[dict[str, Any]]:
        """Return the engine's own entries, sorted by name: the course's, and those that every engine has."""
        with teaching():
            listed: list[dict[str, Any]] = self.api.networks()
        owns = self._ownership.judge()
        seen = [
            raw for raw in listed if everything or raw["Name"] in PREDEFINED_NETWORKS or owns("network", raw)
        ]
        return sorted(seen, key=lambda raw: str(raw["Name"]))

    def get(self, name: str) -> Network:
        """Return one network by name.

        Raises
        ------
        NotFound
        """
        return Network(self, str(self.facts(name)["Name"]))

    def facts(self, name: str) -> Facts:
        """Return what the engine knows of a network, without showing a command.

        Raises
        ------
        NotFound
        """
        with teaching():
            return Facts(self.api.inspect_network(name))

    def inspect(self, name: str) -> Facts:
        """Return what the engine knows of a network: ``docker network inspect``.

        Raises
        ------
        NotFound
        """
        self._show(f"docker network inspect {shlex.quote(name)}")
        return self.facts(name)

    def connected(self, name: str) -> Table:
        """Return who is connected to a network, sorted by name: a part of ``docker network inspect``.

        Returns
        -------
        Table
            NAME of each container that runs, and its address in this network with the network's size.

        Raises
        ------
        NotFound
        """
        from sosclib.engine.table import table

        self._show(f"docker network inspect -f '{FORMAT}' {shlex.quote(name)}")
        members = self.facts(name).get("Containers") or {}
        rows = [
            {"NAME": one["Name"], "IPV4ADDRESS": str(ipaddress.ip_interface(one["IPv4Address"]))}
            for one in members.values()
        ]
        return table(sorted(rows, key=lambda row: str(row["NAME"])), CONNECTED)

    def connect(self, name: str, container: str, *, aliases: Sequence[str] = ()) -> None:
        """Connect a container to a network: ``docker network connect``.

        Parameters
        ----------
        name, container : str
        aliases : sequence of str
            Further names under which the others find it there.

        Raises
        ------
        NotFound, NotOurs
        """
        words = [f"--alias {shlex.quote(alias)}" for alias in aliases]
        self._require_ours(name)
        ours = self._containers.ours(container)
        self._show(" ".join(["docker network connect", *words, shlex.join([name, container])]))
        with teaching():
            self.api.connect_container_to_network(ours.id, name, aliases=list(aliases) or None)

    def disconnect(self, name: str, container: str, *, force: bool = False) -> None:
        """Take a container off a network: ``docker network disconnect``.

        Parameters
        ----------
        name, container : str
        force : bool
            ``--force``.

        Raises
        ------
        NotFound, NotOurs
        """
        self._require_ours(name)
        ours = self._containers.ours(container)
        flag = ["--force"] if force else []
        self._show(shlex.join(["docker", "network", "disconnect", *flag, name, container]))
        with teaching():
            self.api.disconnect_container_from_network(ours.id, name, force=force)

    def remove(self, *names: str) -> None:
        """Remove networks: ``docker network rm``.

        Raises
        ------
        NotFound, NotOurs
        NetworkInUse
            Where a container that runs is connected; it names which.
        """
        for name in names:
            self._require_ours(name)
        self._show(f"docker network rm {shlex.join(names)}")
        for name in names:
            with teaching():
                try:
                    self.api.remove_network(name)
                except docker.errors.APIError as error:
                    if error.status_code == FORBIDDEN:
                        raise self._in_use(name, explanation(error)) from error
                    raise
            self._terminal.say(name)

    def _in_use(self, name: str, why: str) -> NetworkInUse:
        members = sorted(one["Name"] for one in (self.facts(name).get("Containers") or {}).values())
        told = f"Connected: {', '.join(members)}." if members else why
        return NetworkInUse(
            f"The network {name} is in use.", told, f"docker network disconnect {name} CONTAINER"
        )

    def _show(self, command: str) -> None:
        self._terminal.show(self._node.title, command)

    def _require_ours(self, name: str) -> None:
        facts = self.facts(name)
        if facts["Name"] not in PREDEFINED_NETWORKS and self._ownership.owns("network", facts):
            return
        if facts["Name"] in PREDEFINED_NETWORKS:
            raise NotOurs(
                f"The network {name} is every engine's own.",
                "Containers that name no network are on `bridge`.",
                "Make one: docker network create NAME",
            )
        raise not_ours("network", name)
