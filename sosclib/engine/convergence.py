"""Waiting until a service is what was asked for, and saying why where it does not come to that."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sosclib.engine.faults import patient
from sosclib.engine.nodes import hostname_of
from sosclib.engine.tasks import ENDED, FAILED, Task, read_tasks, seconds
from sosclib.engine.wakeups import Wakeups
from sosclib.lab.errors import ServiceError
from sosclib.lab.node import Node

LIMIT = 300.0
"""Seconds; an update of five tasks with checks of health takes two minutes where machines are emulated."""
STABLE = 5.0
"""Seconds for which a service must stay as it was asked for, as the CLI waits too."""
RESYNC = 0.5
UNDERWAY = ("updating", "rollback_started")
TO_RUN = ("ready", "running")
STOPPED = ("paused", "rollback_paused")
TAKEN_BACK = "rollback_completed"
MEANT = {
    "accepted": " (it has not begun: its engine's log tells why)",
    "preparing": " (the node fetches the image)",
    "starting": " (not healthy yet, where it has a check of health)",
}
"""What a state waits for, where the word does not say it."""
SHOWN = 5
ENDPOINT = re.compile(r" on endpoint \S+ \([0-9a-f]+\)")
"""What makes one and the same error another one at each attempt."""
NO_IMAGE = re.compile(r"No such image: (\S+?)(?:@\S+)? \(on (\S+)\)")


@dataclass(frozen=True)
class Convergence:
    """How far a service is on the way to what was asked for.

    Attributes
    ----------
    name : str
    wanted, running : int
        Tasks; those of the newest version only.
    update : str
        The engine's word on a running update: updating, completed, paused, rollback_started, …; or empty.
    message : str
        What the engine says about the update.
    tasks : tuple of Task
    nodes_down : tuple of str
        Host names of nodes that do not answer.
    update_since : float
        When the update began, in seconds since 1970; 0 where there was none.
    waited_since : float
        When the wait began that this is a look of, of `time.monotonic`; 0 where nobody waits.
    """

    name: str
    wanted: int
    running: int
    update: str = ""
    message: str = ""
    tasks: tuple[Task, ...] = ()
    nodes_down: tuple[str, ...] = ()
    update_since: float = 0.0
    waited_since: float = 0.0

    @property
    def there(self) -> bool:
        """Whether everything runs that is wanted, and nothing more is under way."""
        return self.running == self.wanted and self.update not in (*UNDERWAY, *STOPPED)

    @property
    def replicas(self) -> str:
        """As ``docker service ls`` says it: ``3/5``."""
        return f"{self.running}/{self.wanted}"


Told = Callable[[Convergence], None]


def look(api: Any, service: str) -> Convergence:
    """Return how far a service is.

    Parameters
    ----------
    api : docker.APIClient
        Of a manager.
    service : str
        Id or name.
    """
    spec = api.inspect_service(service)
    nodes = {node["ID"]: node for node in api.nodes()}
    # By id: a node that left and came back is there twice, under one name.
    down = {id_: node for id_, node in nodes.items() if node["Status"]["State"] != "ready"}
    tasks = tuple(read_tasks(api, spec["ID"]))
    # A lost node cannot say that its containers no longer run: the manager's last word on them is stale.
    alive = [task for task in tasks if task.runs and task.node_id not in down]
    current = [task for task in alive if _is_current(task, spec)]
    status = spec.get("UpdateStatus") or {}
    return Convergence(
        spec["Spec"]["Name"],
        wanted_tasks(spec, tasks, down),
        len(current),
        status.get("State", ""),
        status.get("Message", ""),
        tasks,
        tuple(sorted(hostname_of(node) for node in down.values())),
        seconds(status["StartedAt"]) if status.get("StartedAt") else 0.0,
    )


def await_converged(
    node: Node,
    service: str,
    *,
    limit: float = LIMIT,
    stable: float = STABLE,
    told: Told | None = None,
    begin: float | None = None,
) -> Convergence:
    """Wait until a service is what was asked for, and has been so for a while.

    Parameters
    ----------
    node : Node
        A manager; its events tell when to look.
    service : str
        Id or name.
    limit : float
        Seconds after which the wait is given up.
    stable : float
        Seconds for which all tasks must run: one that ends at once is not what was asked for.
    told : callable, optional
        Sees how far it is, whenever something happens.
    begin : float, optional
        When the wait began, of `time.monotonic`, where this is a part of a longer one; now if not given.

    Raises
    ------
    ServiceError
        Where the time is over or the engine has stopped the update; the message names the error of the tasks.
    """
    api: Any = node.docker.api
    begin = time.monotonic() if begin is None else begin
    there_since: float | None = None
    with Wakeups([node]) as wakeups:
        while True:
            state, now = replace(patient(partial(look, api, service)), waited_since=begin), time.monotonic()
            if told is not None:
                told(state)
            there_since = (there_since or now) if state.there else None
            if there_since is not None and now - there_since >= stable:
                return state
            if state.update in STOPPED:
                raise _stopped(state)
            if now - begin > limit:
                raise late(state, limit)
            wakeups.wait(RESYNC if there_since is None else min(RESYNC, stable))


def diagnosis(tasks: Sequence[Task]) -> str:
    """Return in words why tasks do not run: each error once, with the nodes that it comes from."""
    errors: Counter[tuple[str, str]] = Counter()
    for task in tasks:
        if task.error and (task.state in FAILED or task.state not in ENDED):
            errors[(ENDPOINT.sub("", task.error), task.node)] += 1
    if errors:
        return "; ".join(
            f"{count} × {error}" + (f" (on {node})" if node else "")
            for (error, node), count in errors.most_common(SHOWN)
        )
    late = (task for task in tasks if task.desired == "running" and task.state != "running")
    states = Counter((task.state, task.node) for task in late)
    return ", ".join(
        f"{count} × {state}" + (f" on {node}" if node else "") + MEANT.get(state, "")
        for (state, node), count in sorted(states.items())
    )


def _is_current(task: Task, spec: dict[str, Any]) -> bool:
    wanted: str = spec["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"].partition("@")[0]
    return task.image == wanted


def wanted_tasks(service: Mapping[str, Any], tasks: Iterable[Task], silent: Container[str]) -> int:
    """Return how many tasks of a service are to run.

    Parameters
    ----------
    service : mapping
        As a manager lists it.
    tasks : iterable of Task
        Of a global service the manager makes one for each node that its constraints allow: at least one.
    silent : container of str
        Ids of nodes that do not answer.
    """
    mode = service["Spec"]["Mode"]
    if "Replicated" in mode:
        return int(mode["Replicated"].get("Replicas", 1))
    meant = {task.node_id for task in tasks if task.desired in TO_RUN and task.node_id not in silent}
    return max(len(meant), 1)


def late(state: Convergence, limit: float) -> ServiceError:
    """Return what to raise where a service is not what was asked for within so many seconds."""
    why = diagnosis(state.tasks) or "No task has an error; they take their time."
    absent = NO_IMAGE.search(why)
    lost = f" These nodes do not answer: {', '.join(state.nodes_down)}." if state.nodes_down else ""
    return ServiceError(
        f"The service {state.name} has {state.replicas} replicas after {limit:g} s.",
        why + lost,
        f"docker pull {absent[1]}   on {absent[2]} tells why it does not get the image"
        if absent
        else f"docker service ps --no-trunc {state.name}   shows each attempt with its error",
    )


def _of_the_update(state: Convergence) -> str:
    """Return in words why an update failed; what went wrong before it began has nothing to do with it."""
    return diagnosis([task for task in state.tasks if task.since >= state.update_since])


def _stopped(state: Convergence) -> ServiceError:
    return ServiceError(
        f"The update of {state.name} has stopped: {state.message or state.update}.",
        _of_the_update(state),
        f"docker service rollback {state.name}   returns to the version before",
    )


def taken_back(state: Convergence) -> ServiceError:
    """Return what to raise where the swarm has returned to the version before an update by itself."""
    return ServiceError(
        f"The update of {state.name} has failed, and the swarm took it back: {state.message}.",
        _of_the_update(state),
        f"docker service ps --no-trunc {state.name}   shows each attempt with its error",
    )
