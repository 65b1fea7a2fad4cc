"""All that the course made in an engine, removed at once, whichever section made it."""

from __future__ import annotations

from sosclib.course.claims import release_all
from sosclib.engine.cleaning import clean
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.terminal import Terminal
from sosclib.lab.hub import remove_hub
from sosclib.lab.lab import Lab


def tidy(lab: Lab) -> list[str]:
    """Remove the course's own objects from all engines of a lab, and return them in words."""
    removed = ["registry with an account"] if remove_hub(lab) else []
    for node in lab.nodes.values():
        engine = str(node.docker.info()["ID"])
        machine = Machine(node, Ownership(lab.mark, "", lab.exclusive, lab.ledger, engine), Terminal())
        removed += [*release_all(machine), *clean(machine, section=None)]
    return removed
