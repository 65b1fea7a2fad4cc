"""Which version of the engine's API is spoken: the SDK takes an engine's newest, whatever that has become."""

from __future__ import annotations

from typing import Any

import docker
from docker.utils import version_gte

NEWEST = "1.51"
"""The newest that the course knows. Later ones tell an engine's disk usage otherwise, and leave more out."""


def capped(client: docker.DockerClient) -> docker.DockerClient:
    """Return a client that speaks no newer version of the API than the course knows."""
    api: Any = client.api
    if version_gte(api.api_version, NEWEST):
        api._version = NEWEST
    return client
