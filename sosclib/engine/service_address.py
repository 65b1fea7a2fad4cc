"""Where a service answers: through the routing mesh on every node, else on those nodes that have a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sosclib.engine.nodes import address_of, hostname_of
from sosclib.engine.tasks import read_tasks
from sosclib.lab.errors import NotFound


def url_on(api: Any, service: Mapping[str, Any], node: str) -> str:
    """Return the address at which a service answers on a node.

    Parameters
    ----------
    api : docker.APIClient
        Of a manager.
    service : mapping
        As a manager tells of it.
    node : str
        Host name.

    Raises
    ------
    NotFound
        Where no such node is ready, or nothing is published on it.
    """
    for entry in api.nodes():
        if hostname_of(entry) == node and entry["Status"]["State"] == "ready":
            return f"http://{address_of(entry)}:{port_on(api, service, node)}"
    raise NotFound(
        f"The swarm has no node {node} that is ready.", help="docker node ls lists those that it has."
    )


def port_on(api: Any, service: Mapping[str, Any], node: str) -> int:
    """Return the port at which a service answers on a node.

    Parameters
    ----------
    api : docker.APIClient
    service : mapping
    node : str
        As for `url_on`.

    Raises
    ------
    NotFound
        Where it has none there: without a routing mesh only a task of that node would have one.
    """
    for port in service["Endpoint"].get("Ports") or ():
        if port.get("PublishMode") == "ingress":
            return int(port["PublishedPort"])
    for task in read_tasks(api, service["ID"]):
        if task.runs and task.node == node and task.ports:
            return int(task.ports[0].removeprefix("*:").partition("->")[0])
    name = service["Spec"]["Name"]
    raise NotFound(f"The service {name} is not published on {node}.", help=f"docker service ps {name}")
