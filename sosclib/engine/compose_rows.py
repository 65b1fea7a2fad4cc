"""What Compose's commands show of a stack: its containers as lines, and how it came up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sosclib.engine import snapshot
from sosclib.engine.compose_events import StackEvent
from sosclib.engine.compose_labels import SERVICE_LABEL
from sosclib.engine.shown import AlreadyShown
from sosclib.engine.words import ago, ellipsis, ports, short_id

COLUMNS = ("NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS")


@dataclass(frozen=True)
class Rise(AlreadyShown):
    """How a stack came up.

    Attributes
    ----------
    events : tuple of StackEvent
        What the engine told meanwhile, with its moment in seconds since the command began.
    seconds : float
        Until the command was done: with ``wait``, until every service was ready.
    """

    events: tuple[StackEvent, ...]
    seconds: float


def container_row(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a container as ``docker compose ps`` shows it."""
    return {
        "NAME": snapshot.name(raw),
        "IMAGE": short_id(raw["Image"]),
        "COMMAND": f'"{ellipsis(raw["Command"], 20)}"',
        "SERVICE": raw["Labels"].get(SERVICE_LABEL, ""),
        "CREATED": ago(raw["Created"]),
        "STATUS": raw["Status"] or raw["State"].capitalize(),
        "PORTS": ports(raw.get("Ports") or []),
    }
