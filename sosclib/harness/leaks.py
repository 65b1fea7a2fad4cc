"""What a run left in the lab's engines."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from sosclib.engine import snapshot
from sosclib.engine.faults import teaching
from sosclib.engine.ownership import REGISTRY, ROLE_LABEL
from sosclib.engine.snapshot import EngineObject, objects
from sosclib.engine.words import full_name
from sosclib.lab.lab import Lab
from sosclib.lab.node import Node
from sosclib.lab.registry import NAME

Holdings = Mapping[str, frozenset[EngineObject]]
PROGRAMS_OWN = frozenset({".bash_history", ".cache", ".config", ".docker", ".local", ".ssh"})
"""What programs keep for themselves in a home folder."""
PATIENCE = 3.0
"""Seconds that an engine has to finish: a container with --rm goes only after its command ended."""


def holdings(lab: Lab) -> Holdings:
    """Return what each node's engine holds, and the files in its lab user's home.

    Raises
    ------
    SoscError
        Where an engine does not answer.
    """
    with teaching():
        return {
            name: objects(node.docker) | _registries(node) | _files(node) for name, node in lab.nodes.items()
        }


def _registries(node: Node) -> frozenset[EngineObject]:
    """Return the registries in which somebody has an account: furniture, but of one section."""
    api: Any = node.docker.api
    found = api.containers(all=True, filters={"label": f"{ROLE_LABEL}={REGISTRY}"})
    named = {snapshot.name(one): str(one["Id"]) for one in found}
    return frozenset(EngineObject("container", name, id_) for name, id_ in named.items() if name != NAME)


def _files(node: Node) -> frozenset[EngineObject]:
    names = set(node.sh("ls -1A").check().stdout.splitlines()) - PROGRAMS_OWN
    return frozenset(EngineObject("file", name, name) for name in names)


def left_behind(
    lab: Lab, before: Holdings, declared: Collection[str] = (), patience: float = PATIENCE
) -> tuple[str, ...]:
    """Return in words what a lab holds that it did not hold before and that was not declared.

    Parameters
    ----------
    lab : Lab
    before : mapping of str to frozenset of EngineObject
        As from `holdings`.
    declared : collection of str
        The names of what may stay.
    patience : float
        Seconds that the engines have to finish.

    Raises
    ------
    SoscError
        Where an engine does not answer.
    """
    end = time.monotonic() + patience
    while True:
        found = leaks(before, holdings(lab), declared)
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.2)


def leaks(before: Holdings, after: Holdings, declared: Collection[str] = ()) -> tuple[str, ...]:
    """Return in words what is there now, was not before, and was not declared.

    Parameters
    ----------
    before, after : mapping of str to frozenset of EngineObject
        As from `holdings`.
    declared : collection of str
        The names of what may stay.
    """
    names = {*declared, *map(full_name, declared)}
    return tuple(
        f"{thing} on {name}"
        for name, things in sorted(after.items())
        for thing in sorted(things - before.get(name, frozenset()))
        if thing.name not in names
    )
