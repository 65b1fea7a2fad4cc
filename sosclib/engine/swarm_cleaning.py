"""Giving a swarm back: its services, secrets and configs, and the node's belonging to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import docker.errors

from sosclib.engine import snapshot
from sosclib.engine.ownership import SECTION_LABEL

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine

PATIENCE = 20.0
"""Seconds that an engine gets for clearing up behind a swarm."""
SWARM = "swarm"
"""What a section that leaves its swarm on purpose says that it leaves."""


def clean_swarm(machine: Machine, section: str | None, keep: Collection[str]) -> list[str]:
    """Remove what a section made in a swarm, and let the node leave it unless that is to be kept.

    Only in engines of the lab's own there are swarms of the course.

    Returns
    -------
    list of str
        What was removed, in words.
    """
    if not machine.ownership.exclusive:
        return []
    api: Any = machine.docker.api
    swarm = api.info().get("Swarm") or {}
    if swarm.get("LocalNodeState") not in snapshot.IN_A_SWARM:
        return []
    removed = _clean_services(api, section, keep) if swarm.get("ControlAvailable") else []
    if SWARM not in keep:
        api.leave_swarm(force=True)
        removed.append("swarm swarm")
        try:
            api.remove_network(snapshot.GATEWAY)
        except docker.errors.APIError as error:
            if error.status_code not in (403, 404):
                raise  # 403: a container that is about to go is still connected to it
        _await_no_overlay(api)
    return removed


def _await_no_overlay(api: Any) -> None:
    """Wait until the swarm's networks have gone by themselves: nobody outside of it may remove them."""
    end_of_patience = time.monotonic() + PATIENCE
    while any(entry["Scope"] == SWARM for entry in api.networks()) and time.monotonic() < end_of_patience:
        time.sleep(0.2)


def _clean_services(api: Any, section: str | None, keep: Collection[str]) -> list[str]:
    kinds: tuple[tuple[str, Callable[[], list[dict[str, Any]]], Callable[[str], Any]], ...] = (
        ("service", api.services, api.remove_service),
        ("secret", api.secrets, api.remove_secret),
        ("config", api.configs, api.remove_config),
    )
    removed = []
    for kind, listed, remove in kinds:
        for entry in listed():
            spec = entry["Spec"]
            made_by = (spec.get("Labels") or {}).get(SECTION_LABEL)
            if spec["Name"] not in keep and (section is None or made_by in (None, section)):
                remove(entry["ID"])
                removed.append(f"{kind} {spec['Name']}")
    return removed
