"""A stack as plain data: what its compose file asks for, what the engine has, and where these differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sosclib.engine.compose_labels import (
    DEPENDS_LABEL,
    NETWORK_LABEL,
    VOLUME_LABEL,
    members,
    of_stack,
    service_of,
)

PLANNED, ABSENT, EXTRA = "planned", "not there", "not in the file"
FILE, ENGINE, BOTH = "compose file", "engine", "compose file and engine"
GOOD = ("healthy", "running")


@dataclass(frozen=True)
class Service:
    """One service of a stack.

    Attributes
    ----------
    name, image : str
    networks : tuple of str
        By their names in the file, sorted.
    volumes : tuple of (str, str)
        Name in the file and path inside, sorted.
    ports : tuple of (str, int)
        Port of the machine and port inside, in the order of their numbers; of a range, ``8080-8082``, each
        copy takes one.
    depends_on : tuple of str
    state : str
        ``planned`` in a file; in an engine created, running, starting, healthy, unhealthy, exited, …;
        of several copies ``2 of 3 running, 1 exited (137)``.
    wanted : int or None
        How many copies a file asks for; None where it leaves that to ``--scale``.
    copies : tuple of Service
        Where it has, or should have, several containers: each of them, those that are missing too.
    """

    name: str
    image: str = ""
    networks: tuple[str, ...] = ()
    volumes: tuple[tuple[str, str], ...] = ()
    ports: tuple[tuple[str, int], ...] = ()
    depends_on: tuple[str, ...] = ()
    state: str = PLANNED
    wanted: int | None = None
    copies: tuple[Service, ...] = ()

    @property
    def states(self) -> frozenset[str]:
        """The states that its containers are in."""
        return frozenset(one.state for one in self.copies or (self,))


@dataclass(frozen=True)
class Stack:
    """All services of a stack, with their networks and volumes.

    Attributes
    ----------
    title : str
        The name of its folder: the same on every engine.
    services : tuple of Service
        In the order of their names.
    networks, volumes : tuple of str
        By their names in the file, sorted.
    source : str
        Where this was read: the compose file, the engine, or both of them compared.
    absent : frozenset of (str, str)
        Kind and name of networks and volumes that the file has and the engine does not.
    differences : tuple of str
        In words, what in the engine is not as the file says.
    """

    title: str
    services: tuple[Service, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    source: str = FILE
    absent: frozenset[tuple[str, str]] = frozenset()
    differences: tuple[str, ...] = ()

    def service(self, name: str) -> Service | None:
        """Return a service by its name."""
        return next((one for one in self.services if one.name == name), None)


def planned(title: str, config: Mapping[str, Any]) -> Stack:
    """Return the stack that a compose file asks for.

    Parameters
    ----------
    title : str
    config : mapping
        What ``docker compose config --format json`` says: every value filled in.
    """
    services = []
    for name, about in sorted((config.get("services") or {}).items()):
        mounts = [mount for mount in about.get("volumes") or () if mount["type"] == "volume"]
        published = [port for port in about.get("ports") or () if port.get("published")]
        services.append(
            Service(
                name,
                str(about.get("image") or f"{config['name']}-{name}"),
                tuple(sorted(about.get("networks") or ())),
                tuple(sorted((str(mount.get("source", "")), mount["target"]) for mount in mounts)),
                _in_order((str(port["published"]), int(port["target"])) for port in published),
                tuple(sorted(about.get("depends_on") or ())),
                wanted=_wanted(about),
            )
        )
    return Stack(
        title,
        tuple(services),
        tuple(sorted(config.get("networks") or ())),
        tuple(sorted(config.get("volumes") or ())),
    )


def found(title: str, api: Any, project: str) -> Stack:
    """Return the stack that an engine has under a project's name.

    Parameters
    ----------
    title : str
    api : docker.APIClient
    project : str
    """
    networks = {
        raw["Name"]: str((raw.get("Labels") or {}).get(NETWORK_LABEL, raw["Name"]))
        for raw in api.networks(filters=of_stack(project))
    }
    volumes = {
        raw["Name"]: str((raw.get("Labels") or {}).get(VOLUME_LABEL, raw["Name"]))
        for raw in api.volumes(filters=of_stack(project)).get("Volumes") or ()
    }
    copies: dict[str, list[Service]] = {}
    for raw in members(api, project):
        one = _running(api.inspect_container(raw["Id"]), networks, volumes)
        copies.setdefault(one.name, []).append(one)
    return Stack(
        title,
        tuple(together(copies[name]) for name in sorted(copies)),
        tuple(sorted(networks.values())),
        tuple(sorted(volumes.values())),
        ENGINE,
    )


def compared(plan: Stack, now: Stack) -> Stack:
    """Return both in one: every part of either, its state, and the differences in words."""
    services = tuple(_both(plan, now))
    absent = frozenset(
        (kind, name)
        for kind in ("network", "volume")
        for name in getattr(plan, f"{kind}s")
        if name not in getattr(now, f"{kind}s")
    )
    return Stack(
        plan.title,
        services,
        tuple(sorted({*plan.networks, *now.networks})),
        tuple(sorted({*plan.volumes, *now.volumes})),
        BOTH,
        absent,
        tuple(_differences(plan, now, absent)),
    )


def together(copies: Sequence[Service]) -> Service:
    """Return a service from its copies, each told as a service of one container; they are counted by state.

    >>> together([Service("web", state=state) for state in ("running", "exited (1)", "running")]).state
    '2 of 3 running, 1 exited (1)'
    """
    if len(copies) == 1:
        return copies[0]
    counts = Counter(one.state for one in copies)
    first, *others = sorted(counts, key=lambda state: (state not in GOOD, -counts[state], state))
    told = [f"{counts[first]} of {len(copies)} {first}", *(f"{counts[state]} {state}" for state in others)]
    return replace(
        copies[0],
        networks=_all(one.networks for one in copies),
        volumes=_all(one.volumes for one in copies),
        ports=_in_order({port for one in copies for port in one.ports}),
        state=", ".join(told),
        copies=tuple(copies),
    )


def _all(parts: Iterable[Iterable[Any]]) -> tuple[Any, ...]:
    return tuple(sorted({one for part in parts for one in part}))


def _in_order(ports: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(ports, key=lambda port: (int(port[0].partition("-")[0]), *port)))


def _wanted(about: Mapping[str, Any]) -> int | None:
    asked_for = (about.get("deploy") or {}).get("replicas", about.get("scale"))
    return None if asked_for is None else int(asked_for)


def _running(about: Mapping[str, Any], networks: Mapping[str, str], volumes: Mapping[str, str]) -> Service:
    labels = about["Config"]["Labels"]
    connected = about["NetworkSettings"]["Networks"] or {}
    mounts = [mount for mount in about["Mounts"] if mount["Type"] == "volume"]
    bindings = about["HostConfig"].get("PortBindings") or {}
    depends = [part.partition(":")[0] for part in labels.get(DEPENDS_LABEL, "").split(",")]
    return Service(
        service_of(about),
        about["Config"]["Image"],
        tuple(sorted(networks.get(name, name) for name in connected)),
        tuple(sorted((volumes.get(mount["Name"], ""), mount["Destination"]) for mount in mounts)),
        _in_order(_ports(bindings)),
        tuple(sorted(filter(None, depends))),
        _state(about["State"]),
    )


def _ports(bindings: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    """Return the ports that are published; each once, whichever addresses of the machine it is at."""
    return {
        (str(binding["HostPort"]), int(inside.partition("/")[0]))
        for inside, published in bindings.items()
        for binding in published or ()
        if binding.get("HostPort")
    }


def _state(state: Mapping[str, Any]) -> str:
    health = (state.get("Health") or {}).get("Status", "")
    if state["Status"] == "running" and health not in ("", "none"):
        return str(health)
    if state["Status"] == "exited":
        return f"exited ({state['ExitCode']})"
    return str(state["Status"])


def _both(plan: Stack, now: Stack) -> Iterable[Service]:
    for name in sorted({one.name for one in (*plan.services, *now.services)}):
        wanted, there = plan.service(name), now.service(name)
        if wanted is None and there is not None:
            yield replace(there, state=f"{there.state}, {EXTRA}")
        elif wanted is not None:
            whole = _whole(wanted, there) if there else replace(wanted, state=ABSENT)
            yield replace(wanted, state=whole.state, copies=whole.copies)


def _whole(wanted: Service, there: Service) -> Service:
    """Return a service as it is there, the copies among its own that are missing."""
    copies = there.copies or (there,)
    missing = (wanted.wanted or 1) - len(copies)
    return together([*copies, *[replace(wanted, state=ABSENT)] * missing])


def _differences(plan: Stack, now: Stack, absent: frozenset[tuple[str, str]]) -> Iterable[str]:
    for kind, name in sorted(absent):
        yield f"the {kind} {name} is not there"
    for wanted in plan.services:
        there = now.service(wanted.name)
        if there is None:
            if wanted.wanted != 0:
                yield f"the service {wanted.name} is not there"
            continue
        whole = _whole(wanted, there)
        if not whole.states <= {*GOOD}:
            yield f"the service {wanted.name}{':' if whole.copies else ' is'} {whole.state}"
        yield from _unlike(wanted, there)
    for one in now.services:
        if plan.service(one.name) is None:
            yield f"the service {one.name} is {EXTRA}"


def _unlike(wanted: Service, there: Service) -> Iterable[str]:
    name, copies = wanted.name, there.copies or (there,)
    if wanted.wanted is not None and len(copies) > wanted.wanted:
        containers = "1 container" if len(copies) == 1 else f"{len(copies)} containers"
        yield f"the service {name} has {containers}, and the file wants {wanted.wanted}"
    # What is the same with several copies is told once.
    yield from dict.fromkeys(words for one in copies for words in _otherwise(wanted, one))
    if wanted.ports != there.ports:
        yield f"the service {name} has other ports"


def _otherwise(wanted: Service, there: Service) -> Iterable[str]:
    name = wanted.name
    if wanted.image != there.image:
        yield f"the service {name} has the image {there.image}"
    for network in sorted({*wanted.networks} - {*there.networks}):
        yield f"the service {name} is not connected to {network}"
    for network in sorted({*there.networks} - {*wanted.networks}):
        yield f"the service {name} is connected to {network} too"
    if not {*wanted.volumes} <= {*there.volumes}:
        yield f"the service {name} has other volumes"
