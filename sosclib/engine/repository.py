"""What a registry knows of a repository: its tags, each with digest, platform and size, as plain data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
)
"""The kinds of manifest that a registry may answer with: of one image, or of one per platform."""

Ask = Callable[[str], tuple[Mapping[str, str], str]]
"""Is given a path below a repository's address; returns headers, by names in small letters, and body."""


@dataclass(frozen=True)
class Tag:
    """One image of a repository.

    Attributes
    ----------
    name : str
    digest : str
        Of the manifest that the tag stands for now.
    platform : str
        ``linux/amd64``.
    size : int
        Bytes that a pull of it moves: its layers as they are packed.
    layers : int or None
        How many; None where the registry does not tell.
    """

    name: str
    digest: str
    platform: str
    size: int
    layers: int | None = None


@dataclass(frozen=True)
class Repository:
    """A repository as its registry shows it.

    Attributes
    ----------
    name : str
        In full, ``localhost:5001/student/sosc``.
    tags : tuple of Tag
        Sorted by name; a tag for several platforms appears once for each.
    """

    name: str
    tags: tuple[Tag, ...]


def from_registry(name: str, ask: Ask) -> Repository:
    """Read a repository by the registry's own interface (the OCI Distribution Specification).

    Parameters
    ----------
    name : str
    ask : callable
    """
    _, body = ask("tags/list")
    listed = sorted(json.loads(body).get("tags") or ())
    return Repository(name, tuple(tag for label in listed for tag in _tags(label, ask)))


def from_docker_hub(name: str, body: str) -> Repository:
    """Read a repository from what Docker Hub answers at ``/v2/repositories/USER/NAME/tags``."""
    tags = [
        Tag(
            entry["name"],
            image.get("digest") or entry.get("digest") or "",
            f"{image['os']}/{image['architecture']}",
            int(image["size"]),
        )
        for entry in json.loads(body)["results"]
        for image in entry["images"]
    ]
    return Repository(name, tuple(sorted(tags, key=lambda tag: (tag.name, tag.platform))))


def _tags(label: str, ask: Ask) -> list[Tag]:
    """Return one entry per platform of what a tag stands for."""
    headers, body = ask(f"manifests/{label}")
    manifest = json.loads(body)
    if "manifests" not in manifest:
        return [_tag(label, headers["docker-content-digest"], manifest, ask)]
    found = []
    for part in manifest["manifests"]:
        if part.get("platform", {}).get("os") != "unknown":  # provenance that BuildKit adds is no image
            _, inner = ask(f"manifests/{part['digest']}")
            found.append(_tag(label, part["digest"], json.loads(inner), ask))
    return found


def _tag(label: str, digest: str, manifest: Mapping[str, Any], ask: Ask) -> Tag:
    _, body = ask(f"blobs/{manifest['config']['digest']}")
    about = json.loads(body)
    size = sum(int(layer["size"]) for layer in manifest["layers"])
    return Tag(label, digest, f"{about['os']}/{about['architecture']}", size, len(manifest["layers"]))
