"""The labels by which Compose knows its stacks again, and what an engine has under them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROJECT_LABEL = "com.docker.compose.project"
"""What everything bears that Compose makes for a stack."""
SERVICE_LABEL = "com.docker.compose.service"
NETWORK_LABEL, VOLUME_LABEL = "com.docker.compose.network", "com.docker.compose.volume"
DEPENDS_LABEL = "com.docker.compose.depends_on"
FILES_LABEL = "com.docker.compose.project.config_files"
ONE_OFF = "com.docker.compose.oneoff"
"""Tells a container of ``docker compose run`` from a service's own."""


def of_stack(project: str, *labels: str) -> dict[str, list[str]]:
    """Return the filter for what belongs to a stack, and bears further labels where these are given."""
    return {"label": [f"{PROJECT_LABEL}={project}", *labels]}


def members(api: Any, project: str, *, all: bool = True) -> list[dict[str, Any]]:
    """Return the engine's entries of the containers of a stack's services.

    Parameters
    ----------
    api : docker.APIClient
    project : str
    all : bool
        Also those that do not run.
    """
    found: list[dict[str, Any]] = api.containers(all=all, filters=of_stack(project, f"{ONE_OFF}=False"))
    return found


def service_of(about: Mapping[str, Any]) -> str:
    """Return the service of a container, from what ``docker inspect`` says of it."""
    return str(about["Config"]["Labels"].get(SERVICE_LABEL, ""))


def is_there(api: Any, project: str) -> bool:
    """Tell whether the engine has anything of a stack: a container, a network, a volume.

    Parameters
    ----------
    api : docker.APIClient
    project : str
    """
    mine = of_stack(project)
    return bool(
        api.containers(all=True, filters=mine)
        or api.networks(filters=mine)
        or api.volumes(filters=mine).get("Volumes")
    )
