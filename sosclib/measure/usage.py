"""Disk usage as data frames, in bytes: ``docker system df``, its verbose form, and what a step changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from sosclib.engine.usage import (
    KEPT,
    ContainerUsage,
    DiskUsage,
    ImageUsage,
    Owns,
    TypeUsage,
    VolumeUsage,
    disk_usage,
)
from sosclib.lab.errors import SoscError

if TYPE_CHECKING:
    import docker
    import pandas as pd

Source: TypeAlias = "docker.DockerClient | DiskUsage"

COUNTED = ("total", "active", "size", "reclaimable")


def df(source: Source, owns: Owns | None = None) -> pd.DataFrame:
    """Return one line per type, as ``docker system df``: type, total, active, size, reclaimable."""
    return _frame(TypeUsage, _usage(source, owns).types)


def df_images(source: Source, owns: Owns | None = None) -> pd.DataFrame:
    """Return one line per image, as ``docker system df -v``, with its shared and its unique size."""
    return _frame(ImageUsage, _usage(source, owns).images)


def df_containers(source: Source, owns: Owns | None = None) -> pd.DataFrame:
    """Return one line per container, as ``docker system df -v``, with the size of its writable layer."""
    return _frame(ContainerUsage, _usage(source, owns).containers)


def df_volumes(source: Source, owns: Owns | None = None) -> pd.DataFrame:
    """Return one line per volume, as ``docker system df -v``."""
    return _frame(VolumeUsage, _usage(source, owns).volumes)


def in_bytes(usage: DiskUsage | pd.DataFrame) -> pd.DataFrame:
    """Return the frame of `df` for whatever carries disk usage.

    Parameters
    ----------
    usage : DiskUsage or DataFrame
        A frame of `df` itself, or one that looks like the CLI's table and keeps its figures in ``attrs``.

    Raises
    ------
    SoscError
        For any other frame.
    """
    if isinstance(usage, DiskUsage):
        return df(usage)
    if KEPT in usage.attrs:
        return df(usage.attrs[KEPT])
    if not {"type", *COUNTED} <= set(usage.columns):
        raise SoscError(
            "This is no frame of disk usage.",
            f"It has the columns {', '.join(map(str, usage.columns))}.",
            "vm1.system.df()",
        )
    return usage


def compare(before: DiskUsage | pd.DataFrame, after: DiskUsage | pd.DataFrame) -> pd.DataFrame:
    """Return what changed between two moments, one line per type.

    Returns
    -------
    DataFrame
        Indexed by type; the columns are pairs of a figure (total, active, size, reclaimable) and
        ``before``, ``after`` or ``change``.
    """
    import pandas as pd

    then, now = (in_bytes(usage).set_index("type")[list(COUNTED)] for usage in (before, after))
    parts = {"before": then, "after": now, "change": now - then}
    together = pd.concat(parts, axis="columns").swaplevel(axis="columns")
    return together[[(figure, moment) for figure in COUNTED for moment in parts]]


def steps(moments: Mapping[str, DiskUsage | pd.DataFrame]) -> pd.DataFrame:
    """Return the usage at several named moments, one below the other, with the name as column ``step``."""
    import pandas as pd

    named = [in_bytes(usage).assign(step=name) for name, usage in moments.items()]
    return pd.concat(named, ignore_index=True)[["step", "type", *COUNTED]]


def _usage(source: Source, owns: Owns | None) -> DiskUsage:
    return source if isinstance(source, DiskUsage) else disk_usage(source, owns)


def _frame(kind: type[Any], entries: Iterable[Any]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([asdict(entry) for entry in entries], columns=[f.name for f in fields(kind)])
