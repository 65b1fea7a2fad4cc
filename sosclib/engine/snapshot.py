"""What an engine holds at one moment, as plain data that can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import docker

from sosclib.engine.ownership import FURNITURE, ROLE_LABEL

PREDEFINED_NETWORKS = frozenset({"bridge", "host", "none"})
GATEWAY = "docker_gwbridge"
"""The way out of overlay networks; it comes with the first swarm of an engine."""
TASK_LABEL = "com.docker.swarm.task"
IN_A_SWARM = ("active", "pending", "error", "locked")


@dataclass(frozen=True, order=True)
class EngineObject:
    """One object of an engine.

    Attributes
    ----------
    kind : str
        container, image, network or volume; in a swarm also service, secret, config, and swarm for the node's
        belonging to it.
    name : str
        Without a leading slash; for an image its tag, or its id where it has none.
    id : str
    """

    kind: str
    name: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def objects(client: docker.DockerClient) -> frozenset[EngineObject]:
    """Return all objects of an engine but its predefined networks and the lab's own furniture.

    Tasks' containers and the networks that come with a swarm count as the swarm's.

    Parameters
    ----------
    client : docker.DockerClient
    """
    api: Any = client.api
    containers = _foreign(api.containers(all=True))
    volumes = _foreign(api.volumes().get("Volumes") or ())
    networks = [network for network in api.networks() if not is_given(network)]
    return frozenset(
        [
            *(EngineObject("container", name(c), c["Id"]) for c in containers),
            *(EngineObject("volume", v["Name"], v["Name"]) for v in volumes),
            *(EngineObject("network", n["Name"], n["Id"]) for n in _foreign(networks)),
            *(EngineObject("image", tag, i["Id"]) for i in _foreign(api.images()) for tag in tags(i)),
            *_of_the_swarm(api),
        ]
    )


def name(container: Mapping[str, Any]) -> str:
    """Return the name of a container as the engine lists it."""
    own = [name for name in container.get("Names") or () if name.count("/") == 1]
    return own[0].lstrip("/") if own else str(container["Id"][:12])


def tags(image: Mapping[str, Any]) -> list[str]:
    """Return the tags of an image as the engine lists it, or its id where it has none."""
    found = [tag for tag in image.get("RepoTags") or () if tag != "<none>:<none>"]
    return found or [image["Id"]]


def _foreign(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Leave out the lab's furniture, and the containers that a swarm makes of its services."""
    return [
        entry
        for entry in entries
        if (entry.get("Labels") or {}).get(ROLE_LABEL) not in FURNITURE
        and TASK_LABEL not in (entry.get("Labels") or {})
    ]


def is_given(network: Mapping[str, Any]) -> bool:
    """Tell whether a network is there without anybody having made it."""
    return network["Name"] in (*PREDEFINED_NETWORKS, GATEWAY) or bool(network.get("Ingress"))


def _of_the_swarm(api: Any) -> Iterator[EngineObject]:
    swarm = api.info().get("Swarm") or {}
    if swarm.get("LocalNodeState") not in IN_A_SWARM:
        return
    yield EngineObject("swarm", "swarm", swarm["NodeID"])
    if swarm.get("ControlAvailable"):
        listed = {"service": api.services, "secret": api.secrets, "config": api.configs}
        for kind, entries in listed.items():
            yield from (EngineObject(kind, one["Spec"]["Name"], one["ID"]) for one in entries())
