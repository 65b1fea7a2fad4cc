"""What an engine holds at one moment, as plain data that can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import docker

from sosclib.engine.ownership import REGISTRY, ROLE_LABEL

PREDEFINED_NETWORKS = frozenset({"bridge", "host", "none"})


@dataclass(frozen=True, order=True)
class EngineObject:
    """One object of an engine.

    Attributes
    ----------
    kind : str
        container, image, network or volume.
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
    """Return all objects of an engine but its predefined networks and the course's registry.

    Parameters
    ----------
    client : docker.DockerClient
    """
    api: Any = client.api
    containers = _foreign(api.containers(all=True))
    volumes = _foreign(api.volumes().get("Volumes") or ())
    networks = [network for network in api.networks() if network["Name"] not in PREDEFINED_NETWORKS]
    return frozenset(
        [
            *(EngineObject("container", name(c), c["Id"]) for c in containers),
            *(EngineObject("volume", v["Name"], v["Name"]) for v in volumes),
            *(EngineObject("network", n["Name"], n["Id"]) for n in _foreign(networks)),
            *(EngineObject("image", tag, i["Id"]) for i in _foreign(api.images()) for tag in tags(i)),
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
    """Leave out the registry: it is the room's furniture, not what happens in the room."""
    return [entry for entry in entries if (entry.get("Labels") or {}).get(ROLE_LABEL) != REGISTRY]
