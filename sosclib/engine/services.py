"""Services of a swarm, by the SDK's names: create, list, tasks, scale, update, rollback, logs, remove."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

import docker.errors
from docker.types import ServiceMode

from sosclib.engine import service_options
from sosclib.engine.convergence import LIMIT, STABLE, TAKEN_BACK, Told, await_converged, taken_back
from sosclib.engine.faults import teaching
from sosclib.engine.options import text_of, words_of
from sosclib.engine.ownership import Ownership
from sosclib.engine.service_handle import Service
from sosclib.engine.service_options import ServiceOptions, needs_mesh
from sosclib.engine.service_updates import update_flags, updated
from sosclib.engine.tasks import Task, read_tasks, tasks_table, without_digest
from sosclib.engine.terminal import Terminal
from sosclib.engine.words import full_name
from sosclib.lab.mesh import has_mesh
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

COLUMNS = ("ID", "NAME", "MODE", "REPLICAS", "IMAGE", "PORTS")
NO_MESH = (
    "This machine's kernel has no IPVS: no routing mesh here, and no virtual addresses.\n"
    "Each task is published at a free port of its own node; a service's name stands for all their addresses."
)


class Services:
    """The services of the swarm that a node manages.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
    told : callable, optional
        Sees how far a service is while one waits for it.
    """

    def __init__(
        self, node: Node, terminal: Terminal, ownership: Ownership, told: Told | None = None
    ) -> None:
        self.api: Any = node.docker.api
        self._node = node
        self._terminal = terminal
        self._ownership = ownership
        self._told = told

    def create(
        self,
        image: str,
        command: str | Sequence[str] | None = None,
        *,
        name: str,
        replicas: int | None = 1,
        wait: bool = True,
        limit: float = LIMIT,
        **options: Unpack[ServiceOptions],
    ) -> Service:
        """Ask the swarm for a service, and wait until it is there: ``docker service create``.

        Parameters
        ----------
        image : str
        command : str or sequence of str, optional
            What to run instead of the image's own command.
        name : str
        replicas : int or None
            None for one on each node (``--mode global``).
        wait : bool
            False for ``--detach``: ask only.
        limit : float
            Seconds after which the wait is given up.
        **options
            See `ServiceOptions`.

        Raises
        ------
        NameTaken, NotFound, SwarmError
        ServiceError
            Where it is not there in time; the message names what its tasks fail with. The service stays.
        """
        self._ownership.require_own_engine()
        options = service_options.asked(options)
        lacks_mesh = needs_mesh(options) and not has_mesh(self._node)
        options = service_options.without_mesh(options) if lacks_mesh else options
        size = ["--mode", "global"] if replicas is None else ["--replicas", str(replicas)]
        words = [*(() if wait else ("--detach",)), "--name", shlex.quote(name), *size]
        words += [*service_options.flags(dict(options)), shlex.quote(image), text_of(command)]
        self._show(" ".join(["docker service create", *words]).rstrip())
        if lacks_mesh:
            self._terminal.say(NO_MESH)
        labels = self._ownership.labels()
        with teaching():
            template = service_options.task_template(
                self.api, self._pinned(image), words_of(command), options, labels
            )
            made = self.api.create_service(
                template,
                name=name,
                labels=labels,
                mode=ServiceMode("global") if replicas is None else ServiceMode("replicated", replicas),
                update_config=service_options.update_config(options),
                rollback_config=service_options.rollback_config(options),
                endpoint_spec=service_options.endpoint(options),
            )
        self._terminal.say(made["ID"])
        service = Service(self, made["ID"], name)
        if wait:
            self._await(service.id, limit)
        return service

    def list(self) -> Table:
        """Return the services as ``docker service ls`` shows them, by name."""
        from sosclib.engine.table import table

        self._show("docker service ls")
        return table([service_row(entry) for entry in self.raw()], COLUMNS)

    def raw(self) -> Sequence[dict[str, Any]]:
        """Return the manager's own entries, by name."""
        with teaching():
            found: list[dict[str, Any]] = self.api.services(status=True)
        return sorted(found, key=lambda entry: str(entry["Spec"]["Name"]))

    def get(self, name: str) -> Service:
        """Return one service by name or id.

        Raises
        ------
        NotFound
        """
        with teaching():
            found = self.api.inspect_service(name)
        return Service(self, found["ID"], found["Spec"]["Name"])

    def tasks(self, name: str) -> Table:
        """Return a service's tasks, those that have ended too: ``docker service ps``."""
        service = self.get(name)
        self._show(f"docker service ps {shlex.quote(name)}")
        return tasks_table(self.tasks_of(service.id))

    def tasks_of(self, name: str) -> Sequence[Task]:
        """Return a service's tasks as plain data; by replica, the newest first."""
        with teaching():
            return read_tasks(self.api, name)

    def scale(self, name: str, replicas: int, *, wait: bool = True, limit: float = LIMIT) -> None:
        """Ask for another number of replicas, and wait until it is so: ``docker service scale``.

        Parameters
        ----------
        name : str
        replicas : int
        wait : bool
        limit : float
            Seconds.

        Raises
        ------
        NotFound, SwarmError, ServiceError
        """
        self._ownership.require_own_engine()
        service = self.get(name)
        self._show(f"docker service scale {'' if wait else '--detach '}{shlex.quote(name)}={replicas}")
        self._change(service, {"Mode": {"Replicated": {"Replicas": replicas}}})
        self._terminal.say(f"{name} scaled to {replicas}")
        if wait:
            self._await(service.id, limit)

    def update(
        self,
        name: str,
        image: str | None = None,
        *,
        force: bool = False,
        wait: bool = True,
        limit: float = LIMIT,
        **options: Unpack[ServiceOptions],
    ) -> None:
        """Bring a service to another version, task by task, and wait: ``docker service update``.

        Parameters
        ----------
        name : str
        image : str, optional
        force : bool
            Replace its tasks even where nothing has changed.
        wait : bool
        limit : float
            Seconds.
        **options
            Those of ``update_…``, ``environment`` (further variables) and ``configs`` (each takes the place
            of the one at its path).

        Raises
        ------
        NotFound, SwarmError
        SoscError
            For an option that an update does not change.
        ServiceError
            Where the update stops, is taken back by the swarm itself, or is not over in time.
        """
        self._ownership.require_own_engine()
        options = service_options.asked(options)
        service = self.get(name)
        words = [*(() if wait else ("--detach",)), *(("--force",) if force else ())]
        words += [
            *update_flags(options, service.attrs["Spec"]),
            *(("--image", shlex.quote(image)) if image else ()),
        ]
        self._show(" ".join(["docker service update", *words, shlex.quote(name)]))
        with teaching():
            changed = updated(
                self.api, service.attrs["Spec"], options, self._pinned(image) if image else None, force
            )
        self._change(service, changed)
        self._terminal.say(name)
        if wait:
            self._await(service.id, limit, updating=True)

    def rollback(self, name: str, *, wait: bool = True, limit: float = LIMIT) -> None:
        """Return to the version before the last update: ``docker service rollback``.

        Parameters
        ----------
        name : str
        wait : bool
        limit : float
            Seconds.

        Raises
        ------
        NotFound, SwarmError, ServiceError
        """
        self._ownership.require_own_engine()
        service = self.get(name)
        self._show(f"docker service rollback {'' if wait else '--detach '}{shlex.quote(name)}")
        # The SDK does not know it.
        self._node.cli("service", "rollback", "--detach", service.id).check()
        self._terminal.say(name)
        if wait:
            self._await(service.id, limit)

    def logs(self, name: str) -> None:
        """Show what a service's tasks wrote, on whichever node: ``docker service logs``."""
        service = self.get(name)
        self._show(f"docker service logs {shlex.quote(name)}")
        self._terminal.say(self._node.cli("service", "logs", service.id).output)

    def remove(self, *names: str) -> None:
        """Remove services, with all their containers: ``docker service rm``.

        Raises
        ------
        NotFound, SwarmError
        """
        self._ownership.require_own_engine()
        services = [self.get(name) for name in names]
        self._show(f"docker service rm {shlex.join(names)}")
        for service in services:
            with teaching():
                self.api.remove_service(service.id)
            self._terminal.say(service.name)

    def wait(self, name: str, *, limit: float = LIMIT) -> None:
        """Wait until a service is what was asked for.

        Raises
        ------
        NotFound
        ServiceError
            Where it is not in time.
        """
        self._await(self.get(name).id, limit)

    def _await(self, id_: str, limit: float, *, updating: bool = False) -> None:
        with teaching():
            state = await_converged(self._node, id_, limit=limit, stable=STABLE, told=self._told)
        if updating and state.update == TAKEN_BACK:
            raise taken_back(state)
        self._terminal.say(f"overall progress: {state.running} out of {state.wanted} tasks")
        self._terminal.say(f"verify: Service {state.name} converged")

    def _change(self, service: Service, fields: Mapping[str, Any]) -> None:
        """Send the service's description once more, with some of it changed."""
        with teaching():
            attrs = service.attrs
            spec = {**attrs["Spec"], **fields}
            self.api.update_service(
                service.id,
                version=attrs["Version"]["Index"],
                task_template=spec["TaskTemplate"],
                name=spec["Name"],
                labels=spec.get("Labels"),
                mode=spec["Mode"],
                update_config=spec.get("UpdateConfig"),
                rollback_config=spec.get("RollbackConfig"),
                networks=spec.get("Networks"),
                endpoint_spec=spec.get("EndpointSpec"),
            )

    def _pinned(self, image: str) -> str:
        """Return an image's name with its digest, as the CLI does: all nodes take the same one."""
        if "@" in image:
            return image
        try:
            digest = self.api.inspect_distribution(image)["Descriptor"]["digest"]
        except docker.errors.APIError:
            self._terminal.say(
                f"image {full_name(image)} could not be accessed on a registry to record\n"
                f"its digest. Each node will access {full_name(image)} independently,\n"
                "possibly leading to different nodes running different\nversions of the image."
            )
            return full_name(image)
        return f"{full_name(image)}@{digest}"

    def _show(self, command: str) -> None:
        self._terminal.show(self._node.title, command)


def service_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a service as ``docker service ls`` shows it, from a manager's entry with its status."""
    spec, status = entry["Spec"], entry.get("ServiceStatus") or {}
    published = (entry.get("Endpoint") or {}).get("Ports") or ()
    return {
        "ID": entry["ID"][:12],
        "NAME": spec["Name"],
        "MODE": "replicated" if "Replicated" in spec["Mode"] else "global",
        "REPLICAS": f"{status.get('RunningTasks', 0)}/{status.get('DesiredTasks', 0)}",
        "IMAGE": without_digest(spec["TaskTemplate"]["ContainerSpec"]["Image"]),
        "PORTS": ", ".join(
            f"*:{port['PublishedPort']}->{port['TargetPort']}/{port['Protocol']}"
            for port in published
            if port.get("PublishMode") == "ingress"
        ),
    }
