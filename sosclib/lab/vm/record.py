"""What is known of a lab's machines while they are down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sosclib.lab.aside import write_aside
from sosclib.lab.errors import LabError
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
        Identity of the image that the disks are made on.
    base : str
        Where it lies.
    resume : str
        The checkpoint that equals the disks as they are now; empty where the machines run, or died.
    checkpoints : mapping of str to mapping
        For each its hardware, and its tag on the disks. A tag is never used twice, so that a name means the
        old state of both machines until the new one of both is there.
    hardware : mapping
        What the machines run on, or ran on last.
    """

    image: str = ""
    base: str = ""
    resume: str = ""
    checkpoints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hardware: Mapping[str, Any] = field(default_factory=dict)

    def with_checkpoint(self, name: str, made_of: Hardware, tag: str) -> Record:
        """Return the record with one more checkpoint.

        Parameters
        ----------
        name : str
        made_of : Hardware
        tag : str
            Under what it stands on the disks.
        """
        return replace(self, checkpoints={**self.checkpoints, name: {**asdict(made_of), "tag": tag}})

    def without_last(self) -> Record:
        """Return the record of machines that went on from where they were."""
        kept = {name: made_of for name, made_of in self.checkpoints.items() if name != LAST}
        return replace(self, resume="", checkpoints=kept)

    def tag(self, name: str) -> str:
        """Return under what a checkpoint stands on the disks."""
        return str(self.checkpoints[name]["tag"])

    @property
    def tags(self) -> list[str]:
        """What stands on the disks and is wanted."""
        return [self.tag(name) for name in self.checkpoints]

    @property
    def names(self) -> list[str]:
        """The checkpoints that a person can return to."""
        return sorted(name for name in self.checkpoints if name != LAST)


def read(where: Folders) -> Record:
    """Return a lab's record; an empty one where there is none.

    Raises
    ------
    LabError
        Where there is one that cannot be read: taken for none, it would cost what is on the disks.
    """
    file = where.state / "record.json"
    try:
        return Record(**json.loads(file.read_text()))
    except FileNotFoundError:
        return Record()
    except (OSError, ValueError, TypeError) as error:
        raise LabError(
            "What is known of the virtual machines cannot be read.",
            f"{file}: {error}",
            "the file as it was, from a backup; or, to give up what is on the machines: sosc destroy",
        ) from error


def write(where: Folders, record: Record) -> Record:
    """Keep a record."""
    write_aside(where.state / "record.json", json.dumps(asdict(record), indent=1), 0o600)
    return record
