"""Tasks of a swarm: the attempts to run one container of a service, as plain data and as the CLI's table."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sosclib.engine.nodes import hostname_of
from sosclib.engine.words import age, ellipsis

if TYPE_CHECKING:
    from sosclib.engine.table import Table

COLUMNS = ("ID", "NAME", "IMAGE", "NODE", "DESIRED STATE", "CURRENT STATE", "ERROR", "PORTS")
RUNNING = "running"
FAILED = frozenset({"failed", "rejected", "orphaned"})
ENDED = frozenset({"complete", "shutdown", "failed", "rejected", "remove", "orphaned"})
"""The states from which a task never comes back: another one takes its place."""


@dataclass(frozen=True)
class Task:
    """One attempt to run a container of a service.

    Attributes
    ----------
    id : str
    service : str
        The service's name.
    slot : int
        Which of the replicas it is; 0 for a service that runs once on each node.
    node, node_id : str
        Host name and id of the machine; empty as long as none is chosen.
    image : str
        Without a digest.
    desired, state : str
        What the manager wants, and what is: running, shutdown, failed, …
    since : float
        When it came into that state, in seconds since 1970.
    error : str
        The node's own words where it failed.
    container : str
        Id of its container; empty as long as there is none.
    ports : tuple of str
        What it publishes on its own node, ``*:8082->80/tcp``.
    """

    id: str
    service: str
    slot: int
    node: str
    node_id: str
    image: str
    desired: str
    state: str
    since: float
    error: str = ""
    container: str = ""
    ports: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As the CLI calls it, ``web_swarm.1``."""
        return f"{self.service}.{self.slot or self.node_id}"

    @property
    def runs(self) -> bool:
        """Whether it runs and is meant to."""
        return self.state == RUNNING and self.desired == RUNNING


def read_tasks(api: Any, service: str | None = None) -> list[Task]:
    """Return the tasks of a service, or of all; by replica, the newest first.

    Parameters
    ----------
    api : docker.APIClient
        Of a manager.
    service : str, optional
        Name or id.
    """
    nodes = {node["ID"]: hostname_of(node) for node in api.nodes()}
    names = {one["ID"]: one["Spec"]["Name"] for one in api.services()}
    raw = api.tasks(filters={"service": service} if service else None)
    found = [(_task(one, nodes, names), str(one["CreatedAt"])) for one in raw]
    newest_first = sorted(found, key=lambda pair: pair[1], reverse=True)
    return [
        task
        for task, _ in sorted(newest_first, key=lambda pair: (pair[0].service, pair[0].slot, pair[0].name))
    ]


def tasks_table(tasks: Sequence[Task], *, now: float | None = None) -> Table:
    """Return tasks as ``docker service ps`` shows them."""
    from sosclib.engine.table import table

    moment = time.time() if now is None else now
    rows, before = [], ""
    for task in tasks:
        # As the CLI has it: attempts before the latest one hang below it.
        shown = f" \\_ {task.name}" if task.name == before else task.name
        before = task.name
        rows.append(
            {
                "ID": task.id[:12],
                "NAME": shown,
                "IMAGE": task.image,
                "NODE": task.node,
                "DESIRED STATE": task.desired.capitalize(),
                "CURRENT STATE": f"{task.state.capitalize()} {age(max(moment - task.since, 0)).lower()} ago",
                "ERROR": f'"{ellipsis(task.error, 30)}"' if task.error else "",
                "PORTS": ",".join(task.ports),
            }
        )
    return table(rows, COLUMNS)


def without_digest(image: str) -> str:
    """Return an image's name as the CLI shows it in a swarm: without the digest behind it."""
    return image.partition("@")[0]


def seconds(moment: str) -> float:
    """Return an engine's moment, which has nanoseconds, in seconds since 1970."""
    text = re.sub(r"(\.\d{1,6})\d*", r"\1", moment)
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _task(raw: Mapping[str, Any], nodes: Mapping[str, str], names: Mapping[str, str]) -> Task:
    status = raw["Status"]
    published = (status.get("PortStatus") or {}).get("Ports") or ()
    return Task(
        id=raw["ID"],
        service=names.get(raw["ServiceID"], raw["ServiceID"]),
        slot=int(raw.get("Slot") or 0),
        node=nodes.get(raw.get("NodeID", ""), raw.get("NodeID", "")),
        node_id=raw.get("NodeID", ""),
        image=without_digest(raw["Spec"].get("ContainerSpec", {}).get("Image", "")),
        desired=raw["DesiredState"],
        state=status["State"],
        since=seconds(status["Timestamp"]),
        error=status.get("Err", ""),
        container=(status.get("ContainerStatus") or {}).get("ContainerID", ""),
        ports=tuple(f"*:{one['PublishedPort']}->{one['TargetPort']}/{one['Protocol']}" for one in published),
    )
