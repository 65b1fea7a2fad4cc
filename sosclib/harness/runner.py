"""One notebook, run by papermill in a kernel of its own, and judged cell by cell."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from sosclib.harness.client import ENGINE
from sosclib.harness.compare import Masks, difference, is_compared
from sosclib.harness.result import CellReport, Status
from sosclib.lab.errors import SoscError

CELL_TIMEOUT = 900
"""Seconds; the longest cell boots virtual machines under software emulation."""
Told = Callable[[int, int, Status], None]
"""Is told of each code cell that ended: its number, how many there are, its status."""


@dataclass(frozen=True)
class Outcome:
    """A run: the cells' reports and the notebook with its outputs."""

    cells: tuple[CellReport, ...]
    notebook: Any = field(repr=False)


def execute(
    path: Path,
    output: Path,
    *,
    parameters: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: int = CELL_TIMEOUT,
    masks: Masks | None = None,
    told: Told = lambda number, total, status: None,
) -> Outcome:
    """Run a notebook.

    Parameters
    ----------
    path, output : Path
        The notebook, and where to write it with its outputs.
    parameters : mapping, optional
        For its cell of parameters.
    environment : mapping, optional
        Variables for its kernel.
    timeout : int
        Seconds for each cell.
    masks : Masks, optional
        With which to compare the outputs with those that are stored; None not to compare.
    told : callable
        Is told each cell's status.

    Raises
    ------
    SoscError
        For a parameter that the notebook does not have.
    """
    require_parameters(path, parameters or {})
    stored = nbformat.read(path, as_version=4)
    total = sum(cell.cell_type == "code" for cell in stored.cells)
    found: dict[str, tuple[Status, float, str]] = {}

    def record(id_: str, status: Status, seconds: float, message: str) -> None:
        found[id_] = (status, seconds, message)
        told(min(len(found), total), total, status)

    output.parent.mkdir(parents=True, exist_ok=True)
    with _environment(environment or {}):
        try:
            papermill.execute_notebook(
                path,
                output,
                parameters=dict(parameters or {}),
                engine_name=ENGINE,
                progress_bar=False,
                cwd=path.parent,
                kernel_name="python3",
                record=record,
                timeout=timeout,
            )
        except PapermillExecutionError:
            pass  # `record` was told which cell, and why
    executed = nbformat.read(output, as_version=4)
    outputs = {cell.id: cell.get("outputs", []) for cell in executed.cells}
    cells = [cell for cell in stored.cells if cell.cell_type == "code"]
    reports = (_report(number, cell, found, outputs, masks) for number, cell in enumerate(cells, start=1))
    return Outcome(tuple(reports), executed)


def require_parameters(path: Path, parameters: Mapping[str, Any]) -> None:
    """Raise for a parameter that a notebook does not have.

    Raises
    ------
    SoscError
    """
    known = papermill.inspect_notebook(path)
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise SoscError(
            f"{path.name} has no parameter {', '.join(unknown)}.", help=f"It has {', '.join(known)}."
        )


def _report(
    number: int,
    cell: Any,
    found: Mapping[str, tuple[Status, float, str]],
    outputs: Mapping[str, Any],
    masks: Masks | None,
) -> CellReport:
    status, seconds, message = found.get(cell.id, (Status.NOT_RUN, 0.0, "An earlier cell failed."))
    if status is Status.PASSED and masks is not None and is_compared(cell):
        message = difference(cell.outputs, outputs.get(cell.id, []), masks)
        status = Status.DIFFERS if message else status
    return CellReport(cell.id, number, status, seconds, message, cell.source)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the kernel, which inherits them, and set them back."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
