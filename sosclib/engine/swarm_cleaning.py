"""Giving a swarm back: its services, secrets and configs, and the node's belonging to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import docker.errors

from sosclib.engine import snapshot
from sosclib.engine.ownership import SECTION_LABEL
from sosclib.engine.swarm import leave_swarm
from sosclib.lab.errors import SwarmError

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine

SWARM = "swarm"
"""What a section that leaves its swarm on purpose says that it leaves."""
PATIENCE, LOOK = 30.0, 0.2
"""Seconds that an engine gets for clearing up behind a swarm, and after which one looks again."""
IN_USE = ("is in use by task", "is in use by service", "has active endpoints")


def clean_swarm(machine: Machine, section: str | None, keep: Collection[str]) -> list[str]:
    """Remove what a section made in a swarm, and let the node leave it unless that is to be kept.

    Only in engines of the lab's own there are swarms of the course.

    Parameters
    ----------
    machine : Machine
    section : str or None
    keep : collection of str
        As for `sosclib.engine.cleaning.clean`; `SWARM` for the swarm itself.

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
    removed = []
    if swarm.get("ControlAvailable"):
        removed = _clean_services(api, section, keep) + _clean_networks(api, section, keep)
    if SWARM not in keep:
        leave_swarm(api, force=True)
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
        time.sleep(LOOK)


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


def _clean_networks(api: Any, section: str | None, keep: Collection[str]) -> list[str]:
    """Remove the networks of services, of which only a manager can: what is in them has to go first."""
    removed = []
    end = time.monotonic() + PATIENCE
    for entry in api.networks(filters={"scope": "swarm"}):
        made_by = (entry.get("Labels") or {}).get(SECTION_LABEL)
        if (
            entry["Name"] in keep
            or entry.get("Ingress")
            or not (section is None or made_by in (None, section))
        ):
            continue
        while not _remove_network(api, entry["Id"]):
            if time.monotonic() > end:
                raise SwarmError(
                    f"The network {entry['Name']} does not go within {PATIENCE:g} s.",
                    "A task that is about to end is still in it.",
                    f"A moment later: docker network rm {entry['Name']}",
                )
            time.sleep(LOOK)
        removed.append(f"network {entry['Name']}")
    return removed


def _remove_network(api: Any, id_: str) -> bool:
    """Remove a network; tell whether it is gone."""
    try:
        api.remove_network(id_)
    except docker.errors.NotFound:
        return True
    except docker.errors.APIError as error:
        # What a task needs that is still about to end, the manager keeps.
        if not any(words in str(error.explanation) for words in IN_USE):
            raise
        return False
    return True
