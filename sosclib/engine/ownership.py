"""What in an engine is the course's own: by label where an object can bear one, else by the lab's ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sosclib.engine.compose_labels import PROJECT_LABEL
from sosclib.engine.usage import Owns
from sosclib.engine.words import image_names
from sosclib.lab.errors import NotOurs, SwarmError
from sosclib.lab.ledger import Entry, Ledger

LAB_LABEL = "sosc.lab"
SECTION_LABEL = "sosc.section"
ROLE_LABEL = "sosc.role"
REGISTRY, NODE = "registry", "node"
BY_OTHERS = "It was there before, or was made otherwise than by this notebook's calls."
"""Why an object is not the course's own."""
FURNITURE = frozenset({REGISTRY, NODE})
"""What the lab itself has in an engine: it is nobody's work, and nothing that a section does touches it."""


@dataclass(frozen=True)
class Ownership:
    """Whose an object is.

    Attributes
    ----------
    lab, section : str
        What new objects are marked with.
    exclusive : bool
        Whether everything in the engine is the course's own, as in a virtual machine of the lab.
    ledger : Ledger
    engine : str
        The engine's identity (``info()["ID"]``).
    """

    lab: str
    section: str
    exclusive: bool
    ledger: Ledger
    engine: str

    def labels(self) -> dict[str, str]:
        """Return the labels that a new container, volume or network gets."""
        return {LAB_LABEL: self.lab, SECTION_LABEL: self.section}

    def require_own_engine(self) -> None:
        """See that the engine is the lab's own, before anything of a swarm is changed there.

        Raises
        ------
        SwarmError
            On somebody's own engine.
        """
        if not self.exclusive:
            raise SwarmError(
                "Your own engine's swarm is left alone: none is begun, changed or left there.",
                "It would change how the whole engine works, for all that runs on it.",
                'Use a lab whose engines are the course\'s own: LAB = "vm", or "dind"; '
                "or say in your inventory that these engines are.",
            )

    def no_labels(self) -> list[str]:
        """Return Dockerfile instructions that take the labels off an image.

        A committed image would hand them down to every container that anybody starts from it.
        """
        return [f'LABEL {LAB_LABEL}="" {SECTION_LABEL}=""']

    def owns(self, kind: str, raw: Mapping[str, Any]) -> bool:
        """Tell whether an object, as the engine lists it, is the course's own.

        Parameters
        ----------
        kind : str
            image, container, volume, network or cache.
        raw : mapping
            The engine's entry, with ``Labels``; for an image with ``RepoTags`` and ``Id``, for a volume with
            ``Name``.
        """
        return self.judge()(kind, raw)

    def judge(self) -> Owns:
        """Return `owns` for a whole listing: the ledger is read once, when it is first needed."""
        entered, marks = cache(self.entered), cache(self.marks)

        def owns(kind: str, raw: Mapping[str, Any]) -> bool:
            labels = raw.get("Labels") or {}
            if labels.get(ROLE_LABEL) in FURNITURE:
                return False
            if self.exclusive:
                return True
            if kind == "image":
                return bool(_fitting(marks("image"), raw))
            if kind == "cache":
                return raw["ID"] in entered("cache")
            if labels.get(LAB_LABEL) == self.lab or labels.get(PROJECT_LABEL) in entered("stack"):
                return True
            made = raw.get("CreatedAt") or ""
            return kind == "volume" and marks("volume").get(raw["Name"]) in ("", made)

        return owns

    def given(self, image: Mapping[str, Any]) -> set[str]:
        """Return the names by which an image is the course's; one that somebody took for theirs is none."""
        return _fitting(self.marks("image"), image)

    def marks(self, kind: str) -> dict[str, str]:
        """Return what the ledger has of a kind, with the mark of each: see `sosclib.lab.ledger.Entry`."""
        return {one.reference: one.mark for one in self.ledger.entries(engine=self.engine, kind=kind)}

    def entered(self, kind: str, section: str | None = None) -> set[str]:
        """Return what the ledger has of a kind: names of images, volumes, stacks; ids of images and records.

        Parameters
        ----------
        kind : str
            image, volume, cache or stack.
        section : str, optional
            Only what this section brought in.
        """
        entries = self.ledger.entries(engine=self.engine, kind=kind)
        return {entry.reference for entry in entries if section in (None, entry.section)}

    def project(self, folder: str) -> str:
        """Return what Compose is to call the stack of a folder.

        On somebody's own engine the name has the lab's in it: a stack of the same folder's name may be there.
        """
        last = folder.rstrip("/").rpartition("/")[2]
        name = last if self.exclusive else f"sosc-{self.lab}-{last}"
        return re.sub("[^a-z0-9_-]", "", name.lower()).lstrip("_-")

    def enter(self, kind: str, reference: str, mark: str = "") -> None:
        """Note that the course brought something in that cannot be labelled.

        Parameters
        ----------
        kind, reference, mark : str
            As in `sosclib.lab.ledger.Entry`.
        """
        self.ledger.add(Entry(self.engine, kind, reference, self.section, mark))

    def strike(self, kind: str, reference: str) -> None:
        """Note that it is gone."""
        self.ledger.remove(engine=self.engine, kind=kind, reference=reference)


def _fitting(marks: Mapping[str, str], image: Mapping[str, Any]) -> set[str]:
    return {name for name in image_names(image) if marks.get(name) in ("", image["Id"])}


def not_ours(kind: str, name: str, why: str = BY_OTHERS) -> NotOurs:
    """Return what to raise where an object that is not the course's would be changed.

    Parameters
    ----------
    kind, name : str
    why : str
        The reason, a sentence.
    """
    return NotOurs(
        f"The {kind} {name} is not the course's own.",
        why,
        "The course leaves it alone; in a terminal you may do as you like with it.",
    )
