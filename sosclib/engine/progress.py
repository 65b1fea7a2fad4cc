"""How far a pull or a push has come, layer by layer: a reducer over the engine's events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

FINAL = ("Pull complete", "Already exists", "Pushed", "Layer already exists")
SPOKEN = ("Pulling from", "Digest:", "Status:", "The push refers to", "digest:")


@dataclass(frozen=True)
class LayerProgress:
    """One layer on its way.

    Attributes
    ----------
    id : str
        Short id of the layer.
    status : str
        The engine's word: Waiting, Downloading, Extracting, Pull complete, …
    current, total : int
        Bytes of this phase; 0 where the engine does not tell.
    """

    id: str
    status: str
    current: int = 0
    total: int = 0

    @property
    def done(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINAL


@dataclass(frozen=True)
class TransferState:
    """All layers, in the order in which the engine named them.

    Attributes
    ----------
    layers : mapping of str to LayerProgress
    lines : tuple of str
        What the CLI prints besides the bars: repository, digest, result. Does not vary from run to run.
    """

    layers: Mapping[str, LayerProgress] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    @property
    def layer_lines(self) -> tuple[str, ...]:
        """What became of each layer, in words."""
        return tuple(f"{layer.id}: {layer.status}" for layer in self.layers.values())

    def after(self, event: Mapping[str, Any]) -> TransferState:
        """Return the state after one event of the engine's stream."""
        status, id_ = str(event.get("status", "")), str(event.get("id", ""))
        if any(word in status for word in SPOKEN):
            return replace(self, lines=(*self.lines, f"{id_}: {status}" if id_ else status))
        if not id_:
            return self
        detail = event.get("progressDetail") or {}
        layer = LayerProgress(id_, status, int(detail.get("current") or 0), int(detail.get("total") or 0))
        return replace(self, layers={**self.layers, id_: layer})


Watch = Callable[[TransferState], None]
"""Is told the state of all layers whenever one of them changes."""
