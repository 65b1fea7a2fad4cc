"""Ages and names as the Docker CLI writes them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 7 * 86400
HUB = ("docker.io", "index.docker.io")
"""What may stand before the name of an image of Docker Hub, and does not in an engine's lists."""


def age(seconds: float) -> str:
    """Return a duration in the words of ``docker ps``: ``About a minute``, ``3 hours``.

    Parameters
    ----------
    seconds : float

    Notes
    -----
    The steps are those of the CLI's ``units.HumanDuration``.
    """
    whole = int(seconds)
    minutes, hours = whole // MINUTE, round(seconds / HOUR)
    if whole < 1:
        return "Less than a second"
    if whole == 1:
        return "1 second"
    if whole < MINUTE:
        return f"{whole} seconds"
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    if hours == 1:
        return "About an hour"
    return _long(hours)


def _long(hours: int) -> str:
    if hours < 48:
        return f"{hours} hours"
    if hours < 24 * 7 * 2:
        return f"{hours // 24} days"
    if hours < 24 * 30 * 2:
        return f"{hours // (24 * 7)} weeks"
    if hours < 24 * 365 * 2:
        return f"{hours // (24 * 30)} months"
    return f"{hours // (24 * 365)} years"


def ago(timestamp: float) -> str:
    """Return how long ago a moment was, given in seconds since 1970."""
    return f"{age(max(time.time() - timestamp, 0))} ago"


def ellipsis(text: str, length: int) -> str:
    """Return a text of at most so many characters, the last of them … where it was cut."""
    return text if len(text) <= length else text[: length - 1] + "…"


def ports(published: list[Mapping[str, Any]]) -> str:
    """Return ports as ``docker ps`` does: ``0.0.0.0:8080->80/tcp``, sorted, each once."""
    lines = set()
    for port in published:
        inside = f"{port['PrivatePort']}/{port['Type']}"
        outside = f"{port.get('IP', '0.0.0.0')}:{port['PublicPort']}->" if port.get("PublicPort") else ""
        if port.get("IP") != "::":
            lines.add(outside + inside)
    return ", ".join(sorted(lines))


def full_name(reference: str) -> str:
    """Return an image's name with its tag, as engines list it.

    ``busybox`` is ``busybox:latest``, and so is ``docker.io/library/busybox``.
    """
    front, _, path = reference.partition("/")
    if front in HUB and path:
        reference = path
    # A folder of Docker Hub's own; further down, it is somebody's who is called that.
    if reference.count("/") == 1:
        reference = reference.removeprefix("library/")
    last = reference.rpartition("/")[2]
    return reference if ":" in last or "@" in last else f"{reference}:latest"


def split_name(reference: str) -> tuple[str, str]:
    """Return repository and tag, or digest, of an image's name."""
    name = full_name(reference)
    repository, _, tag = name.partition("@") if "@" in name else name.rpartition(":")
    return repository, tag


def short_id(reference: str) -> str:
    """Return an image's id as the CLI shortens it; a name is left as it is."""
    return reference.removeprefix("sha256:")[:12] if reference.startswith("sha256:") else reference


def image_names(entry: Mapping[str, Any]) -> list[str]:
    """Return all that an image as the engine lists it can be called by: its tags, its digests, its id."""
    # With the containerd store, a digest that was pulled by itself is listed in both places.
    named = dict.fromkeys((*(entry.get("RepoTags") or ()), *(entry.get("RepoDigests") or ())))
    return [*(name for name in named if "<none>" not in name), entry["Id"]]
