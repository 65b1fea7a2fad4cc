"""How long a swarm takes to repair a service of which a container was killed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sosclib.engine.convergence import Convergence
from sosclib.engine.faults import teaching
from sosclib.engine.tasks import Task, read_tasks
from sosclib.engine.wakeups import Wakeups
from sosclib.lab.errors import NotFound
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.node import Node
from sosclib.measure.recovery import until_repaired

if TYPE_CHECKING:
    import pandas as pd

    from sosclib.engine.machine import Machine

LIMIT = 120.0
COLUMNS = ("attempt", "node", "noticed", "repaired")


def repair(
    machines: Sequence[Machine],
    service: str,
    *,
    repeats: int = 3,
    limit: float = LIMIT,
    progress: Progress = quiet,
) -> pd.DataFrame:
    """Kill a container of a service, wait until all its replicas run again; and once more.

    Parameters
    ----------
    machines : sequence of Machine
        A manager first; on them the containers are killed, in turns.
    service : str
    repeats : int
    limit : float
        Seconds after which a repair is given up.
    progress : callable
        Is told each attempt.

    Returns
    -------
    DataFrame
        One row for each attempt: ``attempt``, ``node``, and the seconds from the kill until the manager
        ``noticed`` that the task no longer runs and until the service was ``repaired``: all replicas run.

    Raises
    ------
    NotFound
        Where no container of the service runs on these nodes.
    ServiceError
        Where it is not repaired in time.
    """
    import pandas as pd

    rows = []
    nodes = [machine.node for machine in machines]
    with teaching(), Wakeups(nodes) as wakeups:
        for attempt in range(repeats):
            node, victim = _victim(nodes, service, attempt)
            progress(f"killing {victim.name} on {node.title}")
            noticed, repaired = _once(nodes[0], node, victim, service, limit, wakeups)
            rows.append((attempt + 1, node.title, noticed, repaired))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _victim(nodes: Sequence[Node], service: str, attempt: int) -> tuple[Node, Task]:
    here = {node.title: node for node in nodes}
    running = [task for task in read_tasks(nodes[0].docker.api, service) if task.runs and task.node in here]
    if not running:
        raise NotFound(
            f"No container of {service} runs on these machines.", help="docker service ps " + service
        )
    names = [node.title for node in nodes if any(task.node == node.title for task in running)]
    name = names[attempt % len(names)]
    return here[name], next(task for task in running if task.node == name)


def _once(
    manager: Node, node: Node, victim: Task, service: str, limit: float, wakeups: Wakeups
) -> tuple[float, float]:
    begin = time.monotonic()
    node.docker.api.kill(victim.container)

    def gone(state: Convergence) -> bool:
        return not any(task.id == victim.id and task.runs for task in state.tasks)

    return until_repaired(manager, service, begin, limit, broken=gone, wakeups=wakeups)
