"""What a student makes for an exercise by typing commands, without the library: accepted, and cleaned up.

Such objects bear no label. They are known by the names that an exercise asks for; what bore such a name
before the section began is somebody's own, and stays.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sosclib.course.desk import Desk
from sosclib.engine.cleaning import remove_container
from sosclib.engine.mounts import made_at
from sosclib.engine.snapshot import EngineObject, objects
from sosclib.lab.ledger import Entry

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine

SCENE = "scene"


def strangers(machine: Machine) -> frozenset[EngineObject]:
    """Return the containers, images and volumes that neither a label nor the ledger calls the course's."""
    if machine.ownership.exclusive:
        return frozenset()
    ownership, api = machine.ownership, machine.docker.api
    entered = ownership.ledger.entries(engine=ownership.engine, kind="container")
    listed: list[dict[str, Any]] = api.containers(all=True)
    ours = {entry.reference for entry in entered}
    ours |= {raw["Id"] for raw in listed if ownership.owns("container", raw)}
    images = ownership.marks("image")
    volumes = {raw["Name"] for raw in machine.volumes.raw()}
    return frozenset(
        found
        for found in objects(machine.docker)
        if (found.kind == "container" and found.id not in ours)
        or (found.kind == "image" and images.get(found.name) not in ("", found.id))
        or (found.kind == "volume" and found.name not in volumes)
    )


def foreign(desk: Desk, kind: str, name: str) -> bool:
    """Tell whether an object was somebody's own before the section began.

    Parameters
    ----------
    desk : Desk
    kind : str
        ``container``, ``image`` or ``volume``.
    name : str
    """
    return any((one.kind, one.name) == (kind, name) for one in strangers(desk.vm1) & desk.before)


def claim(desk: Desk, names: Collection[tuple[str, str]]) -> None:
    """Enter objects in the ledger as the section's, but those from before it began or after it ended.

    Parameters
    ----------
    desk : Desk
    names : collection of (str, str)
        Kind, ``container``, ``image`` or ``volume``, and name.
    """
    if desk.ended:
        return
    ownership = desk.vm1.ownership
    for found in strangers(desk.vm1) - desk.before:
        if (found.kind, found.name) in names:
            reference = found.id if found.kind == "container" else found.name
            mark = found.id
            if found.kind == "volume":
                mark = made_at(desk.vm1.docker.api, found.name)
            ownership.ledger.add(Entry(ownership.engine, found.kind, reference, desk.section.name, mark))


def note_scene(desk: Desk, exercise: str) -> None:
    """Keep that an exercise's scene was set: when all of it is gone, the engine cannot tell any more."""
    ownership = desk.vm1.ownership
    ownership.ledger.add(Entry(ownership.engine, SCENE, exercise, desk.section.name))


def scene_was_set(desk: Desk, exercise: str) -> bool:
    """Tell whether an exercise's scene was set since the section began."""
    ownership = desk.vm1.ownership
    entry = Entry(ownership.engine, SCENE, exercise, desk.section.name)
    return entry in ownership.ledger.entries(engine=ownership.engine, kind=SCENE)


def release(desk: Desk, names: Collection[tuple[str, str]]) -> list[str]:
    """Remove the containers that the section claimed, or can claim by these names; return them in words.

    Images and volumes need no more than their entry in the ledger: `sosclib.engine.cleaning.clean` finds them
    by it.
    """
    claim(desk, names)
    return release_all(desk.vm1, desk.section.name)


def release_all(machine: Machine, section: str | None = None) -> list[str]:
    """Remove the containers that a section claimed, or all sections, and forget their scenes."""
    ownership = machine.ownership
    here = {found.id: str(found) for found in objects(machine.docker) if found.kind == "container"}
    removed = []
    for kind in (SCENE, "container"):
        for entry in ownership.ledger.entries(engine=ownership.engine, kind=kind):
            if section not in (None, entry.section):
                continue
            if entry.reference in here and remove_container(machine.docker.api, entry.reference):
                removed.append(here[entry.reference])
            ownership.ledger.remove(engine=ownership.engine, kind=kind, reference=entry.reference)
    return removed
