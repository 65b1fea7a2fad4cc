"""Volumes of a node, by the SDK's names: create, list, inspect, remove, prune; and their archives."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import docker.errors
from docker.utils import version_gte

from sosclib.engine import snapshot, volume_archives
from sosclib.engine.containers import Containers
from sosclib.engine.facts import Facts
from sosclib.engine.faults import explanation, teaching
from sosclib.engine.ownership import BY_OTHERS, Ownership, not_ours
from sosclib.engine.shown import AlreadyShown
from sosclib.engine.sizes import human_size
from sosclib.engine.terminal import Terminal
from sosclib.engine.usage import disk_usage
from sosclib.lab.errors import NameTaken, NotOurs, VolumeInUse
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

COLUMNS = ("DRIVER", "VOLUME NAME")
ANONYMOUS_LABEL = "com.docker.volume.anonymous"
TELLS_NAMED_APART = "1.42"
"""The API of Engine 23: from there on pruning spares volumes that were given a name, unless asked for all."""


class Volume(AlreadyShown):
    """A volume of the engine.

    Attributes
    ----------
    name : str
    """

    def __init__(self, volumes: Volumes, name: str) -> None:
        self._volumes = volumes
        self.name = name

    def __repr__(self) -> str:
        return f"<Volume {self.name}>"

    @property
    def attrs(self) -> Facts:
        """What ``docker volume inspect`` says."""
        with teaching():
            return Facts(self._volumes.api.inspect_volume(self.name))

    def inspect(self) -> Facts:
        """Return what the engine knows of it: ``docker volume inspect``."""
        return self._volumes.inspect(self.name)

    def remove(self, *, force: bool = False) -> None:
        """Remove it, with all that is in it: ``docker volume rm``."""
        self._volumes.remove(self.name, force=force)


class Volumes:
    """The volumes of one node.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
    containers : Containers
        What makes and unpacks archives.
    """

    def __init__(self, node: Node, terminal: Terminal, ownership: Ownership, containers: Containers) -> None:
        self.api: Any = node.docker.api
        self._node = node
        self._terminal = terminal
        self._ownership = ownership
        self._containers = containers

    def create(
        self,
        name: str | None = None,
        *,
        driver: str = "local",
        options: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Volume:
        """Make a volume: ``docker volume create``.

        A volume that is there already is no error: as in a shell its name is told once more.

        Parameters
        ----------
        name : str, optional
            The engine makes one up where none is given.
        driver : str
        options : mapping of str to str, optional
            For the driver: ``{"type": "tmpfs", "device": "tmpfs"}``.
        labels : mapping of str to str, optional

        Raises
        ------
        NameTaken
            Where there is a volume of that name that was made in another way.
        NotOurs
            Where there is one that is not the course's.
        """
        words = ["docker volume create", *(["-d", driver] if driver != "local" else [])]
        for flag, pairs in (("-o", options), ("--label", labels)):
            words += [f"{flag} {shlex.quote(f'{key}={value}')}" for key, value in (pairs or {}).items()]
        if name is not None:
            words.append(shlex.quote(name))
            self._require_free(name, driver, dict(options or {}))
        self._show(" ".join(words))
        marked = {**(labels or {}), **self._ownership.labels()}
        with teaching():
            made = self.api.create_volume(name, driver=driver, driver_opts=options, labels=marked)
        self._terminal.say(made["Name"])
        return Volume(self, made["Name"])

    def list(self, *, everything: bool = False, dangling: bool | None = None) -> Table:
        """Return the volumes as ``docker volume ls`` shows them.

        Parameters
        ----------
        everything : bool
            On somebody's own engine: also those that are not the course's.
        dangling : bool, optional
            True for those only that no container uses, False for the others.
        """
        from sosclib.engine.table import table

        only = "" if dangling is None else f" --filter dangling={str(dangling).lower()}"
        self._show(f"docker volume ls{only}")
        rows = [
            {"DRIVER": entry["Driver"], "VOLUME NAME": entry["Name"]}
            for entry in self.raw(everything=everything, dangling=dangling)
        ]
        return table(rows, COLUMNS)

    def raw(self, *, everything: bool = False, dangling: bool | None = None) -> Sequence[dict[str, Any]]:
        """Return the engine's own entries of the course's volumes, sorted by name."""
        filters = {} if dangling is None else {"dangling": dangling}
        with teaching():
            found: list[dict[str, Any]] = self.api.volumes(filters=filters).get("Volumes") or []
        owns = self._ownership.judge()
        mine = [entry for entry in found if everything or owns("volume", entry)]
        return sorted(mine, key=lambda entry: str(entry["Name"]))

    def inspect(self, name: str) -> Facts:
        """Return what the engine knows of a volume: ``docker volume inspect``.

        Raises
        ------
        NotFound
        """
        self._show(f"docker volume inspect {shlex.quote(name)}")
        return Volume(self, name).attrs

    def get(self, name: str) -> Volume:
        """Return one volume by name.

        Raises
        ------
        NotFound
        """
        with teaching():
            return Volume(self, self.api.inspect_volume(name)["Name"])

    def remove(self, *names: str, force: bool = False) -> None:
        """Remove volumes, with all that is in them: ``docker volume rm``.

        Parameters
        ----------
        *names : str
        force : bool
            Do not complain about one that is not there. One that is in use stays all the same.

        Raises
        ------
        VolumeInUse
            The message names the containers that use it; one that has ended counts too.
        NotFound, NotOurs
        """
        here = {entry["Name"] for entry in self.raw(everything=True)}
        for name in names:
            if name in here or not force:
                self._require_ours(name)
        self._show(f"docker volume rm {'-f ' if force else ''}{shlex.join(names)}")
        for name in names:
            self._remove(name, force=force)
            self._terminal.say(name)

    def prune(self, *, all: bool = False) -> None:
        """Remove volumes that no container uses, with all that is in them: ``docker volume prune``.

        On somebody's own engine only the course's own volumes are removed.

        Parameters
        ----------
        all : bool
            Also those that were given a name (``-a``). Before Engine 23 there was no such option, and the
            command took these in any case; there it does so here too.
        """
        apart = version_gte(self.api.api_version, TELLS_NAMED_APART)
        self._show("docker volume prune -f" + (" -a" if all and apart else ""))
        unused = self.raw(dangling=True)
        going = [entry["Name"] for entry in unused if all or not apart or _anonymous(entry)]
        freed = 0
        if going:
            with teaching():
                sizes = {volume.name: volume.size for volume in disk_usage(self._node.docker).volumes}
            freed = sum(sizes.get(name, 0) for name in going)
            for name in going:
                self._remove(name)
            self._terminal.say("\n".join(["Deleted Volumes:", *going, ""]) + "\n")
        self._terminal.say(f"Total reclaimed space: {human_size(freed)}")

    def backup(self, container: str, file: str, *, image: str) -> None:
        """Pack what is in a container's volumes into an archive on the machine.

        It stands for ``docker run --rm --volumes-from CONTAINER -v "$PWD:/backup" IMAGE tar …``. The file is
        written under another name first, so that a run that fails leaves nothing half-written.

        Parameters
        ----------
        container : str
            One that has the volumes; it need not run.
        file : str
            The archive, in the lab user's home or with a path of its own; packed where it ends with
            ``.tar.gz`` or ``.tgz``. What bore that name is replaced.
        image : str
            An image that has ``tar`` and ``sh``.

        Raises
        ------
        NotFound
            Where there is no such container, or no folder for the file.
        SoscError
            Where the container has no volume, or tar fails.
        """
        volume_archives.backup(self._containers, self._node, self._terminal, container, file, image)

    def restore(self, container: str, file: str, *, image: str) -> None:
        """Unpack an archive that `backup` made into the volumes of a container.

        It stands for ``docker run --rm --volumes-from CONTAINER -v "$PWD:/backup" IMAGE tar …``. The archive
        is read through once before: one that is broken changes nothing.

        Parameters
        ----------
        container : str
            One that has volumes under the same paths; it need not run.
        file, image : str
            As for `backup`.

        Raises
        ------
        NotFound
            Where there is no such container, or no such file.
        NotOurs
            Where the container is not the course's.
        SoscError
            Where the container has no volume, or the file is no archive of such a volume.
        """
        volume_archives.restore(self._containers, self._node, self._terminal, container, file, image)

    def _require_free(self, name: str, driver: str, options: dict[str, str]) -> None:
        there = next((entry for entry in self.raw(everything=True) if entry["Name"] == name), None)
        if there is None:
            return
        if not self._ownership.owns("volume", there):
            raise NotOurs(
                f"There is a volume {name} already, and it is not the course's own.",
                BY_OTHERS,
                "Choose another name.",
            )
        if (there["Driver"], there.get("Options") or {}) != (driver, options):
            raise NameTaken(
                f"There is a volume {name} already, made with other options.",
                "The engine would tell its name and leave it as it is.",
                f"Take another name, or remove that volume and what is in it: docker volume rm {name}",
            )

    def _require_ours(self, name: str) -> None:
        if not self._ownership.owns("volume", self.get(name).attrs):
            raise not_ours("volume", name)

    def _remove(self, name: str, *, force: bool = False) -> None:
        with teaching():
            try:
                self.api.remove_volume(name, force=force)
            except docker.errors.APIError as error:
                if error.status_code == 409:
                    raise self._in_use(name, explanation(error)) from error
                if not (force and error.status_code == 404):  # with force the CLI is content with that
                    raise
        self._ownership.strike("volume", name)

    def _in_use(self, name: str, why: str) -> VolumeInUse:
        users = sorted(map(snapshot.name, self.api.containers(all=True, filters={"volume": name})))
        told = f"It is used by {', '.join(users)}." if users else why
        help_ = f"Remove first what uses it: docker rm {' '.join(users)}" if users else ""
        return VolumeInUse(f"The volume {name} is in use.", told, help_)

    def _show(self, command: str) -> None:
        self._terminal.show(self._node.title, command)


def _anonymous(entry: Mapping[str, Any]) -> bool:
    return ANONYMOUS_LABEL in (entry.get("Labels") or {})
