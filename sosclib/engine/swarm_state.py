"""What a swarm is at one moment, as plain data: its nodes, its tasks, and what of them is known for sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import docker
import docker.errors
import requests.exceptions

from sosclib.engine.convergence import wanted_tasks
from sosclib.engine.nodes import hostname_of
from sosclib.engine.tasks import RUNNING, Task, read_tasks
from sosclib.lab.errors import SoscError
from sosclib.lab.node import Node

SILENT = (docker.errors.DockerException, requests.exceptions.RequestException, OSError, SoscError)
LOST = "lost"
"""The state of a task of which nobody knows any more: its node does not answer."""
PATIENCE = 2


@dataclass(frozen=True)
class SwarmNodeState:
    """A node as a manager and, where it can be asked, its own engine have it.

    Attributes
    ----------
    hostname : str
    role : str
        leader, manager or worker.
    availability : str
        active, pause or drain.
    answers : bool
        Whether the manager hears of it, and its engine answers.
    """

    hostname: str
    role: str
    availability: str
    answers: bool


@dataclass(frozen=True)
class SwarmState:
    """A swarm.

    Attributes
    ----------
    nodes : tuple of SwarmNodeState
        By host name. One that was lost stays.
    tasks : tuple of Task
        Those that are to run, and those that have ended lately. One whose node does not answer, or knows
        nothing of its container, is never running: its state is `LOST`.
    replicas : mapping of str to str
        By service, ``4/5``.
    """

    nodes: tuple[SwarmNodeState, ...] = ()
    tasks: tuple[Task, ...] = ()
    replicas: Mapping[str, str] | None = None

    def running(self, hostname: str | None = None) -> int:
        """Return how many tasks run, on one node or on all."""
        return sum(task.runs for task in self.tasks if hostname in (None, task.node))


def read_swarm(manager: Node, nodes: Sequence[Node]) -> SwarmState:
    """Return what a swarm is now.

    A manager hears of a lost node only when its heartbeats have been missing for a while, and calls its tasks
    running until then. So each node that can be asked is asked itself.

    Parameters
    ----------
    manager : Node
    nodes : sequence of Node
        Those whose engines can be asked; others are believed what the manager says of them.
    """
    api: Any = manager.docker.api
    alive = _containers_of(nodes)
    by_id = {raw["ID"]: _node(raw, alive) for raw in api.nodes()}
    states = tuple(sorted(by_id.values(), key=lambda one: one.hostname))
    # By id: a node that left and came back is there twice, under one name.
    lost = {id_ for id_, one in by_id.items() if not one.answers}
    tasks = tuple(_sure(task, lost, alive) for task in read_tasks(api))
    replicas = {}
    for one in api.services():
        name = one["Spec"]["Name"]
        own = [task for task in tasks if task.service == name]
        replicas[name] = f"{sum(task.runs for task in own)}/{wanted_tasks(one, own, lost)}"
    return SwarmState(states, tasks, replicas)


def _containers_of(nodes: Sequence[Node]) -> Mapping[str, frozenset[str] | None]:
    """Return the ids of the containers that run on each node, by host name; None for one that is silent."""
    with ThreadPoolExecutor(max(len(nodes), 1)) as threads:
        return dict(zip((node.title for node in nodes), threads.map(_running_on, nodes), strict=True))


def _running_on(node: Node) -> frozenset[str] | None:
    try:
        client = node.hasty_docker(PATIENCE)
    except SILENT:
        return None
    try:
        return frozenset(entry["Id"] for entry in client.api.containers())
    except SILENT:
        return None
    finally:
        client.close()


def _node(raw: Mapping[str, Any], alive: Mapping[str, frozenset[str] | None]) -> SwarmNodeState:
    hostname = hostname_of(raw)
    manager = raw.get("ManagerStatus") or {}
    role = "leader" if manager.get("Leader") else "manager" if manager else "worker"
    heard_of = raw["Status"]["State"] == "ready"
    return SwarmNodeState(
        hostname, role, raw["Spec"]["Availability"], heard_of and alive.get(hostname, frozenset()) is not None
    )


def _sure(task: Task, lost: set[str], alive: Mapping[str, frozenset[str] | None]) -> Task:
    """Return a task as it is known for sure."""
    if task.state != RUNNING:
        return task
    if task.node_id in lost:
        return replace(task, state=LOST)
    there = alive.get(task.node)
    return task if there is None or task.container in there else replace(task, state=LOST)
