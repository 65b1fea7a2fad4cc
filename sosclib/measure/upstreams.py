"""Where a load balancer sent each request, read from its own log."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sosclib.engine.faults import teaching

if TYPE_CHECKING:
    import pandas as pd

    from sosclib.engine.machine import Machine

FORMAT = "[$time_local] from $remote_addr to $upstream_addr"
"""The log's format, as nginx has it in `log_format`: the lecture's own."""
LINE = re.compile(r"^\[(?P<at>[^]]+)] from (?P<client>\S+) to (?P<tried>\S.*?)\s*$", re.M)
MOMENT = "%d/%b/%Y:%H:%M:%S %z"
COLUMNS = ("at", "client", "tried", "upstream")
PATIENCE, LOOK = 5.0, 0.1
"""Seconds that a log may be behind, and after which one looks again."""


def read_upstreams(log: str) -> pd.DataFrame:
    """Read a log in the format `FORMAT`; other lines are passed over.

    Parameters
    ----------
    log : str

    Returns
    -------
    DataFrame
        One row for each request: ``at``, the moment in UTC; ``client``, who asked; ``tried``, how many
        servers were asked in vain or not; ``upstream``, the last of them, ``172.16.0.11:8082``. nginx writes
        them with a comma between, and the group's name where it asked none because all count as lost.
    """
    import pandas as pd

    rows = []
    for found in LINE.finditer(log):
        tried = [one.strip() for one in found["tried"].split(",")]
        rows.append((datetime.strptime(found["at"], MOMENT), found["client"], len(tried), tried[-1]))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame


def upstreams(machine: Machine, container: str, *, at_least: int = 0) -> pd.DataFrame:
    """Return where a load balancer sent each request: ``docker logs``, read by a program.

    Parameters
    ----------
    machine : Machine
    container : str
        Its name.
    at_least : int
        How many requests are known to have been made: the log may be a moment behind, and is waited for.

    Returns
    -------
    DataFrame
        As `read_upstreams`.

    Raises
    ------
    NotFound
        Where there is no such container.
    """
    machine.terminal.show(machine.title, f"docker logs {container}")
    frame = logged(machine.docker.api, container, at_least)
    machine.terminal.say(f"({len(frame)} requests)")
    return frame


def logged(api: Any, container: str, at_least: int = 0) -> pd.DataFrame:
    """Return what stands in a load balancer's log, as `upstreams` does, without showing anything.

    Parameters
    ----------
    api : docker.APIClient
    container : str
    at_least : int
        As for `upstreams`.

    Raises
    ------
    NotFound
        Where there is no such container.
    """
    end = time.monotonic() + PATIENCE
    while True:
        with teaching():
            log: bytes = api.logs(container, stdout=True, stderr=False)
        frame = read_upstreams(log.decode(errors="replace"))
        if len(frame) >= at_least or time.monotonic() > end:
            return frame
        time.sleep(LOOK)
