"""The outputs that a notebook carries: taken from a run, freed from all that only this run had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbval.plugin import coalesce_streams

from sosclib.harness import notebook

KEPT_METADATA = {"alt", "width", "height"}
WIDGET = "application/vnd.jupyter.widget-view+json"
"""Names a live object of the kernel that ran: in a stored notebook it only shows an error."""


def store(path: Path, executed: Any) -> None:
    """Write a run's outputs into the notebook that was run."""
    kept = notebook.read(path)
    runs = {cell.id: cell for cell in executed.cells}
    for count, cell in enumerate(notebook.code_cells(kept), start=1):
        cell.execution_count = count
        cell.outputs = normalised(runs[cell.id].outputs, count)
    notebook.write(path, kept)


def normalised(outputs: list[Any], count: int) -> list[Any]:
    """Return outputs with streams joined and without what only one run had."""
    result = []
    for output in coalesce_streams([notebook.node(output) for output in outputs]):
        if output.output_type == "execute_result":
            output.execution_count = count
        if "metadata" in output:
            output.metadata = _kept(output.metadata)
            output.data.pop(WIDGET, None)
        result.append(output)
    return result


def _kept(metadata: Any) -> Any:
    """Keep what makes a picture readable: its description and its size."""
    described = {
        kind: {name: value for name, value in about.items() if name in KEPT_METADATA}
        for kind, about in metadata.items()
        if isinstance(about, dict)
    }
    return notebook.node({kind: about for kind, about in described.items() if about})
