"""Who can reach whom in a stack: tried from inside every container, from newcomers, and from the machine."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosclib.engine.compose_labels import NETWORK_LABEL, members, of_stack, service_of
from sosclib.engine.faults import teaching
from sosclib.measure.environment import is_present

if TYPE_CHECKING:
    import pandas as pd

    from sosclib.engine.compose_project import Project
    from sosclib.engine.machine import Machine

CONNECTED, UNKNOWN, REFUSED, SILENT = "connected", "no such name", "refused", "no answer"
NAME, ADDRESS, PUBLISHED = "name", "address", "published port"
COLUMNS = ("from", "to", "by", "answer")
MACHINE = "this machine"
PATIENCE = 2
"""Seconds within which a connection must come about."""
INSIDE = f"""
try() {{
  if said=$(nc -w {PATIENCE} "$3" "$4" -e /bin/true 2>&1); then answer="{CONNECTED}"
  else case $said in
    *"bad address"*) answer="{UNKNOWN}";;
    *refused*) answer="{REFUSED}";;
    *) answer="{SILENT}"
       if [ "$2" = "{NAME}" ] && ! timeout {PATIENCE} nslookup -type=a "$3" >/dev/null 2>&1
       then answer="{UNKNOWN}"; fi;;
  esac; fi
  echo "$1|$2|$answer"
}}
"""
"""For BusyBox: its nc takes up a connection, and starts `true` in place of a talk.

For a name that it does not have the engine asks this computer's name servers; where none answers, as in a
room without network, nc waits in vain.
"""
OUTSIDE = f"""
try() {{
  if said=$(LC_ALL=C timeout {PATIENCE} bash -c "exec 3<>/dev/tcp/$3/$4" 2>&1); then answer="{CONNECTED}"
  else case $said in *refused*) answer="{REFUSED}";; *) answer="{SILENT}";; esac; fi
  echo "$1|$2|$answer"
}}
"""
"""For the machine's own bash."""


@dataclass(frozen=True)
class Target:
    """A port of a service.

    Attributes
    ----------
    service : str
    port : int
    addresses : tuple of str
        The container's, one in each of its networks.
    published : int
        The machine's port that leads there; 0 where none does.
    """

    service: str
    port: int
    addresses: tuple[str, ...]
    published: int = 0

    @property
    def title(self) -> str:
        """Service and port, ``database:3306``."""
        return f"{self.service}:{self.port}"


def reach(machine: Machine, project: Project, image: str) -> pd.DataFrame:
    """Try to connect to every service of a stack, from everywhere.

    Parameters
    ----------
    machine : Machine
    project : Project
        A stack whose services run.
    image : str
        BusyBox; it is pulled where it is missing. Its containers borrow the network of each service's
        container, or join one network of the stack and no other. They are removed afterwards.

    Returns
    -------
    DataFrame
        ``from``, ``to``, ``by`` (the service's name, one of its container's addresses, or the machine's
        published port) and ``answer``: connected, refused (nobody listens there), no answer (the packets are
        dropped), no such name. Of several addresses the best answer counts.
    """
    import pandas as pd

    with machine.terminal.quietly():
        if not is_present(machine.docker, image):
            machine.images.fetch(image)
    with teaching():
        rows = list(_rows(machine, project, image))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(machine: Machine, project: Project, image: str) -> Iterator[tuple[str, str, str, str]]:
    api: Any = machine.docker.api
    running = members(api, project.name, all=False)
    services = sorted((api.inspect_container(raw["Id"]) for raw in running), key=service_of)
    targets = [target for about in services for target in _targets(about)]
    networks = sorted(
        ((raw["Labels"] or {}).get(NETWORK_LABEL, raw["Name"]), raw["Name"])
        for raw in api.networks(filters=of_stack(project.name))
    )
    places = [(service_of(about), f"container:{about['Id']}") for about in services]
    places += [(f"a newcomer in {title}", name) for title, name in networks]
    for title, mode in places:
        said = _from_container(machine, image, mode, INSIDE + _tries(targets))
        yield from _best(title, said)
    said = machine.node.sh(OUTSIDE + _tries(targets, outside=True)).check().stdout
    yield from _best(MACHINE, said)


def _tries(targets: Iterable[Target], *, outside: bool = False) -> str:
    lines = []
    for target in targets:
        ways = [(PUBLISHED, "127.0.0.1", target.published or target.port)] if outside else []
        ways += [] if outside else [(NAME, target.service, target.port)]
        ways += [(ADDRESS, address, target.port) for address in target.addresses]
        lines += [shlex.join(["try", target.title, by, host, str(port)]) for by, host, port in ways]
    return "\n".join(lines)


def _best(title: str, said: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield one answer for each way: to connect is better than to be refused, and that than silence."""
    order = (CONNECTED, REFUSED, UNKNOWN, SILENT)
    answers: dict[tuple[str, str], str] = {}
    for line in said.splitlines():
        to, by, answer = line.split("|")
        before = answers.get((to, by), answer)
        answers[to, by] = min(before, answer, key=order.index)
    for (to, by), answer in answers.items():
        yield title, to, by, answer


def _from_container(machine: Machine, image: str, mode: str, script: str) -> str:
    api: Any = machine.docker.api
    host = api.create_host_config(network_mode=mode)
    labels = machine.ownership.labels()
    probe = api.create_container(image, ["sh", "-c", script], host_config=host, labels=labels)["Id"]
    try:
        api.start(probe)
        api.wait(probe)
        return str(api.logs(probe).decode(errors="replace"))
    finally:
        api.remove_container(probe, force=True)


def _targets(about: dict[str, Any]) -> Iterator[Target]:
    bindings = about["HostConfig"].get("PortBindings") or {}
    connected = about["NetworkSettings"]["Networks"] or {}
    addresses = tuple(sorted(one["IPAddress"] for one in connected.values() if one.get("IPAddress")))
    for inside in sorted({*(about["Config"].get("ExposedPorts") or {}), *bindings}):
        port, _, protocol = inside.partition("/")
        published = [int(one["HostPort"]) for one in bindings.get(inside) or () if one.get("HostPort")]
        if protocol in ("", "tcp"):
            yield Target(service_of(about), int(port), addresses, published[0] if published else 0)
