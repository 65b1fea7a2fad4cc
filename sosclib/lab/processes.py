"""Programs of this computer that end with all that they started."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

PATIENCE = 5
"""Seconds that a program has to end by itself."""

WELL, GIVEN_UP = b"well\n", b"given up\n"

# The guard reads from a pipe that only this program can write to; its end says that this program is no more.
# It is in the group that it ends, so that the group's number stays taken; it is nobody's child, for a program
# may wait for all that it has.
GUARDED = f"""( (
    trap '' HUP INT QUIT TERM
    read -r word && test "$word" = well && exit
    kill -TERM 0
    sleep {PATIENCE}
    kill -KILL 0
) > /dev/null 2>&1 < "/dev/fd/$1" &)
shift
exec "$@"
"""


@contextmanager
def running(words: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program; where the block does not come to its end, what the program started ends with it.

    That holds however the block is left, also where this program is killed: Jupyter does that to a kernel.
    Of a pipeline or a list of commands the shell is but one process, so its whole group ends: it is asked to,
    and killed a few seconds later.

    Parameters
    ----------
    words : sequence of str
    **options
        As for `subprocess.Popen`.
    """
    heard, told = os.pipe()
    with os.fdopen(told, "wb", buffering=0) as guard:
        try:
            command = [*_shell(), "-c", GUARDED, "sh", str(heard), *words]
            process = subprocess.Popen(command, start_new_session=True, pass_fds=(heard,), **options)
        finally:
            os.close(heard)
        with process:
            try:
                yield process
            except BaseException:
                _tell(guard, GIVEN_UP)
                raise
        _tell(guard, WELL)


def _tell(guard: BinaryIO, word: bytes) -> None:
    with suppress(BrokenPipeError):  # it has ended with the group
        guard.write(word)


def _shell() -> list[str]:
    """Return a shell that hands on all that is in the environment: dash loses bash's functions."""
    bash = shutil.which("bash")
    return [bash, "--posix"] if bash else ["/bin/sh"]
