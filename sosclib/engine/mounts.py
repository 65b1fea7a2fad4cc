"""What a container has mounted, from the engine's own description of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import docker.errors
from docker.utils import version_gte

from sosclib.engine.faults import teaching
from sosclib.engine.options import HERE

if TYPE_CHECKING:
    from sosclib.engine.table import Table

COLUMNS = ("TYPE", "SOURCE", "DESTINATION", "MODE")
TELLS_WHEN_MADE = "1.43"
"""Before this version of the API, an engine said instead when something was last written to the volume."""
MOUNTS, TMPFS = "{{json .Mounts}}", "{{json .HostConfig.Tmpfs}}"

Attrs = Mapping[str, Any]


def volumes_here(api: Any) -> set[str]:
    """Return the names of all volumes of an engine."""
    with teaching():
        return {entry["Name"] for entry in api.volumes().get("Volumes") or ()}


def made_at(api: Any, volume: str) -> str:
    """Return when a volume was made, as the engine writes it; nothing where it cannot be told."""
    if not version_gte(api.api_version, TELLS_WHEN_MADE):
        return ""
    with suppress(docker.errors.NotFound):
        return str(api.inspect_volume(volume).get("CreatedAt") or "")
    return ""


def volume_mounts(attrs: Attrs) -> dict[str, str]:
    """Return the volumes that a container has, from the path inside to the volume's name, sorted by path."""
    found = {mount["Destination"]: mount["Name"] for mount in attrs["Mounts"] if mount["Type"] == "volume"}
    return dict(sorted(found.items()))


def volume_names(attrs: Attrs) -> set[str]:
    """Return the names of the volumes that a container has."""
    return set(volume_mounts(attrs).values())


def mounts_command(name: str, attrs: Attrs) -> str:
    """Return the command that shows a container's mounts; ``--tmpfs`` is kept apart from the others."""
    wanted = f"{MOUNTS} {TMPFS}" if _tmpfs(attrs) else MOUNTS
    return f"docker inspect --format '{wanted}' {shlex.quote(name)}"


def mounts_table(attrs: Attrs, home: str) -> Table:
    """Return a container's mounts, sorted by their paths inside.

    Parameters
    ----------
    attrs : mapping
        What ``docker inspect`` says of the container.
    home : str
        The folder that is written as ``$PWD``, as in the command that mounted a part of it.
    """
    from sosclib.engine.table import table

    rows = [
        {
            "TYPE": mount["Type"],
            "SOURCE": mount.get("Name") or _here(mount.get("Source") or "", home),
            "DESTINATION": mount["Destination"],
            "MODE": "rw" if mount["RW"] else "ro",
        }
        for mount in attrs["Mounts"]
    ]
    for path, how in _tmpfs(attrs).items():
        mode = "ro" if "ro" in how.split(",") else "rw"
        rows.append({"TYPE": "tmpfs", "SOURCE": "", "DESTINATION": path, "MODE": mode})
    return table(sorted(rows, key=lambda row: str(row["DESTINATION"])), COLUMNS)


def _tmpfs(attrs: Attrs) -> dict[str, str]:
    return attrs["HostConfig"].get("Tmpfs") or {}


def _here(folder: str, home: str) -> str:
    return re.sub(f"^{re.escape(home)}(?=/|$)", lambda _: HERE, folder)
