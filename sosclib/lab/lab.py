"""A lab: one or two nodes and what the course keeps about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sosclib.lab.drills import Drills
from sosclib.lab.ledger import Ledger
from sosclib.lab.node import Node

Progress = Callable[[str], None]
"""Is told each phase, in words, as it begins."""


def quiet(phase: str) -> None:
    """Be told of progress, and say nothing."""


@dataclass(frozen=True)
class LabStatus:
    """What a lab is at this moment.

    Attributes
    ----------
    name, provider : str
    running : bool
    nodes : tuple of str
    checkpoints : tuple of str
    accelerator : str
        ``kvm``, ``tcg``, or ``""`` where the lab has no VM.
    detail : dict of str to str
        Further facts worth showing, in order.
    """

    name: str
    provider: str
    running: bool
    nodes: tuple[str, ...]
    checkpoints: tuple[str, ...] = ()
    accelerator: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


class Lab(Protocol):
    """One or two nodes, up and reachable.

    Attributes
    ----------
    name : str
        This user's and checkout's name of it.
    mark : str
        What its objects in engines are marked with: the name, and more where several people share engines.
    provider : str
        ``host``, ``vm``, ``dind`` or ``ssh``.
    exclusive : bool
        Whether everything in its engines is the course's own (a VM) or the engine is somebody's (``host``).
    brings_registry : bool
        Whether its machines have the course's registry already; where not, it is a container on VM1.
    nodes : mapping of str to Node
    ledger : Ledger
    """

    name: str
    mark: str
    provider: str
    exclusive: bool
    brings_registry: bool
    nodes: Mapping[str, Node]
    ledger: Ledger

    def status(self) -> LabStatus:
        """Return what the lab is now."""

    def checkpoints(self) -> list[str]:
        """Return the names of the checkpoints; empty where the provider has none."""

    def checkpoint(self, name: str) -> None:
        """Save the state of all nodes under a name.

        Raises
        ------
        LabError
            Where the provider saves nothing, a machine is off, the name will not do, or saving fails.
        """

    def reset(self, name: str = "pristine") -> None:
        """Return all nodes to a checkpoint.

        Raises
        ------
        NotFound, LabError
            Where there is no such checkpoint, or the provider does not set its nodes back.
        """

    @property
    def drills(self) -> Drills:
        """Faults on purpose, which remember how they are undone."""

    def forward(self, port: int) -> int:
        """Return the port of this computer's loopback address at which a published port of VM1 answers.

        Raises
        ------
        LabError
            Where it cannot be published here.
        """

    def share(self, port: int) -> None:
        """See that what listens in VM1's loopback answers at the same port of every node's loopback."""

    def close(self) -> None:
        """Give back connections; the lab itself stays up."""
