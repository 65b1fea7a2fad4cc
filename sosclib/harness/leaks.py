"""What a run left in the lab's engines."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sosclib.engine.snapshot import EngineObject, objects
from sosclib.lab.lab import Lab

Holdings = Mapping[str, frozenset[EngineObject]]


def holdings(lab: Lab) -> Holdings:
    """Return what each node's engine holds."""
    return {name: objects(node.docker) for name, node in lab.nodes.items()}


def leaks(before: Holdings, after: Holdings, declared: Collection[str] = ()) -> tuple[str, ...]:
    """Return in words what is there now, was not before, and was not declared."""
    return tuple(
        f"{thing} on {name}"
        for name, things in sorted(after.items())
        for thing in sorted(things - before.get(name, frozenset()))
        if thing.name not in declared
    )
