"""The course's swarm, and the web service on it, as section 17 leaves them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sosclib.course.desk import Desk
from sosclib.engine.faults import teaching
from sosclib.engine.nodes import hostname_of
from sosclib.engine.wakeups import Wakeups
from sosclib.lab.errors import SwarmError
from sosclib.measure.traffic import ANSWERED_BY

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine

WEB = "web_swarm"
WEB_PORT = 8082
REPLICAS = 5
HEADER_CONFIG = "who.conf"
HEADER_FILE = "/etc/nginx/conf.d/who.conf"
HEADER = f"add_header {ANSWERED_BY} $hostname always;\n"
"""Lets nginx say in each answer which container it comes from; the file is read into its block ``http``."""
HOSTNAME = "{{.Node.Hostname}}-{{.Task.Slot}}"
FORM = """
if vm1.swarm.active and not vm1.swarm.manager:
    vm1.swarm.leave()
token = None if vm1.swarm.manager else vm1.swarm.init(advertise_addr=vm1.node.private_address)
if vm2.swarm.info["NodeID"] not in [one["ID"] for one in vm1.nodes.raw()]:
    if vm2.swarm.active:
        vm2.swarm.leave(force=True)
    vm2.swarm.join(token or vm1.swarm.join_token())
"""
"""How an exercise makes a swarm of both machines, shown as one would type it."""
PATIENCE = 60.0
LOOK = 0.5


def form(desk: Desk) -> None:
    """See that VM1 manages a swarm, and that VM2 is in it; nothing is shown."""
    vm1, vm2 = desk.vm1, desk.vm2
    with vm1.terminal.quietly():
        token = vm1.swarm.join_token() if vm1.swarm.manager else vm1.swarm.init(vm1.node.private_address)
        if vm2.swarm.active and vm2.swarm.info["NodeID"] not in {one["ID"] for one in vm1.nodes.raw()}:
            vm2.swarm.leave(force=True)
        if not vm2.swarm.active:
            vm2.swarm.join(token)
    await_nodes(vm1, 2)


def is_formed(desk: Desk) -> bool:
    """Tell whether the swarm that VM1 manages has a second node; one that has just joined may be on its way.

    VM1 is asked alone: the other machine may have no power.
    """
    return len([one for one in desk.vm1.nodes.raw() if one["Status"]["State"] != "down"]) > 1


def await_nodes(manager: Machine, number: int, limit: float = PATIENCE) -> None:
    """Wait until so many nodes of a swarm are ready: a service that is asked for before goes to the others.

    Parameters
    ----------
    manager : Machine
    number : int
    limit : float
        Seconds.

    Raises
    ------
    SwarmError
        Where they are not in so many seconds.
    """
    api: Any = manager.docker.api
    begin = time.monotonic()
    with teaching(), Wakeups([manager.node], ("node",)) as wakeups:
        while True:
            states = [(hostname_of(one), one["Status"]["State"]) for one in api.nodes()]
            if sum(state == "ready" for _, state in states) >= number:
                return
            if time.monotonic() - begin > limit:
                said = ", ".join(f"{name} is {state}" for name, state in sorted(states))
                raise SwarmError(
                    f"The swarm has no {number} nodes that are ready after {limit:g} s.",
                    said,
                    "docker node ls",
                )
            wakeups.wait(LOOK)


def serve(desk: Desk) -> None:
    """See that the service `WEB` runs, as section 17 made it; nothing is shown."""
    form(desk)
    vm1 = desk.vm1
    if any(one["Spec"]["Name"] == WEB for one in vm1.services.raw()):
        return
    image = desk.catalogue.resolve("web")
    with vm1.terminal.quietly():
        if not any(one["Spec"]["Name"] == HEADER_CONFIG for one in vm1.configs.raw()):
            vm1.configs.create(HEADER_CONFIG, HEADER)
        vm1.services.create(
            image,
            name=WEB,
            replicas=REPLICAS,
            ports={WEB_PORT: 80},
            hostname=HOSTNAME,
            configs=[f"{HEADER_CONFIG}:{HEADER_FILE}"],
            # A check on each of them would cost more than their work, where the machines are emulated.
            no_healthcheck=True,
        )
