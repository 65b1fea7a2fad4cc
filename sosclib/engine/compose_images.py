"""The images of a stack: fetched where they are missing, and noted as the course's where it made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

from sosclib.engine.building_traces import NAMELESS, image_ids, names_and_ids, record_ids
from sosclib.engine.images import Images
from sosclib.engine.ownership import Ownership
from sosclib.engine.words import full_name


class ImagesOfStack:
    """Sees to the images of one stack.

    Parameters
    ----------
    api : docker.APIClient
    images : Images
    ownership : Ownership
    """

    def __init__(self, api: Any, images: Images, ownership: Ownership) -> None:
        self._api = api
        self._images = images
        self._ownership = ownership

    def fetch(self, config: Mapping[str, Any]) -> None:
        """Fetch what is missing, but what is to be built.

        Raises
        ------
        ImageError
            Where a registry does not answer or has no such image.
        """
        here = {tag for raw in self._images.raw(everything=True) for tag in raw.get("RepoTags") or ()}
        wanted = [one["image"] for one in _services(config) if not one.get("build") and one.get("image")]
        for reference in dict.fromkeys(wanted):
            if "@" in reference or full_name(reference) not in here:
                self._images.fetch(reference)

    @contextmanager
    def brought(self) -> Iterator[None]:
        """Enter in the ledger what Compose itself fetches or builds meanwhile: the older one's way."""
        known, ours = names_and_ids(self._api), self._ownership.entered("image")
        try:
            yield
        finally:
            for name, id_ in names_and_ids(self._api).items():
                if name not in known or (name in ours and known[name] != id_):
                    self._images.own(name)

    @contextmanager
    def built(self, config: Mapping[str, Any], project: str) -> Iterator[None]:
        """Enter in the ledger what is built meanwhile, with what that leaves in the builder's cache.

        Raises
        ------
        NotOurs
            Where somebody else's image bears a name that is to be given.
        """
        names = _to_be_built(config, project)
        if not names or self._ownership.exclusive:
            yield
            return
        for name in names:
            self._images.require_free(name)
        images, records = image_ids(self._api), record_ids(self._api)
        try:
            yield
        finally:
            self._own_built(names, images)
            for record in record_ids(self._api) - records:
                self._ownership.enter("cache", record)

    def _own_built(self, names: Set[str], before: Set[str]) -> None:
        """Enter what is new and bears a name that was to be given, or none: somebody else may build too."""
        for entry in self._api.images(all=True):
            tags = {tag for tag in entry.get("RepoTags") or () if tag != NAMELESS}
            if entry["Id"] not in before and (not tags or tags & names):
                for reference in (entry["Id"], *(tags & names)):
                    self._images.own(reference)


def _to_be_built(config: Mapping[str, Any], project: str) -> set[str]:
    """Return the names that Compose gives the images that it builds."""
    names = set()
    for service, about in (config.get("services") or {}).items():
        if about.get("build"):
            names.add(full_name(about.get("image") or f"{project}-{service}"))
            names |= {full_name(tag) for tag in about["build"].get("tags") or ()}
    return names


def _services(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((config.get("services") or {}).values())
