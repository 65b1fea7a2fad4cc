"""What running containers use, as ``docker stats`` tells it.

The formulas are those of the CLI (``cli/command/container/stats_helpers.go``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sosclib.engine.sizes import binary_size, human_size
from sosclib.engine.snapshot import name

COLUMNS = (
    "CONTAINER ID",
    "NAME",
    "CPU %",
    "MEM USAGE / LIMIT",
    "MEM %",
    "NET I/O",
    "BLOCK I/O",
    "PIDS",
)


def stats_row(entry: Mapping[str, Any], sample: Mapping[str, Any]) -> dict[str, Any]:
    """Return a container's line of the table.

    Parameters
    ----------
    entry : mapping
        The container, as the engine lists it.
    sample : mapping
        What the engine's ``stats`` says of it, with the sample before.
    """
    used, limit = memory(sample), int(sample.get("memory_stats", {}).get("limit", 0))
    networks = (sample.get("networks") or {}).values()
    received, sent = (sum(int(net[f"{way}_bytes"]) for net in networks) for way in ("rx", "tx"))
    read, written = _blocks(sample, "read"), _blocks(sample, "write")
    return {
        "CONTAINER ID": entry["Id"][:12],
        "NAME": name(entry),
        "CPU %": f"{100 * processors(sample):.2f}%",
        "MEM USAGE / LIMIT": f"{binary_size(used)} / {binary_size(limit)}",
        "MEM %": f"{100 * used / limit if limit else 0:.2f}%",
        "NET I/O": f"{human_size(received, 3)} / {human_size(sent, 3)}",
        "BLOCK I/O": f"{human_size(read, 3)} / {human_size(written, 3)}",
        "PIDS": int(sample.get("pids_stats", {}).get("current", 0)),
    }


def memory(sample: Mapping[str, Any]) -> int:
    """Return how much memory a container uses, in bytes, without files that were merely read lately."""
    told = sample.get("memory_stats") or {}
    details = told.get("stats") or {}
    # The first name is that of cgroups version 1, the second that of version 2.
    cached = details.get("total_inactive_file", details.get("inactive_file", 0))
    return max(int(told.get("usage", 0)) - int(cached), 0)


def processors(sample: Mapping[str, Any]) -> float:
    """Return how many processors a container kept busy between the sample before and this one."""
    now, before = sample["cpu_stats"], sample["precpu_stats"]
    if "system_cpu_usage" not in before or "system_cpu_usage" not in now:
        return 0.0  # the container has ended, or has just begun
    passed = now["system_cpu_usage"] - before["system_cpu_usage"]
    busy = now["cpu_usage"]["total_usage"] - before["cpu_usage"]["total_usage"]
    count = now.get("online_cpus") or len(now["cpu_usage"].get("percpu_usage") or [0])
    return float(busy / passed * count) if passed > 0 else 0.0


def _blocks(sample: Mapping[str, Any], way: str) -> int:
    entries = (sample.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ()
    return sum(int(entry["value"]) for entry in entries if entry["op"].lower() == way)
