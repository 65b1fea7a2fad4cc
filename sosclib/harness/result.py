"""What a run of a notebook found, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Status(StrEnum):
    """What became of a cell."""

    PASSED = "passed"
    DIFFERS = "differs"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    KERNEL_DIED = "kernel died"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class CellReport:
    """One code cell.

    Attributes
    ----------
    id : str
        The cell's id in its notebook.
    number : int
        Its place among the code cells, from 1.
    status : Status
    seconds : float
    message : str
        Why it did not pass; empty where it did.
    source : str
    """

    id: str
    number: int
    status: Status
    seconds: float = 0.0
    message: str = ""
    source: str = ""


@dataclass(frozen=True)
class NotebookReport:
    """One notebook.

    Attributes
    ----------
    name, lab : str
    cells : tuple of CellReport
        The code cells, in order.
    leaks : tuple of str
        Objects that the run left in an engine and did not declare.
    executed : Path
        The notebook as it was run.
    """

    name: str
    lab: str
    cells: tuple[CellReport, ...]
    leaks: tuple[str, ...]
    executed: Path

    @property
    def passed(self) -> bool:
        """Whether every cell passed and nothing was left behind."""
        return not self.leaks and all(cell.status is Status.PASSED for cell in self.cells)

    @property
    def seconds(self) -> float:
        """How long the cells took together."""
        return sum(cell.seconds for cell in self.cells)

    @property
    def first_fault(self) -> CellReport | None:
        """The first cell that did not pass."""
        return next((cell for cell in self.cells if cell.status is not Status.PASSED), None)

    def verdict(self) -> str:
        """Return the outcome in one line."""
        if self.passed:
            return "passed"
        counts = {status: sum(cell.status is status for cell in self.cells) for status in Status}
        parts = [f"{count} {status}" for status, count in counts.items() if count]
        if self.leaks:
            parts.append(f"left behind: {', '.join(self.leaks)}")
        return "; ".join(parts)
