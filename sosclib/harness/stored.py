"""The outputs that a notebook carries: taken from a run, freed from all that only this run had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from nbval.plugin import coalesce_streams

KEPT_METADATA = {"alt", "width", "height"}


def store(path: Path, executed: Any) -> None:
    """Write a run's outputs into the notebook that was run."""
    notebook = nbformat.read(path, as_version=4)
    runs = {cell.id: cell for cell in executed.cells}
    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = normalised(runs[cell.id].outputs, count)
    write(path, notebook)


def write(path: Path, notebook: Any) -> None:
    """Write a notebook in the one form in which all of them are kept."""
    nbformat.validate(notebook)
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def normalised(outputs: list[Any], count: int) -> list[Any]:
    """Return outputs with streams joined and without metadata of the run."""
    result = []
    for output in coalesce_streams([nbformat.from_dict(dict(output)) for output in outputs]):
        if output.output_type == "execute_result":
            output.execution_count = count
        if "metadata" in output:
            output.metadata = _kept(output.metadata)
        result.append(output)
    return result


def _kept(metadata: Any) -> Any:
    """Keep what makes a picture readable: its description and its size."""
    kept = {}
    for key, value in metadata.items():
        inner = (
            {name: item for name, item in value.items() if name in KEPT_METADATA}
            if isinstance(value, dict)
            else {}
        )
        if inner:
            kept[key] = inner
    return nbformat.from_dict(kept)
