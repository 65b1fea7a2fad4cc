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

    @property
    def mark(self) -> str:
        """One character that stands for it."""
        return MARKS[self]


MARKS = {
    Status.PASSED: "✓", Status.DIFFERS: "≠", Status.RAISED: "!", Status.TIMED_OUT: "⏱",
    Status.KERNEL_DIED: "†", Status.NOT_RUN: "–",
}  # fmt: skip
FAULTS = (Status.DIFFERS, Status.RAISED, Status.TIMED_OUT, Status.KERNEL_DIED)


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
        From the moment it was sent to the kernel until it ended.
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
    executed : Path or None
        The notebook as it was run.
    trouble : str
        Why it could not be run, or not be judged: what went wrong was not a cell.
    skipped : str
        Why it was not to run on this lab; empty where it was.
    """

    name: str
    lab: str
    cells: tuple[CellReport, ...]
    leaks: tuple[str, ...] = ()
    executed: Path | None = None
    trouble: str = ""
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """Whether every cell passed, nothing was left behind, and nothing else went wrong."""
        return not (self.leaks or self.trouble or self.first_fault)

    @property
    def seconds(self) -> float:
        """How long the cells took together, without the start of kernel and lab."""
        return sum(cell.seconds for cell in self.cells)

    @property
    def first_fault(self) -> CellReport | None:
        """The first cell that did not pass."""
        return next((cell for cell in self.cells if cell.status is not Status.PASSED), None)

    def count(self, *statuses: Status) -> int:
        """Return how many cells have one of these statuses."""
        return sum(cell.status in statuses for cell in self.cells)

    def verdict(self) -> str:
        """Return the outcome in one line."""
        if self.skipped:
            return f"skipped: {' '.join(self.skipped.splitlines())}"
        if self.passed:
            return "passed"
        parts = [f"{self.count(status)} {status}" for status in Status if self.count(status)]
        if self.leaks:
            parts.append(f"left behind: {', '.join(self.leaks)}")
        if self.trouble:
            parts.append(self.trouble.splitlines()[0])
        return "; ".join(parts)
