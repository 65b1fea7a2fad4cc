"""How a container's memory grows until its process ends, or is ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosclib.engine.faults import teaching
from sosclib.engine.stats import memory
from sosclib.lab.errors import SoscError

if TYPE_CHECKING:
    import pandas as pd

    from sosclib.engine.handle import Container
    from sosclib.engine.machine import Machine

EVERY = 0.1
PATIENCE = 180.0
COLUMNS = ("seconds", "bytes")


@dataclass(frozen=True)
class MemoryTrace:
    """What was seen of a container's memory.

    Attributes
    ----------
    container : str
    limit : int
        Bytes; 0 where the container has no limit of its own.
    exit_code : int
    oom_killed : bool
        Whether the kernel ended a process of it for want of memory.
    samples : DataFrame
        ``seconds`` since the container started, by the engine's clock, and ``bytes``.
    """

    container: str
    limit: int
    exit_code: int
    oom_killed: bool
    samples: pd.DataFrame

    def __repr__(self) -> str:
        how = "killed by the kernel for want of memory" if self.oom_killed else "ended by itself"
        return f"{self.container}: {how}, exit code {self.exit_code}"


def watch_memory(machine: Machine, container: Container, patience: float = PATIENCE) -> MemoryTrace:
    """Sample the memory that a container uses until it ends.

    Parameters
    ----------
    machine : Machine
        Where it runs.
    container : Container
        One that was started in the background, and ends by itself or by its limit.
    patience : float
        Seconds, after which the watching ends with an error; the container runs on.

    Raises
    ------
    SoscError
        Where it does not end in time.
    """
    import pandas as pd

    api: Any = machine.docker.api
    rows: list[tuple[float, int]] = []
    end = time.monotonic() + patience
    while True:
        with teaching():
            sample = api.stats(container.id, stream=False, one_shot=True)
        if sample.get("memory_stats", {}).get("usage"):
            rows.append((pd.Timestamp(sample["read"]).timestamp(), memory(sample)))
        attrs = container.attrs
        if not attrs["State"]["Running"]:
            break
        if time.monotonic() > end:
            raise SoscError(
                f"{container.name} still runs after {patience:g} s, and was watched no longer.",
                help=f'vm1.containers.remove("{container.name}", force=True)',
            )
        time.sleep(EVERY)
    started = pd.Timestamp(attrs["State"]["StartedAt"]).timestamp()
    samples = pd.DataFrame([(moment - started, size) for moment, size in rows], columns=list(COLUMNS))
    state = attrs["State"]
    return MemoryTrace(
        container.name,
        int(attrs["HostConfig"]["Memory"]),
        int(state["ExitCode"]),
        bool(state["OOMKilled"]),
        samples,
    )
