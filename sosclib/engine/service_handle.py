"""A service in a student's hand: the SDK's verbs, each shown as the command that it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from sosclib.engine.convergence import Convergence, look
from sosclib.engine.faults import teaching
from sosclib.engine.service_address import url_on
from sosclib.engine.service_options import ServiceOptions
from sosclib.engine.shown import AlreadyShown

if TYPE_CHECKING:
    from sosclib.engine.services import Services
    from sosclib.engine.table import Table
    from sosclib.engine.tasks import Task


class Service(AlreadyShown):
    """A service of a swarm.

    Attributes
    ----------
    name, id : str
    """

    def __init__(self, services: Services, id_: str, name: str) -> None:
        self._services = services
        self.id = id_
        self.name = name

    def __repr__(self) -> str:
        return f"<Service {self.name}>"

    @property
    def attrs(self) -> dict[str, Any]:
        """What ``docker service inspect`` says."""
        with teaching():
            attrs: dict[str, Any] = self._services.api.inspect_service(self.id)
        return attrs

    @property
    def state(self) -> Convergence:
        """How far it is on the way to what was asked for."""
        with teaching():
            return look(self._services.api, self.id)

    def tasks(self) -> Table:
        """Return its tasks: ``docker service ps``."""
        return self._services.tasks(self.name)

    def running(self) -> list[Task]:
        """Return the tasks that run, as plain data."""
        return [task for task in self._services.tasks_of(self.id) if task.runs]

    def scale(self, replicas: int) -> None:
        """Ask for another number of replicas: ``docker service scale``."""
        self._services.scale(self.name, replicas)

    def update(self, image: str | None = None, **options: Unpack[ServiceOptions]) -> None:
        """Bring it to another version, task by task: ``docker service update``."""
        self._services.update(self.name, image, **options)

    def rollback(self) -> None:
        """Return to the version before: ``docker service rollback``."""
        self._services.rollback(self.name)

    def wait(self) -> None:
        """Wait until it is what was asked for, as after a node was drained."""
        self._services.wait(self.name)

    def url(self, node: str) -> str:
        """Return the address at which it answers on a node, ``http://172.16.0.11:8082``.

        Parameters
        ----------
        node : str
            Host name, ``VM1``.

        Raises
        ------
        NotFound
            Where there is no such node, or nothing is published on it.
        """
        with teaching():
            return url_on(self._services.api, self.attrs, node)

    def logs(self) -> None:
        """Show what its tasks wrote, on whichever node: ``docker service logs``."""
        self._services.logs(self.name)

    def remove(self) -> None:
        """Remove it: ``docker service rm``."""
        self._services.remove(self.name)
