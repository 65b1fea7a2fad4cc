"""Programs of this computer that end with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

PATIENCE = 5.0
"""Seconds that a program has to end by itself."""


@contextmanager
def running(words: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program; where the block does not come to its end, what the program started ends with it.

    Parameters
    ----------
    words : sequence of str
    **options
        As for `subprocess.Popen`.
    """
    with subprocess.Popen(words, start_new_session=True, **options) as process:
        try:
            yield process
        except BaseException:
            _end(process)
            raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program with its group: of a pipeline or a list of commands the shell is but one process."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
