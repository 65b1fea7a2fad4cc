"""A papermill engine that tells of each cell what really became of it.

Papermill marks a cell whose kernel died, and all that were never run, as completed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from sosclib.harness.result import Status

ENGINE = "sosc"
Record = Callable[[str, Status, float, str], None]
"""Is told a cell's id, its status, its seconds, and why it did not pass."""


class Client(PapermillNotebookClient):  # type: ignore[misc]
    """Runs the cells one after the other, and stops at the first that fails."""

    def __init__(self, nb_man: Any, record: Record, **options: Any) -> None:
        super().__init__(nb_man, **options)
        self._record = record

    def execute(self, **options: Any) -> Any:
        """Run the notebook; a kernel that died or is busy is not asked anything more."""
        self.reset_execution_trackers()
        with self.setup_kernel(**options):
            if self.papermill_execute_cells():
                self.set_widgets_metadata()
        return self.nb

    def papermill_execute_cells(self) -> bool:
        """Run the cells, and tell whether all of them ended well."""
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            begin = time.perf_counter()
            self.nb_man.cell_start(cell, index)
            status, message = self._run(cell, index)
            self._record(cell.id, status, time.perf_counter() - begin, message)
            if status is not Status.PASSED:
                # Only marks the notebook: papermill's own report is not used.
                self.nb_man.cell_exception(cell, cell_index=index, exception=RuntimeError(message))
                return False
            self.nb_man.cell_complete(cell, cell_index=index)
        return True

    def _run(self, cell: Any, index: int) -> tuple[Status, str]:
        try:
            self.execute_cell(cell, index)
        except CellExecutionError as error:
            return Status.RAISED, f"{error.ename}: {error.evalue}"
        except CellTimeoutError:
            return Status.TIMED_OUT, f"The cell did not end within {self.timeout} s."
        except DeadKernelError:
            return Status.KERNEL_DIED, "The kernel died while the cell ran."
        return Status.PASSED, ""


class Engine(NBClientEngine):  # type: ignore[misc]
    """Runs a notebook by `Client`."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, start_timeout: int = 60, **options: Any
    ) -> Any:
        """Run a notebook; `record` and `timeout` (seconds per cell) are among the options."""
        return Client(
            nb_man,
            record=options["record"],
            timeout=options["timeout"],
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            coalesce_streams=True,
        ).execute()


papermill_engines.register(ENGINE, Engine)
