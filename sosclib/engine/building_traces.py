"""What a build leaves in an engine besides its image: nameless images, records of BuildKit's cache."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Set
from typing import Any

import docker.errors

from sosclib.engine.usage import engine_usage
from sosclib.engine.words import image_names

NAMELESS = "<none>:<none>"
PATIENCE = 3.0
"""Seconds for which a record may be in use after its build."""


def image_ids(api: Any) -> set[str]:
    """Return the ids of all images, those between two steps among them."""
    return {entry["Id"] for entry in api.images(all=True)}


def names_and_ids(api: Any) -> dict[str, str]:
    """Return all that images can be called by, with the id of the image that is called so."""
    return {name: str(entry["Id"]) for entry in api.images(all=True) for name in image_names(entry)}


def named(api: Any, ids: Collection[str]) -> set[str]:
    """Return the names of some images."""
    listed = [entry for entry in api.images() if entry["Id"] in ids]
    return {tag for entry in listed for tag in entry.get("RepoTags") or () if tag != NAMELESS}


def cache_records(api: Any) -> list[Mapping[str, Any]]:
    """Return BuildKit's records."""
    return list(engine_usage(api, "build-cache").get("BuildCache") or ())


def record_ids(api: Any) -> set[str]:
    """Return the ids of BuildKit's records."""
    return {record["ID"] for record in cache_records(api)}


def remove_records(api: Any, ids: Collection[str]) -> set[str]:
    """Remove records of BuildKit's cache, and return those that went; what stays in use stays.

    An engine takes one id at a time, and no record upon which another one builds.
    """
    gone: set[str] = set()
    if not ids:
        return gone
    order = [id_ for id_ in _children_first(_released(api, set(ids))) if id_ in set(ids)]
    while order:
        went: set[str] = set()
        for id_ in order:
            went |= set(api.prune_builds(filters={"id": id_}, all=True)["CachesDeleted"] or ())
        if not went:
            break
        gone |= went
        order = [id_ for id_ in order if id_ not in gone]
    return gone


def _released(api: Any, ids: Set[str]) -> list[Mapping[str, Any]]:
    """Return BuildKit's records; a build that just ended lets go of its own a moment later."""
    end_of_patience = time.monotonic() + PATIENCE
    while True:
        records = cache_records(api)
        busy = any(record["ID"] in ids and record.get("InUse") for record in records)
        if not busy or time.monotonic() > end_of_patience:
            return records
        time.sleep(0.1)


def remove_nameless(api: Any, ids: Collection[str]) -> set[str]:
    """Remove images that bear no name, and return those that went; what others build upon stays."""
    gone: set[str] = set()
    while True:
        listed = {entry["Id"]: entry.get("RepoTags") or () for entry in api.images(all=True)}
        left = [id_ for id_ in ids if id_ in listed and not _bears_name(listed[id_])]
        went = {id_ for id_ in left if _removed(api, id_)}
        gone |= went
        if not went:
            return gone


def _removed(api: Any, id_: str) -> bool:
    try:
        api.remove_image(id_, noprune=True)
    except docker.errors.NotFound:
        return True
    except docker.errors.APIError as error:
        if error.status_code != 409:
            raise
        return False
    return True


def _bears_name(tags: Collection[str]) -> bool:
    return any(tag != NAMELESS for tag in tags)


def _children_first(records: list[Mapping[str, Any]]) -> list[str]:
    parents = {record["ID"]: _parents(record) for record in records}

    def depth(id_: str, limit: int = 200) -> int:
        above = [parent for parent in parents.get(id_, ()) if parent in parents]
        return 1 + max((depth(parent, limit - 1) for parent in above), default=0) if limit else 0

    return sorted(parents, key=depth, reverse=True)


def _parents(record: Mapping[str, Any]) -> list[str]:
    """Return what a record builds upon; newer engines tell several."""
    return list(record.get("Parents") or [record.get("Parent")])
