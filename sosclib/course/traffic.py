"""Requests from this computer to a service of the lab, followed live where somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.course.desk import HOLDER
from sosclib.engine.service_address import port_on

if TYPE_CHECKING:
    import pandas as pd

    from sosclib.engine.service_handle import Service
    from sosclib.measure.traffic import Load


def ask(service: Service | int, requests: int = 40) -> pd.DataFrame:
    """Ask a service for its page so many times, one after the other, at VM1.

    Parameters
    ----------
    service : Service or int
        Of the swarm; or the port of VM1 at which a container answers.
    requests : int

    Returns
    -------
    DataFrame
        One row for each request; see `sosclib.measure.traffic.Answer`.

    Raises
    ------
    NotFound
        Where it is not published on VM1.
    """
    from sosclib.measure.traffic import ask_often
    from sosclib.views.traffic import TrafficView

    view = TrafficView.if_live()
    data = ask_often(_door(service), requests, told=view)
    if view is not None:
        view.close()
    return data


def load(service: Service | int, *, rate: float = 10.0) -> Load:
    """Return what asks a service for its page at a steady rate, at VM1, as long as it is open.

    Parameters
    ----------
    service : Service or int
        Of the swarm; or the port of VM1 at which a container answers.
    rate : float
        Requests per second.

    Raises
    ------
    NotFound
        Where it is not published on VM1.
    """
    from sosclib.measure.traffic import Load
    from sosclib.views.traffic import TrafficView

    return Load(_door(service), rate=rate, told=TrafficView.if_live())


def _door(service: Service | int) -> str:
    """Return the address at which a port of VM1 is reached from this computer."""
    desk = HOLDER.desk
    port = service
    if not isinstance(port, int):
        port = port_on(desk.vm1.docker.api, port.attrs, desk.vm1.title)
    return f"http://localhost:{desk.lab.forward(port)}/"
