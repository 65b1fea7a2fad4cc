"""A container in a student's hand: the SDK's verbs, each shown as the command that it stands for."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sosclib.engine.faults import teaching
from sosclib.engine.options import text_of, words_of
from sosclib.engine.shown import AlreadyShown

if TYPE_CHECKING:
    from sosclib.engine.containers import Containers
    from sosclib.engine.session import Session
    from sosclib.engine.table import Table


@dataclass(frozen=True)
class RunResult(AlreadyShown):
    """What a command in a container left.

    Attributes
    ----------
    exit_code : int
    output : str
        Standard output and standard error, as they came.
    container : str
        The container's name; empty where it was removed.
    """

    exit_code: int
    output: str
    container: str = ""


class Container(AlreadyShown):
    """A container of the engine.

    Attributes
    ----------
    name, id : str
    """

    def __init__(self, containers: Containers, id_: str, name: str) -> None:
        self._containers = containers
        self.id = id_
        self.name = name

    def __repr__(self) -> str:
        return f"<Container {self.name}>"

    @property
    def attrs(self) -> dict[str, Any]:
        """What ``docker inspect`` says."""
        with teaching():
            attrs: dict[str, Any] = self._containers.api.inspect_container(self.id)
        return attrs

    @property
    def status(self) -> str:
        """created, running, paused, restarting, exited or dead."""
        return str(self.attrs["State"]["Status"])

    @property
    def exit_code(self) -> int:
        """The exit code of its last run."""
        return int(self.attrs["State"]["ExitCode"])

    def exec(self, command: str | Sequence[str], *, user: str = "") -> RunResult:
        """Run a further command in it: ``docker exec``."""
        containers = self._containers
        containers.ours(self.id)
        who = f"--user {shlex.quote(user)} " if user else ""
        containers.show(f"docker exec {who}{self.name} {text_of(command)}")
        with teaching():
            created = containers.api.exec_create(self.id, words_of(command), user=user)
            output = containers.terminal.stream(containers.api.exec_start(created["Id"], stream=True))
            code = containers.api.exec_inspect(created["Id"])["ExitCode"]
        return RunResult(int(code), output, self.name)

    def top(self) -> Table:
        """Return its processes as the node sees them: ``docker top``."""
        from sosclib.engine.table import table

        self._containers.show(f"docker top {self.name}")
        with teaching():
            answer = self._containers.api.top(self.id)
        titles = tuple(answer["Titles"])
        return table([dict(zip(titles, row, strict=False)) for row in answer["Processes"] or ()], titles)

    def stats(self) -> Table:
        """Return what it uses just now: ``docker stats --no-stream``."""
        return self._containers.stats(self.name)

    def session(self) -> Session:
        """Start it again and talk to it: ``docker start -ai``."""
        return self._containers.resume(self.name)

    def logs(self) -> RunResult:
        """Show what it wrote: ``docker logs``."""
        return self._containers.logs(self.name)

    def start(self) -> None:
        """Start it again: ``docker start``."""
        self._containers.start(self.name)

    def stop(self, timeout: int | None = None) -> None:
        """Ask its process to end, and end it after `timeout` seconds (usually 10): ``docker stop``."""
        self._containers.stop(self.name, timeout=timeout)

    def mounts(self) -> Table:
        """Return what it has mounted: the part ``Mounts`` of ``docker inspect``."""
        return self._containers.mounts(self.name)

    def remove(self, *, force: bool = False, volumes: bool = False) -> None:
        """Remove it, with its nameless volumes where asked for: ``docker rm``."""
        self._containers.remove(self.name, force=force, volumes=volumes)

    def commit(self, repository: str) -> None:
        """Make an image of it: ``docker commit``."""
        self._containers.commit(self.name, repository)
