"""Notebooks as files: read, and written in the form in which JupyterLab keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

PARAMETERS, INJECTED = "parameters", "injected-parameters"
"""Tags: the cell of parameters, and the cell that papermill puts behind it."""

_nbformat: Any = nbformat  # its functions are untyped


def read(path: Path) -> Any:
    """Return a notebook."""
    return _nbformat.read(path, as_version=4)


def write(path: Path, notebook: Any) -> None:
    """Write a notebook as JupyterLab does, so that saving it there changes nothing."""
    nbformat.validate(notebook)
    _nbformat.write(notebook, path)


def node(value: Any) -> Any:
    """Return a deep copy of a part of a notebook, with its keys as attributes."""
    return _nbformat.from_dict(value)


def tags(cell: Any) -> list[str]:
    """Return the tags of a cell."""
    return list(cell.metadata.get("tags", ()))


def code_cells(notebook: Any) -> list[Any]:
    """Return the code cells of a notebook, without the one that papermill puts in."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and INJECTED not in tags(cell)]
