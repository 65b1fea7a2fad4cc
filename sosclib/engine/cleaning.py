"""Giving back what the course brought into an engine, and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import docker.errors

from sosclib.engine import snapshot
from sosclib.engine.building_traces import names_and_ids, remove_nameless, remove_records
from sosclib.engine.compose_labels import PROJECT_LABEL, is_there
from sosclib.engine.faults import teaching
from sosclib.engine.ownership import FURNITURE, ROLE_LABEL, SECTION_LABEL, Ownership
from sosclib.engine.swarm_cleaning import clean_swarm
from sosclib.engine.words import image_names

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine


GOING = 60.0
"""Seconds that an engine gets for the removal of a container that is on its way."""


def clean(machine: Machine, *, section: str | None, keep: Collection[str] = ()) -> list[str]:
    """Remove the course's own objects from a node.

    Parameters
    ----------
    machine : Machine
    section : str or None
        Only what this section made; None for everything of the course. In a virtual machine of the lab, where
        all is the course's, what bears no section counts as this one's.
    keep : collection of str
        Names (of images: tags) of what stays.

    Returns
    -------
    list of str
        What was removed, in words: ``container hello``.
    """
    with teaching():
        _strike_what_is_anothers(machine)
        removed = [
            *clean_swarm(machine, section, keep),
            *_clean_containers(machine, section, keep),
            *_clean_networks(machine, section, keep),
            *_clean_volumes(machine, section, keep),
            *_clean_images(machine, section, keep),
        ]
        _forget_stacks(machine, section)
        _clean_traces(machine, section, keep)
        return removed


def _strike_what_is_anothers(machine: Machine) -> None:
    """Strike names that somebody has given to a thing of their own since the course's bore them."""
    if machine.ownership.exclusive:
        return
    api: Any = machine.docker.api
    owns = machine.ownership.judge()
    entered = machine.ownership.entered("image")
    for entry in api.images(all=True):
        for name in entered & set(image_names(entry)) - machine.ownership.given(entry):
            machine.ownership.strike("image", name)
    entered = machine.ownership.entered("volume")
    for entry in api.volumes().get("Volumes") or ():
        if entry["Name"] in entered and not owns("volume", entry):
            machine.ownership.strike("volume", entry["Name"])


def _clean_containers(machine: Machine, section: str | None, keep: Collection[str]) -> list[str]:
    api: Any = machine.docker.api
    removed = []
    for entry in api.containers(all=True):
        name = snapshot.name(entry)
        if name in keep or not _meant(machine.ownership, "container", entry, section):
            continue
        if remove_container(api, entry["Id"]):
            removed.append(f"container {name}")
    return removed


def remove_container(api: Any, id_: str) -> bool:
    """Remove a container by force, with its nameless volumes.

    Returns
    -------
    bool
        Whether it was still there: one with --rm goes by itself.
    """
    try:
        api.remove_container(id_, force=True, v=True)
    except docker.errors.NotFound:
        return False
    except docker.errors.APIError as error:
        if "already in progress" not in str(error.explanation):
            raise
        # An engine that leaves a swarm ends its tasks at the same time.
        with suppress(docker.errors.NotFound):
            api.wait(id_, timeout=GOING, condition="removed")
    return True


def _clean_networks(machine: Machine, section: str | None, keep: Collection[str]) -> list[str]:
    api: Any = machine.docker.api
    removed = []
    for entry in api.networks():
        name = entry["Name"]
        # Those of a swarm went with its services; what a node still knows of one goes by itself.
        if name in keep or snapshot.is_given(entry) or entry["Scope"] == "swarm":
            continue
        if not _meant(machine.ownership, "network", entry, section):
            continue
        try:
            api.remove_network(entry["Id"])
        except docker.errors.APIError as error:
            if error.status_code != 403:
                raise
            continue  # somebody has connected a container of their own, and that one stays
        removed.append(f"network {name}")
    return removed


def _clean_volumes(machine: Machine, section: str | None, keep: Collection[str]) -> list[str]:
    """Remove volumes, but those that a container still uses, which the engine says by refusing."""
    api: Any = machine.docker.api
    removed = []
    entered = machine.ownership.entered("volume", section)
    for entry in api.volumes().get("Volumes") or ():
        name = entry["Name"]
        if name in keep or not (name in entered or _meant(machine.ownership, "volume", entry, section)):
            continue
        try:
            api.remove_volume(name, force=True)
        except docker.errors.APIError as error:
            if error.status_code != 409:
                raise
            continue
        removed.append(f"volume {name}")
    # A name must not be remembered longer than its volume: the next one of that name may be somebody's.
    here = {entry["Name"] for entry in api.volumes().get("Volumes") or ()}
    for name in machine.ownership.entered("volume") - here:
        machine.ownership.strike("volume", name)
    return removed


def _clean_images(machine: Machine, section: str | None, keep: Collection[str]) -> list[str]:
    """Remove images; those that others were made from after these, which the engine says by refusing."""
    api: Any = machine.docker.api
    removed: list[str] = []
    mine = machine.ownership.entered("image", section)
    for entry in api.images():
        if not _meant_image(machine.ownership, entry, mine):
            continue
        tags = snapshot.tags(entry)
        # Of an image that stays under one name only the other tags go.
        names = image_names(entry) if set(tags).isdisjoint(keep) else [tag for tag in tags if tag not in keep]
        gone = [name for name in names if _remove_name(machine, name, mine)]
        # A digest is one more name of an image that has a tag, and an image itself where it has none.
        told = [name for name in gone if name in tags] or gone[:1]
        removed += [f"image {name}" for name in told]
    return removed


def _remove_name(machine: Machine, name: str, mine: set[str]) -> bool:
    """Take a name off an image, which goes with its last one; tell whether there was something to take."""
    if not machine.ownership.exclusive and name not in mine:
        return False
    api: Any = machine.docker.api
    if not machine.ownership.exclusive and _others_name(api, name, mine):
        machine.ownership.strike("image", name)
        return False
    try:
        api.remove_image(name)
    except docker.errors.NotFound:
        if name not in mine:
            return False  # it went with another of its names
    except docker.errors.APIError as error:
        if error.status_code != 409:
            raise
        return False  # a container that stays still needs it
    machine.ownership.strike("image", name)
    return True


def _others_name(api: Any, id_: str, mine: set[str]) -> bool:
    """Tell whether what is called by its id has names that are not the course's: one of them would go too."""
    if not id_.startswith("sha256:"):
        return False
    try:
        return not set(image_names(api.inspect_image(id_))) <= mine
    except docker.errors.NotFound:
        return False


def _clean_traces(machine: Machine, section: str | None, keep: Collection[str]) -> None:
    """Remove what builds left that nobody sees in a list: images between two steps, and BuildKit's cache.

    How many there are depends on the builder, so they are not told.
    """
    api: Any = machine.docker.api
    ownership = machine.ownership
    if ownership.exclusive:
        api.prune_builds(all=True)
        return
    mine = ownership.entered("image", section)
    remove_nameless(api, mine)
    for reference in mine - set(keep) - names_and_ids(api).keys():
        ownership.strike("image", reference)
    for record in remove_records(api, ownership.entered("cache", section)):
        ownership.strike("cache", record)


def _forget_stacks(machine: Machine, section: str | None) -> None:
    """Forget the names of stacks of which nothing is left: the next one of that name may be somebody's."""
    for project in machine.ownership.entered("stack", section):
        if not is_there(machine.docker.api, project):
            machine.ownership.strike("stack", project)


def _meant_image(ownership: Ownership, entry: dict[str, Any], mine: set[str]) -> bool:
    if (entry.get("Labels") or {}).get(ROLE_LABEL) in FURNITURE:
        return False
    return ownership.exclusive or not mine.isdisjoint(image_names(entry))


def _meant(ownership: Ownership, kind: str, entry: dict[str, Any], section: str | None) -> bool:
    if not ownership.owns(kind, entry):
        return False
    labels = entry.get("Labels") or {}
    made_by = labels.get(SECTION_LABEL)
    if (
        section is None
        or made_by == section
        or labels.get(PROJECT_LABEL) in ownership.entered("stack", section)
    ):
        return True
    return made_by is None and ownership.exclusive
