"""Times measured elsewhere, shipped with the course and always labelled as such.

``data/reference/machines.json`` holds the lab's own virtual machines, measured with the course; where they
cannot be started, or would take too long, the race shows these. ``data/reference/published.json`` holds
figures that others publish.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sosclib.lab.paths import data_dir

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Reference:
    """The times of one contender, measured elsewhere.

    Attributes
    ----------
    contender : str
    seconds : tuple of float
        Every sample that was kept.
    start, end : str
        The events between which the time ran, in words.
    environment : str
        The machine, in words: CPUs, accelerator, versions.
    provenance : str
        Who measured it, and where it is written.
    """

    contender: str
    seconds: tuple[float, ...]
    start: str
    end: str
    environment: str
    provenance: str


def machines() -> tuple[Reference, ...]:
    """Return the times of the lab's own virtual machines."""
    return _read(_folder() / "machines.json")


def published() -> tuple[Reference, ...]:
    """Return figures that others publish."""
    return _read(_folder() / "published.json")


def frame(references: Iterable[Reference]) -> pd.DataFrame:
    """Return references as a frame, one line per sample."""
    import pandas as pd

    lines = [
        {**asdict(reference), "seconds": seconds} for reference in references for seconds in reference.seconds
    ]
    return pd.DataFrame(lines, columns=list(Reference.__dataclass_fields__))


def record(references: Iterable[Reference], path: Path | None = None) -> Path:
    """Write references in place of those of the same contenders; the others stay.

    Parameters
    ----------
    references : iterable of Reference
        As `sosclib.measure.race.Race.as_references` gives them.
    path : Path, optional
        Another file than ``data/reference/machines.json``.
    """
    target = path or _folder() / "machines.json"
    kept = {reference.contender: reference for reference in (_read(target) if target.exists() else ())}
    kept |= {reference.contender: reference for reference in references}
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(reference) for reference in kept.values()], indent=1, ensure_ascii=False)
    target.write_text(text + "\n", encoding="utf-8")
    return target


def _folder() -> Path:
    return data_dir() / "reference"


def _read(path: Path) -> tuple[Reference, ...]:
    entries = json.loads(path.read_text(encoding="utf-8"))
    return tuple(Reference(**{**entry, "seconds": tuple(entry["seconds"])}) for entry in entries)
