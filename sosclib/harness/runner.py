"""One notebook, run by papermill in a kernel of its own, and judged cell by cell."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import papermill
from papermill.exceptions import PapermillExecutionError

from sosclib.harness import notebook
from sosclib.harness.client import ENGINE
from sosclib.harness.compare import Masks, difference, is_compared
from sosclib.harness.result import CellReport, Status
from sosclib.lab.errors import SoscError

CELL_TIMEOUT = 900
"""Seconds; the longest cell boots virtual machines under software emulation."""
Told = Callable[[CellReport, int], None]
"""Is told of each code cell as it ends, and how many there are."""


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
    told: Told = lambda report, total: None,
) -> Outcome:
    """Run a notebook.

    Parameters
    ----------
    path, output : Path
        The notebook, and where to write it with its outputs, whatever becomes of it.
    parameters : mapping, optional
        For its cell of parameters.
    environment : mapping, optional
        Variables for its kernel, besides those of this process.
    timeout : int
        Seconds for each cell.
    masks : Masks, optional
        With which to compare the outputs with those that are stored; None not to compare.
    told : callable
        Is told what becomes of each cell.

    Raises
    ------
    SoscError
        For a parameter that the notebook does not have, and where the kernel does not start.
    """
    require_parameters(path, parameters or {})
    judge = Judge(notebook.code_cells(notebook.read(path)), masks, told)
    output.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(PapermillExecutionError):  # the judge was told which cell, and why
        papermill.execute_notebook(
            path,
            output,
            parameters=dict(parameters or {}),
            engine_name=ENGINE,
            progress_bar=False,
            kernel_name="python3",
            record=judge.record,
            timeout=timeout,
            folder=path.parent.resolve(),
            environment={**os.environ, **(environment or {})},
        )
    return Outcome(judge.reports(), notebook.read(output))


def require_parameters(path: Path, parameters: Mapping[str, Any]) -> None:
    """Raise for a parameter that a notebook does not have.

    Raises
    ------
    SoscError
    """
    known = papermill.inspect_notebook(path) if parameters else {}
    unknown = [name for name in parameters if name not in known]
    if unknown:
        raise SoscError(
            f"{path.name} has no parameter {', '.join(unknown)}.",
            help=f"Its parameters are {', '.join(known)}." if known else "It has no parameters at all.",
        )


class Judge:
    """Is told of cells as they end, in order, and says what became of each.

    Parameters
    ----------
    cells : list
        The code cells as they are stored.
    masks : Masks or None
    told : callable
    """

    def __init__(self, cells: list[Any], masks: Masks | None, told: Told) -> None:
        self._cells = cells
        self._masks = masks
        self._told = told
        self._found: list[CellReport] = []

    def record(self, cell: Any, status: Status, seconds: float, message: str) -> None:
        """Take note of the next cell; papermill's own, with parameters' values, counts to the one above.

        Parameters
        ----------
        cell : NotebookNode
            As it ran, with its outputs.
        status : Status
        seconds : float
            That it took.
        message : str
            Why it did not pass; empty where it did.
        """
        if notebook.INJECTED in notebook.tags(cell):
            if status is not Status.PASSED:
                self._found[-1] = replace(self._found[-1], status=status, message=message)
            return
        number = len(self._found) + 1
        stored = self._cells[number - 1]
        if status is Status.PASSED and self._masks is not None and is_compared(stored):
            message = difference(stored.outputs, cell.outputs, self._masks)
            status = Status.DIFFERS if message else status
        self._found.append(CellReport(stored.id, number, status, seconds, message, stored.source))
        self._told(self._found[-1], len(self._cells))

    def reports(self) -> tuple[CellReport, ...]:
        """Return a report on each cell, also on those that were never reached."""
        return (*self._found, *not_run(self._cells, "An earlier cell failed.")[len(self._found) :])


def not_run(cells: list[Any], why: str) -> tuple[CellReport, ...]:
    """Return reports on cells that did not run."""
    return tuple(
        CellReport(cell.id, number, Status.NOT_RUN, message=why, source=cell.source)
        for number, cell in enumerate(cells, start=1)
    )
