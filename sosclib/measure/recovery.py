"""What becomes of a broken swarm: what is told, how soon it is as it was, which requests are lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from sosclib.engine.convergence import RESYNC, Convergence, look
from sosclib.engine.swarm_state import SILENT
from sosclib.engine.wakeups import Wakeups
from sosclib.engine.words import ellipsis
from sosclib.lab.errors import ServiceError, SoscError
from sosclib.lab.node import Node
from sosclib.measure.traffic import Load, longest_gap

LIMIT = 180.0
RATE = 5.0
"""Requests per second while something is broken."""
SETTLE = 1.0
"""Seconds of requests before it is broken, and after it is repaired."""
LONGEST = 200
"""Letters of a message that the table shows."""
HEADS = ("fault", "requests", "lost", "longest gap (s)", "noticed (s)", "repaired (s)", "what was told")


@dataclass(frozen=True)
class Recovery:
    """What became of one fault.

    Attributes
    ----------
    fault : str
    requests, lost : int
        Sent meanwhile; and those of them that got no good answer.
    gap : float
        Seconds without a good answer, at the longest.
    noticed : float or None
        Seconds from the fault until the manager knew of it, or a message told it; None where it never showed.
    repaired : float or None
        Seconds from the fault until the service was as asked for again, or until what was done was over; None
        where nobody but a person could repair it.
    told : str
        The message; empty where there was none.
    """

    fault: str
    requests: int
    lost: int
    gap: float
    noticed: float | None
    repaired: float | None
    told: str = ""


def recovery(
    fault: str,
    do: Callable[[], Any],
    *,
    url: str,
    manager: Node,
    service: str | None = None,
    rate: float = RATE,
    limit: float = LIMIT,
) -> Recovery:
    """Break something under requests, and see what becomes of it.

    Parameters
    ----------
    fault : str
        In words.
    do : callable
        Brings it about. Where it raises one of the course's errors, that is the message which is kept.
    url : str
        Of a page that is asked for all the while.
    manager : Node
    service : str, optional
        To be waited for until it is as asked for again; None where it does not get so by itself.
    rate : float
        Requests per second.
    limit : float
        Seconds after which a repair is given up.

    Raises
    ------
    ServiceError
        Where the service is not repaired in time, or was never anything but well.
    """
    with Load(url, rate=rate) as load, ThreadPoolExecutor(1) as beside:
        time.sleep(SETTLE)
        begin = time.monotonic()
        doing = beside.submit(do)
        noticed = repaired = None
        if service is not None:
            noticed, repaired = until_repaired(manager, service, begin, limit, doing=doing)
        told, over = _told(doing), time.monotonic() - begin
        time.sleep(SETTLE)
    if service is None:
        noticed, repaired = (over, None) if told else (None, over)
    data = load.data()
    lost = int((data["error"] != "").sum())
    return Recovery(fault, len(data), lost, longest_gap(data), noticed, repaired, told)


def until_repaired(
    manager: Node,
    service: str,
    begin: float,
    limit: float,
    *,
    broken: Callable[[Convergence], bool] = lambda state: not state.there,
    doing: Future[Any] | None = None,
    wakeups: Wakeups | None = None,
) -> tuple[float, float]:
    """Return the seconds until a manager noticed that a service is broken, and until it was repaired.

    Parameters
    ----------
    manager : Node
        One that does not answer is one that noticed.
    service : str
    begin : float
        When it was broken, of `time.monotonic`.
    limit : float
        Seconds.
    broken : callable
        Tells whether the manager knows that something is amiss.
    doing : Future, optional
        What breaks it; repaired it can be only when that is over.
    wakeups : Wakeups, optional
        That are listened to already.

    Raises
    ------
    ServiceError
        Where it is not repaired in time.
    SoscError
        What breaking it ended in, where nothing was noticed of it.
    """
    noticed, replicas = None, "nothing is known"
    with Wakeups([manager]) if wakeups is None else nullcontext(wakeups) as woken:
        while True:
            try:
                state: Convergence | None = look(manager.docker.api, service)
            except SILENT:
                state = None
            now = time.monotonic() - begin
            if noticed is None and (state is None or broken(state)):
                noticed = now
            if noticed is None and doing is not None and doing.done():
                doing.result()  # where nothing could be broken, there is nothing to wait for
            if state is not None:
                replicas = state.replicas
                if noticed is not None and state.there and (doing is None or doing.done()):
                    return noticed, now
            if now > limit:
                raise ServiceError(
                    f"{service} is not repaired after {limit:g} s: {replicas}.",
                    help=f"docker service ps {service}",
                )
            woken.wait(RESYNC / 5)


def as_markdown(rows: Sequence[Recovery]) -> str:
    """Return the table as Markdown, as it can be read in a terminal too."""
    from io import StringIO

    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*HEADS, box=box.MARKDOWN)
    for row in rows:
        table.add_row(
            row.fault,
            str(row.requests),
            str(row.lost),
            f"{row.gap:.1f}",
            _seconds(row.noticed),
            _seconds(row.repaired),
            ellipsis(" ".join(row.told.replace("|", "¦").split()), LONGEST) or "–",
        )
    text = StringIO()
    Console(file=text, width=1000, color_system=None).print(table)
    return "".join(line.rstrip() + "\n" for line in text.getvalue().splitlines() if line.strip())


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _told(doing: Future[Any]) -> str:
    """Return the message that a fault ended in, of those that a person can meet; raise any other error."""
    try:
        doing.result()
    except SoscError as error:
        return f"{error.what} {error.why}".strip()
    return ""
