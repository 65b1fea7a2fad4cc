"""A papermill engine that tells of each cell what really became of it.

Papermill marks a cell whose kernel died, and all that were never run, as completed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from sosclib.harness.result import Status
from sosclib.lab.errors import SoscError

ENGINE = "sosc"
Record = Callable[[Any, Status, float, str], None]
"""Is told each code cell as it ended, its status, its seconds, and why it did not pass."""

LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())  # the client's complaints say nothing that the record does not


class Client(PapermillNotebookClient):  # type: ignore[misc]
    """Runs the cells one after the other, and stops at the first that fails."""

    def __init__(self, nb_man: Any, record: Record, **options: Any) -> None:
        super().__init__(nb_man, **options)
        self._record = record

    def execute(self, **options: Any) -> Any:
        """Run the notebook; a kernel that died or is busy is not asked anything more.

        Raises
        ------
        SoscError
            Where the kernel does not start.
        """
        self.reset_execution_trackers()
        try:
            self.create_kernel_manager()
            self.start_new_kernel(**options)
            self.start_new_kernel_client()
        except RuntimeError as error:
            raise SoscError("The notebook's kernel does not start.", str(error)) from error
        with self.setup_kernel():
            self.papermill_execute_cells()
            self.set_widgets_metadata()
        return self.nb

    def papermill_execute_cells(self) -> None:
        """Run the cells up to the first that fails."""
        for index, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            self.nb_man.cell_start(cell, index)
            begin = time.perf_counter()
            status, message = self._run(cell, index)
            self._record(cell, status, time.perf_counter() - begin, message)
            if status is not Status.PASSED:
                # Only marks the notebook: papermill's own report is not used.
                self.nb_man.cell_exception(cell, cell_index=index)
                return
            self.nb_man.cell_complete(cell, cell_index=index)

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
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        record: Record,
        timeout: int,
        folder: Path,
        environment: Mapping[str, str],
        **_: Any,
    ) -> Any:
        """Run a notebook.

        Parameters
        ----------
        nb_man, kernel_name
            Papermill's own.
        record : callable
        timeout : int
            Seconds for each cell.
        folder : Path
            Where the kernel works.
        environment : mapping of str to str
            The kernel's.
        """
        client = Client(
            nb_man,
            record,
            kernel_name=kernel_name,
            timeout=timeout,
            coalesce_streams=True,
            log=LOG,
            extra_arguments=["--log-level=CRITICAL"],
        )
        return client.execute(cwd=str(folder), env=dict(environment))


papermill_engines.register(ENGINE, Engine)
