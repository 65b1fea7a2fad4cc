"""Containers of a node, by the SDK's names: run, list, session, logs, stop, remove, commit."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

import docker
import docker.errors

from sosclib.engine import snapshot
from sosclib.engine.archives import write_whole
from sosclib.engine.faults import teaching
from sosclib.engine.handle import Container, RunResult
from sosclib.engine.images import Images
from sosclib.engine.mounts import made_at, mounts_command, mounts_table, volume_names, volumes_here
from sosclib.engine.options import RunOptions, api_fields, flags, text_of, words_of
from sosclib.engine.ownership import Ownership, not_ours
from sosclib.engine.running import foreground, start_or_remove
from sosclib.engine.seccomp import with_profiles
from sosclib.engine.session import Session
from sosclib.engine.sizes import human_size
from sosclib.engine.stats import COLUMNS as STATS_COLUMNS
from sosclib.engine.stats import stats_row
from sosclib.engine.terminal import Terminal
from sosclib.engine.words import ago, ellipsis, full_name, ports, short_id, split_name
from sosclib.lab.errors import NotFound
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

COLUMNS = ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES")


class Containers:
    """The containers of one node.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
    images : Images
        Where `run` fetches what is missing.
    """

    def __init__(
        self,
        node: Node,
        terminal: Terminal,
        ownership: Ownership,
        images: Images,
    ) -> None:
        self.api: Any = node.docker.api
        self._node = node
        self.terminal = terminal
        self._ownership = ownership
        self._images = images

    def run(
        self,
        image: str,
        command: str | Sequence[str] | None = None,
        *,
        detach: bool = False,
        remove: bool = False,
        **options: Unpack[RunOptions],
    ) -> Container | RunResult:
        """Start a container: ``docker run``.

        Parameters
        ----------
        image : str
            Is pulled first where it is missing.
        command : str or sequence of str, optional
            What to run instead of the image's own command.
        detach : bool
            Leave it running in the background.
        remove : bool
            Remove it when its command ends.
        **options
            See `RunOptions`.

        Returns
        -------
        Container or RunResult
            A `Container` if detached, else what its command left. As in a shell a command that fails does
            not raise: its exit code tells, 127 for a command that is not there.

        Raises
        ------
        NameTaken, PortTaken, ImageError, SoscError
            Where the container could not even be created or its port not be had.
        """
        front = [*(["-d"] if detach else []), *(["--rm"] if remove else []), *flags(dict(options))]
        self.show(" ".join(["docker run", *front, shlex.quote(image), text_of(command)]).rstrip())
        fields = self._fields(options)
        if remove and detach:
            fields["host_config"]["AutoRemove"] = True
        container = self._create(image, command, options.get("name"), fields)
        if detach:
            start_or_remove(self.api, container)
            self.terminal.say(container.id)
            return container
        return foreground(self.api, self.terminal, container, remove=remove)

    def list(self, all: bool = False, *, everything: bool = False, size: bool = False) -> Table:
        """Return the containers as ``docker ps`` shows them, newest first.

        Parameters
        ----------
        all : bool
            Also those that do not run (``-a``).
        everything : bool
            On somebody's own engine: also those that are not the course's.
        size : bool
            Also the size of the writable layer (``--size``).
        """
        from sosclib.engine.table import table

        self.show("docker ps" + (" -a" if all else "") + (" --size" if size else ""))
        columns = (*COLUMNS, "SIZE") if size else COLUMNS
        return table([_row(raw) for raw in self.raw(all=all, everything=everything, size=size)], columns)

    def raw(
        self, *, all: bool = False, everything: bool = False, size: bool = False
    ) -> Sequence[dict[str, Any]]:
        """Return the engine's own entries of the course's containers, newest first.

        Parameters
        ----------
        all, everything, size : bool
            As for `list`.
        """
        with teaching():
            found: list[dict[str, Any]] = self.api.containers(all=all, size=size)
        return [entry for entry in found if everything or self._ownership.owns("container", entry)]

    def get(self, name: str) -> Container:
        """Return one container by name or id.

        Raises
        ------
        NotFound
        """
        with teaching():
            attrs = self.api.inspect_container(name)
        return Container(self, attrs["Id"], attrs["Name"].lstrip("/"))

    def latest(self) -> Container:
        """Return the course's container that was created last: what ``docker ps -l`` shows.

        Raises
        ------
        NotFound
        """
        found = self.raw(all=True)
        if not found:
            raise NotFound("There is no container.", help="Run one: vm1.containers.run(image)")
        return Container(self, found[0]["Id"], snapshot.name(found[0]))

    def stats(self, *names: str) -> Table:
        """Return what running containers use just now: ``docker stats --no-stream``.

        Parameters
        ----------
        *names : str
            All of the course's running containers where none is given.

        Returns
        -------
        Table
            Processors, memory, network, disk and number of processes. The engine watches each container for a
            second.

        Raises
        ------
        NotFound
        """
        from sosclib.engine.table import table

        self.show(shlex.join(["docker", "stats", "--no-stream", *names]))
        wanted = {self.get(name).id for name in names}
        entries = [one for one in self.raw(all=bool(names)) if not names or one["Id"] in wanted]
        with teaching():
            rows = [stats_row(one, self.api.stats(one["Id"], stream=False)) for one in entries]
        return table(rows, STATS_COLUMNS)

    def session(
        self, image: str, command: str | None = None, *, remove: bool = False, **options: Unpack[RunOptions]
    ) -> Session:
        """Start a container with a terminal and talk to it: ``docker run -it``.

        >>> with vm1.containers.session("debian:13") as shell:
        ...     shell("ls /")

        Parameters
        ----------
        image : str
        command : str, optional
            As for `run`.
        remove : bool
            Remove it when the session ends.
        **options
            See `RunOptions`.

        Raises
        ------
        NameTaken, PortTaken, ImageError, SoscError
            Where the container cannot be created.
        """
        words = ["docker run -it", *(["--rm"] if remove else []), *flags(dict(options)), shlex.quote(image)]
        self.show(" ".join([*words, text_of(command)]).rstrip())
        fields = self._fields(options) | {"tty": True, "stdin_open": True}
        container = self._create(image, command, options.get("name"), fields)
        return Session(container, self.api, self.terminal, remove=remove)

    def resume(self, name: str) -> Session:
        """Start a stopped container that has a terminal, and talk to it: ``docker start -ai``."""
        container = self.ours(name)
        self.show(f"docker start -ai {shlex.quote(name)}")
        return Session(container, self.api, self.terminal)

    def logs(self, name: str) -> RunResult:
        """Show what a container wrote: ``docker logs``."""
        container = self.get(name)
        self.show(f"docker logs {shlex.quote(name)}")
        with teaching():
            output = self.terminal.stream(self.api.logs(container.id, stream=True, follow=False))
        return RunResult(0, output, container.name)

    def start(self, name: str) -> None:
        """Start a stopped container: ``docker start``."""
        container = self.ours(name)
        self.show(f"docker start {shlex.quote(name)}")
        with teaching():
            self.api.start(container.id)
        self.terminal.say(name)

    def stop(self, name: str, *, timeout: int | None = None) -> None:
        """Ask a container's process to end, and end it after `timeout` seconds: ``docker stop``."""
        container = self.ours(name)
        limit = f"-t {timeout} " if timeout is not None else ""
        self.show(f"docker stop {limit}{shlex.quote(name)}")
        with teaching():
            self.api.stop(container.id, timeout=timeout)
        self.terminal.say(name)

    def remove(self, *names: str, force: bool = False, volumes: bool = False) -> None:
        """Remove containers: ``docker rm``.

        Parameters
        ----------
        *names : str
        force : bool
            Also one that runs.
        volumes : bool
            Also its volumes that have no name (``-v``); those that have one stay in any case.

        Raises
        ------
        NotFound, NotOurs
        """
        containers = [self.ours(name) for name in names]
        self.show(f"docker rm {'-f ' if force else ''}{'-v ' if volumes else ''}{shlex.join(names)}")
        for name, container in zip(names, containers, strict=True):
            with teaching():
                self.api.remove_container(container.id, force=force, v=volumes)
            self.terminal.say(name)

    def inspect(self, name: str) -> dict[str, Any]:
        """Return all that the engine knows of a container.

        Raises
        ------
        NotFound
        """
        return self.get(name).attrs

    def mounts(self, name: str) -> Table:
        """Return what a container has mounted: the part ``Mounts`` of ``docker inspect``.

        Returns
        -------
        Table
            TYPE, SOURCE (a volume's name, or a folder of the machine), DESTINATION (the path inside) and MODE
            (rw or ro). A tmpfs has no source; the engine keeps it in a place of its own, which the command
            that is shown names too where there is one.

        Raises
        ------
        NotFound
        """
        attrs = self.inspect(name)
        self.show(mounts_command(name, attrs))
        return mounts_table(attrs, self._node.home)

    def commit(self, name: str, repository: str) -> None:
        """Make an image of a container's file system: ``docker commit``.

        Parameters
        ----------
        name : str
        repository : str
            The new image's name, with or without a tag.
        """
        container = self.ours(name)
        repository, tag = split_name(repository)
        self._images.require_free(f"{repository}:{tag}")
        shown = repository if tag == "latest" else f"{repository}:{tag}"
        self.show(f"docker commit {shlex.quote(name)} {shlex.quote(shown)}")
        with teaching():
            changes = "\n".join(self._ownership.no_labels())
            answer = self.api.commit(container.id, repository=repository, tag=tag, changes=changes)
        self._images.own(f"{repository}:{tag}")
        self.terminal.say(answer["Id"])

    def export(self, name: str, file: str) -> None:
        """Write a container's file system to a file on the machine: ``docker export``.

        Parameters
        ----------
        name : str
        file : str
            As seen from the lab user's home.

        Raises
        ------
        NotFound, ImageError
        """
        container = self.get(name)
        self.show(shlex.join(["docker", "export", "-o", file, name]))
        write_whole(self._node, ["docker", "export", container.id], file)

    def show(self, command: str) -> None:
        """Show a command behind the node's prompt."""
        self.terminal.show(self._node.title, command)

    def _fields(self, options: RunOptions) -> dict[str, Any]:
        """Return what the API wants for the options of ``docker run``."""
        return api_fields(self.api, with_profiles(options, self._node), self._node.home)

    def _create(
        self, image: str, command: str | Sequence[str] | None, name: str | None, fields: dict[str, Any]
    ) -> Container:
        labels = self._ownership.labels()
        # In an engine of the lab's own everything is the course's; elsewhere it must know its volumes again.
        known = None if self._ownership.exclusive else volumes_here(self.api)
        with teaching():
            try:
                made = self.api.create_container(image, words_of(command), name=name, labels=labels, **fields)
            except docker.errors.ImageNotFound:
                self.terminal.say(f"Unable to find image '{full_name(image)}' locally")
                self._images.fetch(image)
                made = self.api.create_container(image, words_of(command), name=name, labels=labels, **fields)
            attrs = self.api.inspect_container(made["Id"])
        if known is not None:
            for volume in volume_names(attrs) - known:
                self._ownership.enter("volume", volume, made_at(self.api, volume))
        return Container(self, made["Id"], attrs["Name"].lstrip("/"))

    def ours(self, name: str) -> Container:
        """Return a container that the course may change.

        Raises
        ------
        NotFound, NotOurs
        """
        container = self.get(name)
        if not self._ownership.owns("container", {"Labels": container.attrs["Config"]["Labels"]}):
            raise not_ours("container", name)
        return container


def _row(raw: dict[str, Any]) -> dict[str, Any]:
    row = {
        "CONTAINER ID": raw["Id"][:12],
        "IMAGE": short_id(raw["Image"]),
        "COMMAND": f'"{ellipsis(raw["Command"], 20)}"',
        "CREATED": ago(raw["Created"]),
        "STATUS": raw["Status"],
        "PORTS": ports(raw.get("Ports") or []),
        "NAMES": snapshot.name(raw),
    }
    if "SizeRootFs" in raw:
        whole = human_size(raw["SizeRootFs"], digits=3)
        row["SIZE"] = f"{human_size(raw.get('SizeRw') or 0, digits=3)} (virtual {whole})"
    return row
