"""What is known of a lab's machines while they are down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sosclib.lab.aside import write_aside
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.machine import Hardware

PRISTINE, LAST = "pristine", "last"
"""The checkpoint after the first boot, and the state at the last `down`."""


@dataclass(frozen=True)
class Record:
    """The state of a lab on disk.

    Attributes
    ----------
    image : str
        Key of the image that the disks are made on.
    resume : str
        The checkpoint that equals the disks as they are now; empty where the machines run, or died.
    checkpoints : mapping of str to mapping
        For each its hardware.
    hardware : mapping
        What the machines run on, or ran on last.
    port : int
        VM1's ssh on this computer's loopback.
    """

    image: str = ""
    resume: str = ""
    checkpoints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hardware: Mapping[str, Any] = field(default_factory=dict)
    port: int = 0

    def with_checkpoint(self, name: str, made_of: Hardware) -> Record:
        """Return the record with one more checkpoint."""
        return replace(self, checkpoints={**self.checkpoints, name: asdict(made_of)})

    @property
    def names(self) -> list[str]:
        """The checkpoints that a person can return to."""
        return sorted(name for name in self.checkpoints if name != LAST)


def read(where: Folders) -> Record:
    """Return a lab's record; an empty one where there is none, or where it cannot be read."""
    try:
        return Record(**json.loads((where.state / "record.json").read_text()))
    except (OSError, ValueError, TypeError):
        return Record()


def write(where: Folders, record: Record) -> Record:
    """Keep a record."""
    write_aside(where.state / "record.json", json.dumps(asdict(record), indent=1), 0o600)
    return record
