"""Whether the services of a stack are ready, and waiting for it by the engine's events."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sosclib.engine.compose_events import StackEvent, StackEvents
from sosclib.engine.compose_labels import members, service_of
from sosclib.lab.errors import ServiceFailed

RESYNC = 5.0
"""Seconds after which the engine is asked even where it has told nothing."""
LOG_LINES = 8


@dataclass(frozen=True)
class Condition:
    """How a service's container is.

    Attributes
    ----------
    service, container : str
    status : str
        created, running, exited, …
    health : str
        starting, healthy, unhealthy; empty where nobody looks after it.
    exit_code : int
    said : str
        What its last health check said.
    """

    service: str
    container: str
    status: str
    health: str = ""
    exit_code: int = 0
    said: str = ""

    @property
    def ready(self) -> bool:
        """Whether it does what it should: it runs and is not ill, or has done its work and ended."""
        if self.status == "exited":
            return self.exit_code == 0
        return self.status == "running" and self.health in ("", "healthy")

    @property
    def failed(self) -> bool:
        """Whether waiting longer would not help."""
        return self.health == "unhealthy" or (self.status in ("exited", "dead") and self.exit_code != 0)

    @property
    def words(self) -> str:
        """The state in words."""
        if self.status == "exited":
            return f"has ended with exit code {self.exit_code}"
        if self.status == "running":
            return f"runs, and its health is: {self.health}" if self.health else "runs"
        return f"is {self.status}"


def conditions(api: Any, project: str, services: Collection[str] = ()) -> list[Condition]:
    """Return how the containers of a stack are, sorted by service.

    Parameters
    ----------
    api : docker.APIClient
    project : str
        Compose's name of the stack.
    services : collection of str
        Only these, where some are named.
    """
    found = []
    for entry in members(api, project):
        about = api.inspect_container(entry["Id"])
        service = service_of(about)
        if not services or service in services:
            found.append(_condition(service, about))
    return sorted(found, key=lambda one: (one.service, one.container))


def _condition(service: str, about: dict[str, Any]) -> Condition:
    state = about["State"]
    health = state.get("Health") or {}
    status = "" if health.get("Status") in (None, "none") else health["Status"]
    log = health.get("Log") or []
    return Condition(
        service,
        about["Name"].lstrip("/"),
        state["Status"],
        status if state["Status"] == "running" else "",
        int(state["ExitCode"]),
        str(log[-1]["Output"]).strip() if log else "",
    )


def await_ready(
    api: Any,
    project: str,
    events: StackEvents,
    *,
    limit: float,
    services: Collection[str] = (),
    noted: Callable[[StackEvent], None],
) -> None:
    """Wait until all services are ready; the engine tells when something changes.

    Parameters
    ----------
    api : docker.APIClient
    project : str
    events : StackEvents
        Are being followed already, so that nothing is missed.
    limit : float
        Seconds since `events` are followed.
    services : collection of str
        Only these; all where empty.
    noted : callable
        Is told each event.

    Raises
    ------
    ServiceFailed
        Where one ends, becomes ill, or is not ready within the limit; names it and shows the end of its log.
    """
    while True:
        found = conditions(api, project, services)
        for one in found:
            if one.failed:
                raise failure(api, one)
        waiting = [one for one in found if not one.ready]
        if not waiting:
            return
        left = limit - events.seconds
        if left <= 0:
            raise failure(api, waiting[0], f"Waited {limit:g} s.")
        event = events.wait(min(left, RESYNC))
        if event:
            noted(event)


def failure(api: Any, one: Condition, before: str = "") -> ServiceFailed:
    """Return an error that names a service that is not ready, with the last words of its check and log.

    Parameters
    ----------
    api : docker.APIClient
    one : Condition
        Of its container.
    before : str
        What is said first, a sentence.
    """
    log = api.logs(one.container, tail=LOG_LINES).decode(errors="replace").strip()
    parts = [f"{before} Its container {one.container} {one.words}.".strip()]
    if one.said:
        parts.append(f"Its health check says: {one.said}")
    if log:
        parts.append(f"The end of its log:\n{log}")
    return ServiceFailed(
        f"The service {one.service} is not ready.",
        "\n".join(parts),
        f"docker compose logs {one.service} shows all that it wrote; docker compose ps shows the others.",
    )
