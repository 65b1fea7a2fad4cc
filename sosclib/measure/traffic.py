"""Requests to a web service, all kept: who answered, how fast, and which were lost."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import pandas as pd

ANSWERED_BY = "X-Answered-By"
"""The header in which a server of the course says which one it is."""
PATIENCE = 10.0
COLUMNS = ("at", "seconds", "status", "who", "error")
GOOD = range(200, 400)


@dataclass(frozen=True)
class Answer:
    """What became of one request.

    Attributes
    ----------
    at : float
        When it was sent, in seconds since the first one.
    seconds : float
        From the connection to the last byte.
    status : int
        HTTP's; 0 where no answer came.
    who : str
        Which server answered, as it says itself; empty where it does not say.
    error : str
        Why no good answer came; empty where one did.
    """

    at: float
    seconds: float
    status: int
    who: str
    error: str

    @property
    def lost(self) -> bool:
        """Whether whoever asked got nothing, or an error."""
        return bool(self.error)


Told = Callable[[Answer], None]


def ask(url: str, *, since: float | None = None, patience: float = PATIENCE) -> Answer:
    """Ask for a page once, by a connection of its own.

    Parameters
    ----------
    url : str
        ``http://host:port/path?query``.
    since : float, optional
        The moment that counts as 0, of `time.monotonic`.
    patience : float
        Seconds after which a request counts as lost.
    """
    parts = urlsplit(url)
    begin = time.monotonic()
    at = begin - (begin if since is None else since)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=patience)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"Connection": "close"})
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as fault:
        return Answer(at, time.monotonic() - begin, 0, "", type(fault).__name__)
    finally:
        connection.close()
    error = "" if response.status in GOOD else f"HTTP {response.status}"
    return Answer(at, time.monotonic() - begin, response.status, response.getheader(ANSWERED_BY) or "", error)


def ask_often(url: str, requests: int, *, told: Told | None = None) -> pd.DataFrame:
    """Ask for a page so many times, one after the other.

    Parameters
    ----------
    url : str
    requests : int
    told : callable, optional
        Is told each answer.

    Returns
    -------
    DataFrame
        One row for each request; see `Answer`.
    """
    since = time.monotonic()
    answers = []
    for _ in range(requests):
        answers.append(ask(url, since=since))
        if told is not None:
            told(answers[-1])
    return frame_of(answers)


class Load:
    """Asks for a page at a steady rate, in the background, as long as it is open.

    >>> with Load(url, rate=10) as load:
    ...     service.update(image)
    >>> load.data()

    Parameters
    ----------
    url : str
    rate : float
        Requests per second. They are sent at their time, whether the ones before were answered or not, so
        that a slow server is not spared.
    told : callable, optional
        Sees each answer.
    closed : callable, optional
        Is called when the last answer is there.
    """

    def __init__(
        self,
        url: str,
        *,
        rate: float = 10.0,
        told: Told | None = None,
        closed: Callable[[], None] | None = None,
    ) -> None:
        self._url = url
        self._pause = 1 / rate
        self._told = told
        self._closed = closed
        self._answers: list[Answer] = []
        self._over = threading.Event()
        self._since = time.monotonic()
        self._clock = threading.Thread(target=self._send, daemon=True)

    def __enter__(self) -> Load:
        self._since = time.monotonic()
        self._clock.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._clock.join()
        if self._closed is not None:
            self._closed()

    @property
    def now(self) -> float:
        """Seconds since the first request."""
        return time.monotonic() - self._since

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What came so far, in the order in which it was sent."""
        return tuple(sorted(self._answers, key=lambda answer: answer.at))

    def data(self) -> pd.DataFrame:
        """Return one row for each request that was answered or lost so far; see `Answer`."""
        return frame_of(self.answers)

    def _send(self) -> None:
        sent: list[threading.Thread] = []
        number = 0
        while not self._over.is_set():
            thread = threading.Thread(target=self._ask, daemon=True)
            thread.start()
            sent = [one for one in sent if one.is_alive()] + [thread]
            number += 1
            self._over.wait(max(self._since + number * self._pause - time.monotonic(), 0))
        for thread in sent:
            thread.join()

    def _ask(self) -> None:
        answer = ask(self._url, since=self._since)
        self._answers.append(answer)
        if self._told is not None:
            self._told(answer)


def frame_of(answers: list[Answer] | tuple[Answer, ...]) -> pd.DataFrame:
    """Return answers as a data frame that has its columns even where there is none."""
    import pandas as pd

    return pd.DataFrame([asdict(answer) for answer in answers], columns=list(COLUMNS))


def longest_gap(data: pd.DataFrame) -> float:
    """Return for how many seconds at the longest no good answer came; 0 where none was lost.

    It lasts from the last good answer's request before a lost one to the next good one's.
    """
    gap, good, lost = 0.0, 0.0, False
    ordered = data.sort_values("at")
    for at, error in zip(ordered["at"].tolist(), ordered["error"].tolist(), strict=True):
        if error:
            lost = True
            continue
        if lost:
            gap = max(gap, at - good)
        good, lost = at, False
    return max(gap, ordered["at"].iloc[-1] - good) if lost else gap
