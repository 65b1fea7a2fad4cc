"""How fast a web service is: for one client who asks now and then, and for several at once."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from sosclib.lab.errors import LabError
from sosclib.measure.timing import Contender, Timings, compare
from sosclib.measure.traffic import Answer, ask, frame_of

if TYPE_CHECKING:
    import pandas as pd

START, END = "the connection", "the last byte of the answer"


def ask_at_once(url: str, clients: int, requests: int) -> pd.DataFrame:
    """Let several clients ask for a page, each again as soon as it has its answer (a closed loop).

    Parameters
    ----------
    url : str
    clients : int
    requests : int
        Of all of them together.

    Returns
    -------
    DataFrame
        One row for each request, in the order in which they were sent; see `sosclib.measure.traffic.Answer`.
    """
    answers: list[Answer] = []
    numbers = itertools.count()
    since = time.monotonic()

    def be_a_client() -> None:
        while next(numbers) < requests:
            answers.append(ask(url, since=since))

    threads = [threading.Thread(target=be_a_client, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return frame_of(sorted(answers, key=lambda answer: answer.at))


def per_second(data: pd.DataFrame) -> float:
    """Return how many good answers came per second, from the first request to the last answer.

    Parameters
    ----------
    data : DataFrame
        As `ask_at_once` returns it.
    """
    if data.empty:
        return 0.0
    took = float((data["at"] + data["seconds"]).max() - data["at"].min())
    return int((data["error"] == "").sum()) / took


def crowds(pages: Mapping[str, str], clients: int, requests: int, rounds: int) -> pd.DataFrame:
    """Let several clients ask at once, for one page after the other, in several rounds.

    What else works on the machine so falls on all pages alike.

    Parameters
    ----------
    pages : mapping of str to str
        What to call each page, and its address.
    clients, requests : int
        As in `ask_at_once`.
    rounds : int

    Returns
    -------
    DataFrame
        A line for each page and round: ``page``, ``round``, ``per_second``, and ``ratio``: how many times as
        many answers per second as the first page had in that round.
    """
    import pandas as pd

    rows = []
    for turn in range(1, rounds + 1):
        rates = {name: per_second(ask_at_once(url, clients, requests)) for name, url in pages.items()}
        first = next(iter(rates.values()))
        rows += [(name, turn, rate, rate / first if first else float("nan")) for name, rate in rates.items()]
    return pd.DataFrame(rows, columns=["page", "round", "per_second", "ratio"])


def time_pages(pages: Mapping[str, str], rounds: int) -> Timings:
    """Time several pages against one another, in turns.

    Parameters
    ----------
    pages : mapping of str to str
        What to call each page, and its address.
    rounds : int

    Raises
    ------
    LabError
        Where a page does not answer.
    """
    entered = [Contender(name, partial(_seconds, url), START, END) for name, url in pages.items()]
    return compare(entered, repeats=rounds)


def _seconds(url: str) -> float:
    answer = ask(url)
    if answer.lost:
        raise LabError(
            f"{url} does not answer.",
            answer.error,
            "Only a page that answers can be timed; look with curl first.",
        )
    return answer.seconds
