"""Waiting in a cell: until something is so, and never for ever."""

from __future__ import annotations

import time
from collections.abc import Callable

from sosclib.lab.errors import SoscError

PAUSE = 0.5


def until(true: Callable[[], bool], what: str, *, limit: float = 300.0) -> None:
    """Wait until something is so.

    Parameters
    ----------
    true : callable
        Is asked twice a second.
    what : str
        What is waited for, in words.
    limit : float
        Seconds after which it is given up.

    Raises
    ------
    SoscError
        Where it does not become so.

    Examples
    --------
    >>> sosc.until(lambda: vm1.nodes.get("VM2").status == "ready", "VM2 to come back")
    """
    end = time.monotonic() + limit
    while not true():
        if time.monotonic() > end:
            raise SoscError(
                f"Waited {limit:.0f} s for {what}, in vain.",
                help="Look at what `docker ps -a`, `docker node ls` and `docker service ps` say, and run the"
                " cell once more; or run the section again from its first cell.",
            )
        time.sleep(PAUSE)
