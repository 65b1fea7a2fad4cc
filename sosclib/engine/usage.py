"""Disk usage of an engine, or of the course's share of it, from one answer of ``/system/df``.

The figures are those of ``docker system df`` and ``docker system df -v``, in bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import docker
from docker.utils import version_gte

Raw = Mapping[str, Any]
Owns = Callable[[str, Raw], bool]
"""Is told a kind (image, container, volume, cache) and the engine's entry; answers whether it is counted."""

Chain = tuple[Any, ...]
TIMEOUT = 600
ONE_KIND_SINCE = "1.42"
"""From this version of the API on, an engine can be asked for its images or its build cache alone."""
KEPT = "usage"
"""Where a frame that looks like the CLI's table keeps its `DiskUsage`: in ``frame.attrs[KEPT]``."""
RUNNING = frozenset({"running", "paused", "restarting"})


@dataclass(frozen=True)
class TypeUsage:
    """One line of ``docker system df``.

    Attributes
    ----------
    type : str
        Images, Containers, Local Volumes or Build Cache.
    total, active : int
        How many there are, and how many are in use.
    size, reclaimable : int
        Bytes.
    """

    type: str
    total: int
    active: int
    size: int
    reclaimable: int


@dataclass(frozen=True)
class ImageUsage:
    """One image line of ``docker system df -v``.

    Attributes
    ----------
    repository, tag : str
        Of its first name; ``<none>`` where it has none.
    id : str
    created : int
        Seconds since 1970.
    size, shared, unique : int
        Bytes: the whole image, its layers that other images have too, and the rest.
    containers : int
        How many containers were made from it.
    """

    repository: str
    tag: str
    id: str
    created: int
    size: int
    shared: int
    unique: int
    containers: int


@dataclass(frozen=True)
class ContainerUsage:
    """One container line of ``docker system df -v``; `size` is its writable layer, in bytes."""

    id: str
    name: str
    image: str
    status: str
    size: int


@dataclass(frozen=True)
class VolumeUsage:
    """One volume line of ``docker system df -v``; `links` containers use it."""

    name: str
    links: int
    size: int


@dataclass(frozen=True)
class DiskUsage:
    """What an engine's disk holds at one moment, sorted by name."""

    types: tuple[TypeUsage, ...]
    images: tuple[ImageUsage, ...]
    containers: tuple[ContainerUsage, ...]
    volumes: tuple[VolumeUsage, ...]


def disk_usage(client: docker.DockerClient, owns: Owns | None = None) -> DiskUsage:
    """Ask an engine for its disk usage.

    Parameters
    ----------
    client : docker.DockerClient
    owns : callable, optional
        Limits the answer to a share of the engine; without it everything counts. A layer that a counted
        image shares with any other image is counted, once.
    """
    raw = engine_usage(client.api)
    images = _share(raw, "Images", "image", owns)
    layers = int(raw.get("LayersSize") or 0)
    if len(images) < len(raw.get("Images") or ()):
        layers = _layers_size(client, images)
    containers = _share(raw, "Containers", "container", owns)
    volumes = _share(raw, "Volumes", "volume", owns)
    types = (
        _images_line(images, layers),
        _containers_line(containers),
        _volumes_line(volumes),
        _cache_line(_share(raw, "BuildCache", "cache", owns)),
    )
    return DiskUsage(
        types=types,
        images=tuple(sorted(map(_image, images), key=lambda i: (i.repository, i.tag, i.id))),
        containers=tuple(sorted(map(_container, containers), key=lambda c: (c.name, c.id))),
        volumes=tuple(sorted(map(_volume, volumes), key=lambda v: v.name)),
    )


def engine_usage(api: Any, kind: str | None = None) -> Raw:
    """Ask an engine for its disk usage, with patience: it walks over every writable layer before it answers.

    Parameters
    ----------
    api : docker.APIClient
    kind : str, optional
        ``image`` or ``build-cache``: that alone is needed. An older engine tells all the same.
    """
    alone = kind is not None and version_gte(api.api_version, ONE_KIND_SINCE)
    # The SDK cannot hand over the filter.
    params = {"type": kind} if alone else None
    answer: Raw = api._result(api._get(api._url("/system/df"), params=params, timeout=TIMEOUT), True)
    return answer


def _share(raw: Raw, key: str, kind: str, owns: Owns | None) -> list[Raw]:
    entries: Iterable[Raw] = raw.get(key) or ()
    return [entry for entry in entries if owns is None or owns(kind, entry)]


def _images_line(images: list[Raw], layers: int) -> TypeUsage:
    active = [image for image in images if image.get("Containers", 0) > 0]
    used = sum(_unique(image) for image in active)
    return TypeUsage("Images", len(images), len(active), layers, max(layers - used, 0))


def _containers_line(containers: list[Raw]) -> TypeUsage:
    running = [container for container in containers if container.get("State") in RUNNING]
    size, used = (sum(c.get("SizeRw") or 0 for c in some) for some in (containers, running))
    return TypeUsage("Containers", len(containers), len(running), size, size - used)


def _volumes_line(volumes: list[Raw]) -> TypeUsage:
    used = [volume for volume in volumes if _links(volume) > 0]
    size, kept = (sum(_volume_size(v) for v in some) for some in (volumes, used))
    return TypeUsage("Local Volumes", len(volumes), len(used), size, size - kept)


def _cache_line(cache: list[Raw]) -> TypeUsage:
    """Count shared entries among the total, but not their size: it is an image's already."""
    own = [entry for entry in cache if not entry.get("Shared")]
    size = sum(entry["Size"] for entry in own)
    used = sum(entry["Size"] for entry in own if entry.get("InUse"))
    active = sum(bool(entry.get("InUse")) for entry in cache)
    return TypeUsage("Build Cache", len(cache), active, size, size - used)


def _unique(image: Raw) -> int:
    """Return the size of the layers that no other image has; an engine says -1 where it did not look."""
    size, shared = int(image.get("Size", -1)), int(image.get("SharedSize", -1))
    return size - shared if size >= 0 and shared >= 0 else 0


def _layers_size(client: docker.DockerClient, images: list[Raw]) -> int:
    """Return the size of all layers of some images, those that several of them have counted once.

    A shared layer is known by its history: what was done, when, with what result, upon which layers.

    With the containerd store, an engine keeps each layer a second time, packed; it counts that in an image's
    size, and leaves it out of what is shared. How large it is, nobody tells: here each layer has the part of
    the image's size that it has of its files.
    """
    total = 0.0
    counted: set[Chain] = set()
    for image in images:
        remaining = max(int(image.get("SharedSize") or 0), 0)
        chains = _chains(client, image["Id"]) if remaining > 0 else ()
        whole = _unique(image) + remaining
        # Without that store it is 1: an image is as large as its layers are.
        part = whole / (sum(layer for _, layer in chains) or whole or 1)
        total += max(whole - remaining * part, 0)
        for chain, layer in chains:
            step_size = min(layer, remaining)
            remaining -= step_size
            if step_size and chain not in counted:
                counted.add(chain)
                total += step_size * part
    return round(total)


@lru_cache(maxsize=4096)
def _chains(client: docker.DockerClient, image: str) -> tuple[tuple[Chain, int], ...]:
    """Return each layer of an image with all below it, and its size, the lowest first.

    An id stands for one content for ever, so the engine is asked once.
    """
    api: Any = client.api
    chain: Chain = ()
    chains = []
    for step in reversed(api.history(image)):
        chain = (chain, step["Created"], step["CreatedBy"], step["Size"])
        chains.append((chain, int(step["Size"])))
    return tuple(chains)


def _image(image: Raw) -> ImageUsage:
    names = image.get("RepoTags") or ["<none>:<none>"]
    repository, _, tag = names[0].rpartition(":")
    size, unique = int(image.get("Size") or 0), _unique(image)
    containers = int(image.get("Containers") or 0)
    return ImageUsage(repository, tag, image["Id"], image["Created"], size, size - unique, unique, containers)


def _container(container: Raw) -> ContainerUsage:
    name = (container.get("Names") or [""])[0].lstrip("/")
    size = int(container.get("SizeRw") or 0)
    return ContainerUsage(container["Id"], name, container["Image"], container["Status"], size)


def _volume(volume: Raw) -> VolumeUsage:
    return VolumeUsage(volume["Name"], max(_links(volume), 0), _volume_size(volume))


def _links(volume: Raw) -> int:
    return int((volume.get("UsageData") or {}).get("RefCount", -1))


def _volume_size(volume: Raw) -> int:
    """Return a volume's size; an engine says -1 for one that is not local."""
    return max(int((volume.get("UsageData") or {}).get("Size", -1)), 0)
