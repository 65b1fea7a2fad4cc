"""All that the course makes or fetches before it is needed: images, Debian's index, the machines' system."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sosclib.course.catalogue import ROLES, Catalogue
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.progress import TransferState
from sosclib.engine.terminal import Terminal
from sosclib.lab.compose_plugin import compose_plugin, has_plugin
from sosclib.lab.errors import EngineUnreachable
from sosclib.lab.host import HostLab
from sosclib.lab.image_recipe import NODE
from sosclib.lab.lab import Lab, Progress
from sosclib.lab.offline_images import FIRST, offline_image, recipe, recipes, steps
from sosclib.lab.package_index import RELEASES, package_index

MACHINES = "virtual machines' system"
COMPOSE = "Compose, for a Docker CLI that lacks it"
INDEX = "index of Debian's packages"
UDOCKER = "udocker and PRoot"
THERE = "there already"


@dataclass(frozen=True)
class Piece:
    """One thing that is prefetched.

    Attributes
    ----------
    title : str
    steps : int or None
        How many steps it tells of, where that is known.
    make : callable
        Makes it; is given a progress for its steps.
    """

    title: str
    steps: int | None
    make: Callable[[Progress], None]


@dataclass(frozen=True)
class Took:
    """What a step of a piece took.

    Attributes
    ----------
    title, step : str
    seconds : float
    """

    title: str
    step: str
    seconds: float


class Watch:
    """Passes the steps of a piece on, and notes what each took.

    Parameters
    ----------
    piece : Piece
    tell : callable
    """

    def __init__(self, piece: Piece, tell: Progress) -> None:
        self._piece = piece
        self._tell = tell
        self._since = time.monotonic()
        self._step = "preparing"
        self.took: list[Took] = []

    def run(self) -> list[Took]:
        """Make the piece, and return what its steps took."""
        self._piece.make(self._next)
        self._note()
        return self.took

    def _next(self, step: str) -> None:
        self._note()
        self._step = step
        self._tell(step)

    def _note(self) -> None:
        now = time.monotonic()
        self.took.append(Took(self._piece.title, self._step, now - self._since))
        self._since = now


@contextmanager
def pieces() -> Iterator[list[Piece]]:
    """Give all that there is to prefetch: the course's own images, and the Hub's where those are pulled.

    The course's own are for rooms in which the Hub cannot be reached, or has given out enough. Those of the
    Hub go into this computer's engine; the machines lose theirs with each section.

    Raises
    ------
    EngineUnreachable
        Where images of the Hub are asked for by name, and no engine answers that could keep them.
    """
    # The base first: the others start from it, and its time is its own.
    images = [*recipes(), NODE]
    ordered = sorted(images, key=lambda name: (name not in FIRST, name != FIRST[0], name))
    wanted = [*map(_made, ordered), _compose(), _index(), _udocker(), _machines()]
    lab = _engine() if Catalogue().mode == "hub" else None
    if lab is None:
        yield wanted
        return
    try:
        machine = _machine(lab)
        yield [*wanted, *(_pulled(machine, reference) for reference in ROLES.values())]
    finally:
        lab.close()


def size_on_disk(folder: Path) -> int:
    """Return the bytes that a folder takes: a file with several names counts once, a hole not at all."""
    found = {}
    for file in folder.rglob("*"):
        status = file.lstat()
        found[status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def _made(name: str) -> Piece:
    made_by = recipe(name)

    def make(tell: Progress) -> None:
        if made_by.folder.exists():
            tell(THERE)
        offline_image(name, detail=tell)

    return Piece(f"{name}: {made_by.reference}", 1 if made_by.folder.exists() else steps(name), make)


def _pulled(machine: Machine, reference: str) -> Piece:
    def make(tell: Progress) -> None:
        told = ""

        def watch(state: TransferState) -> None:
            nonlocal told
            done = sum(layer.done for layer in state.layers.values())
            words = f"{done} of {len(state.layers)} layers"
            if state.layers and words != told:
                told = words
                tell(words)

        Machine(machine.node, machine.ownership, _Mute(), watch=watch).images.fetch(reference)

    return Piece(reference, None, make)


def _compose() -> Piece:
    def make(tell: Progress) -> None:
        if has_plugin():
            tell(THERE)
        compose_plugin(tell)

    return Piece(COMPOSE, 1, make)


def _index() -> Piece:
    def make(tell: Progress) -> None:
        for suite in RELEASES:
            package_index(suite, renew=True, progress=tell)

    return Piece(INDEX, len(RELEASES), make)


def _udocker() -> Piece:
    from sosclib.lab.udocker import archive_path, udocker_archive

    def make(tell: Progress) -> None:
        if archive_path().exists():
            tell(THERE)
        udocker_archive(tell)

    return Piece(UDOCKER, 1, make)


def _machines() -> Piece:
    from sosclib.lab.vm.image import machine_image

    def make(tell: Progress) -> None:
        machine_image(tell)

    return Piece(MACHINES, None, make)


def _engine() -> Lab | None:
    if os.environ.get("SOSC_LAB", "host") in ("host", "auto") and HostLab.answers():
        return HostLab()
    if os.environ.get("SOSC_IMAGES") == "hub":
        raise EngineUnreachable(
            "There is no engine of this computer's to pull the Hub's images into.",
            "The machines' engines start each section without images.",
            "SOSC_IMAGES=offline sosc prefetch   makes the course's own images, for the cache.",
        )
    return None


def _machine(lab: Lab) -> Machine:
    node = lab.nodes["vm1"]
    ownership = Ownership(lab.mark, "prefetch", lab.exclusive, lab.ledger, str(node.docker.info()["ID"]))
    return Machine(node, ownership, _Mute())


class _Mute(Terminal):
    """A terminal that nobody sees; what is told goes to the watch."""

    def write(self, text: str) -> None:
        """Write nothing."""
