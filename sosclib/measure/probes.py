"""What an intruder in a container could do: tried out in it, and read from what the engine says of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosclib.engine.capabilities import capabilities
from sosclib.engine.faults import teaching
from sosclib.lab.errors import SoscError

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine
    from sosclib.engine.table import Table

COLUMNS = ("PROBE", "GETS IN", "SEEN")
HARMLESS = {"NET_BIND_SERVICE"}
"""What a server may keep: it lets a program listen on a port below 1024, and nothing else."""
SECRET = re.compile(r"passw|passphrase|secret|token|api_?key|private_?key", re.IGNORECASE)
POINTER = re.compile(r"_FILE$")
"""A variable that only says in which file the secret stands."""
SOCKET = "docker.sock"
ABOVE = {"/", "/run", "/var", "/var/run"}
"""Folders of the machine in which the engine's socket can be found."""
FILTERED = "2"
"""What the kernel calls a process whose system calls go through a filter."""
WRITABLE = "writable"
ATTEMPTS = 3
SCRIPT = f"""
cat /proc/1/status
if touch /usr/.probe 2>/dev/null; then rm /usr/.probe; echo {WRITABLE}; fi
"""


@dataclass(frozen=True)
class Sight:
    """What is known of a container.

    Attributes
    ----------
    attrs : mapping
        What ``docker inspect`` says.
    process : mapping of str to str
        What the kernel says of its first process, ``/proc/1/status``.
    writable : bool
        Whether root inside could write a file below ``/usr``.
    """

    attrs: Mapping[str, Any]
    process: Mapping[str, str]
    writable: bool


@dataclass(frozen=True)
class Probe:
    """One way in.

    Attributes
    ----------
    name : str
    look : callable
        Says what it sees where it gets in, and nothing where it is held off.
    remedy : str
        What closes it.
    """

    name: str
    look: Callable[[Sight], str]
    remedy: str


@dataclass(frozen=True)
class Finding:
    """What became of a probe; ``seen`` is empty where it was held off."""

    probe: Probe
    seen: str


def probe(machine: Machine, name: str) -> Table:
    """Try every probe on a running container; nothing is changed in it.

    Returns
    -------
    Table
        PROBE, GETS IN (yes or no) and what was SEEN.

    Raises
    ------
    NotFound, SoscError
        Where there is no such container, or it does not run.
    """
    from sosclib.engine.table import table

    rows = [
        {"PROBE": one.probe.name, "GETS IN": "yes" if one.seen else "no", "SEEN": one.seen}
        for one in findings(machine, name)
    ]
    return table(rows, COLUMNS)


def findings(machine: Machine, name: str) -> list[Finding]:
    """Return what becomes of every probe on a running container."""
    seen = look(machine, name)
    return [Finding(one, one.look(seen)) for one in PROBES]


def look(machine: Machine, name: str) -> Sight:
    """Look into a running container, as root inside: a file that root cannot write, nobody can.

    Raises
    ------
    NotFound, SoscError
        Where there is no such container, it does not run, or cannot be looked into.
    """
    with teaching():
        attrs = machine.docker.api.inspect_container(name)
        if not attrs["State"]["Running"]:
            raise SoscError(
                f"{name} does not run, so nothing in it can be tried.", help=f"docker start {name}"
            )
        # An engine that has much to do may lose what a short command writes.
        for _ in range(ATTEMPTS):
            written = inside(machine, name, ["sh", "-c", SCRIPT], user="0")
            fields = (line.partition(":") for line in written.splitlines())
            process = {key: value.strip() for key, _, value in fields}
            if "Uid" in process:
                return Sight(attrs, process, WRITABLE in written.split())
    raise SoscError(f"{name} cannot be looked into.", written.strip(), f"docker logs {name}")


def inside(machine: Machine, name: str, command: list[str], user: str = "") -> str:
    """Return what a command in a running container writes; it is not shown.

    Parameters
    ----------
    machine : Machine
    name : str
        The container's.
    command : list of str
    user : str
        Name or number; empty for the container's own.
    """
    api: Any = machine.docker.api
    started = api.exec_create(name, command, user=user)
    written: bytes = api.exec_start(started["Id"])
    return written.decode(errors="replace")


def _root(sight: Sight) -> str:
    return "its process is root, user 0" if sight.process["Uid"].split()[0] == "0" else ""


def _file_system(sight: Sight) -> str:
    return "a file could be written into /usr" if sight.writable else ""


def _capabilities(sight: Sight) -> str:
    reach = {*capabilities(sight.process["CapEff"]), *capabilities(sight.process["CapBnd"])}
    return f"{len(reach)} capabilities are in reach" if reach - HARMLESS else ""


def _new_privileges(sight: Sight) -> str:
    return "a setuid program gives more rights" if sight.process["NoNewPrivs"] == "0" else ""


def _system_calls(sight: Sight) -> str:
    return "system calls are not filtered" if sight.process["Seccomp"] != FILTERED else ""


def _processes(sight: Sight) -> str:
    return "no limit" if (sight.attrs["HostConfig"]["PidsLimit"] or 0) <= 0 else ""


def _memory(sight: Sight) -> str:
    return "no limit" if not sight.attrs["HostConfig"]["Memory"] else ""


def _socket(sight: Sight) -> str:
    for mount in sight.attrs["Mounts"]:
        source = str(mount.get("Source", ""))
        if source in ABOVE or source.endswith(SOCKET):
            return f"{mount['Destination']} leads to it"
    return ""


def _secret(sight: Sight) -> str:
    for name, _, value in (entry.partition("=") for entry in sight.attrs["Config"]["Env"] or ()):
        if value and SECRET.search(name) and not POINTER.search(name):
            return f"{name} stands in its environment"
    return ""


PROBES = (
    Probe("root", _root, "--user gives the process an ordinary user, 101 for this image's own"),
    Probe("root file system", _file_system, "--read-only, with a --tmpfs where it must write"),
    Probe("capabilities", _capabilities, "--cap-drop ALL"),
    Probe("new privileges", _new_privileges, "--security-opt no-new-privileges"),
    Probe("system calls", _system_calls, "leave out seccomp=unconfined: the engine's own profile is good"),
    Probe("processes", _processes, "--pids-limit"),
    Probe("memory", _memory, "--memory"),
    Probe("engine's socket", _socket, "do not mount it: whoever has the socket is root on the machine"),
    Probe("secret", _secret, "mount a file that holds it, at run time, and read-only"),
)
