"""Requests from this computer to web pages of the lab, followed live where somebody looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sosclib.course.desk import HOLDER
from sosclib.lab.errors import LabError

if TYPE_CHECKING:
    import pandas as pd

    from sosclib.measure.timing import Timings
    from sosclib.measure.traffic import Load

ROUNDS = 30


LOCAL = ("localhost", "127.0.0.1")


def ask(url: str, requests: int = 40) -> pd.DataFrame:
    """Ask for a page so many times, one after the other.

    Parameters
    ----------
    url : str
        As one would type it on VM1: ``http://localhost:8080/``.
    requests : int

    Returns
    -------
    DataFrame
        One row for each request; see `sosclib.measure.traffic.Answer`.
    """
    from sosclib.measure.traffic import ask_often
    from sosclib.views.traffic import TrafficView

    view = TrafficView.if_live()
    data = ask_often(_from_here(url), requests, told=view)
    if view is not None:
        view.close()
    return data


def load(url: str, *, rate: float = 10.0) -> Load:
    """Return what asks for a page at a steady rate, as long as it is open.

    Parameters
    ----------
    url : str
        As one would type it on VM1.
    rate : float
        Requests per second.
    """
    from sosclib.measure.traffic import Load
    from sosclib.views.traffic import TrafficView

    view = TrafficView.if_live()
    return Load(_from_here(url), rate=rate, told=view, closed=view.close if view else None)


def crowd(pages: Mapping[str, str], *, clients: int = 4, requests: int = 16, rounds: int = 3) -> pd.DataFrame:
    """Let several clients ask for a page at once, then for the next page, in turns.

    Parameters
    ----------
    pages : mapping of str to str
        What to call each page, and its address as one would type it on VM1.
    clients : int
        Each asks again as soon as it has its answer.
    requests : int
        Of all clients together, for a page in a round.
    rounds : int

    Returns
    -------
    DataFrame
        A line for each page and round; see `sosclib.measure.crowd.crowds`.
    """
    from sosclib.measure.crowd import crowds

    return crowds({name: _from_here(url) for name, url in pages.items()}, clients, requests, rounds)


def latency(pages: Mapping[str, str], *, rounds: int = ROUNDS) -> Timings:
    """Time several pages against one another; they take turns, in an order drawn by lot.

    Parameters
    ----------
    pages : mapping of str to str
        What to call each page, and its address as one would type it on VM1.
    rounds : int

    Raises
    ------
    LabError
        Where a page does not answer.
    """
    from sosclib.measure.crowd import time_pages

    return time_pages({name: _from_here(url) for name, url in pages.items()}, rounds)


def visit(sites: Mapping[str, str], pages: Sequence[str]) -> pd.DataFrame:
    """Ask several sites for the same pages, each once.

    Parameters
    ----------
    sites : mapping of str to str
        What to call each site, and its address as one would type it on VM1, without a slash at its end.
    pages : sequence of str
        Paths: ``/``, ``/store``.

    Returns
    -------
    DataFrame
        A line per page, a column per site; in it what came: HTTP's status, or why nothing did.
    """
    import pandas as pd

    from sosclib.measure.traffic import ask as ask_once

    answers = {name: [ask_once(_from_here(site + page)) for page in pages] for name, site in sites.items()}
    return pd.DataFrame(
        {name: [str(one.status or "nobody answers") for one in each] for name, each in answers.items()},
        index=pd.Index(pages, name="page"),
    )


def _from_here(url: str) -> str:
    """Return the address at which this computer reaches what VM1 has under an address of its own.

    Raises
    ------
    LabError
        For an address that is not VM1's.
    """
    parts = urlsplit(url)
    node = HOLDER.desk.vm1.node
    if parts.hostname not in (*LOCAL, node.private_address, node.public_address):
        raise LabError(
            f"{parts.hostname} is not VM1.",
            "Requests are sent from this computer, which reaches ports of VM1 only.",
            f"Another machine asks with curl: vm2.sh('curl -s {url}')",
        )
    port = HOLDER.desk.lab.forward(parts.port or 80)
    query = f"?{parts.query}" if parts.query else ""
    return f"http://localhost:{port}{parts.path or '/'}{query}"
