"""What becomes of data: a mark is written in every kind of place, something happens, and one looks again."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docker.errors
from docker.utils import version_gte

from sosclib.engine.faults import teaching
from sosclib.engine.mounts import volume_mounts
from sosclib.measure.environment import is_present

if TYPE_CHECKING:
    import pandas as pd

    from sosclib.engine.machine import Machine

LAYER, BIND, VOLUME, NAMELESS, TMPFS = "writable layer", "bind mount", "volume", "nameless volume", "tmpfs"
FOLDERS = {LAYER: "/layer", BIND: "/bind", VOLUME: "/volume", NAMELESS: "/nameless", TMPFS: "/tmpfs"}
"""Kinds of places, and the folder of the container that is of that kind."""
AGAIN, NEW, RM, RM_V, SYSTEM, VOLUMES = (
    "stop and start",
    "new container",
    "docker rm",
    "docker rm -v",
    "system prune",
    "volume prune -a",
)
EVENTS = {
    AGAIN: "the container is stopped, started again, and looks",
    NEW: "another container is made in the same way, and looks",
    RM: "the container is removed",
    RM_V: "the container is removed with its nameless volumes, as docker run --rm does",
    SYSTEM: "docker system prune, when the container has ended",
    VOLUMES: "docker volume prune -a after that",
}
"""What is made to happen, in short, and in words."""
MARK = "mark"
SCRIPT = f"""
for folder in {" ".join(FOLDERS.values())}; do
  test -e $folder/{MARK} && echo $folder
  mkdir -p $folder && touch $folder/{MARK}
done
"""
"""Says where a mark is, and leaves one everywhere."""
LABEL = "sosc.survival"


def survival(machine: Machine, image: str) -> pd.DataFrame:
    """Find out on the engine what survives what; it starts five containers and leaves nothing.

    Parameters
    ----------
    machine : Machine
    image : str
        Has a shell; it is pulled where it is missing.

    Returns
    -------
    DataFrame
        One line per kind of place, one column per event (see `EVENTS`): True where the mark was still found.
        A prune is limited by a label to what was made here.
    """
    import pandas as pd

    with machine.terminal.quietly():
        if not is_present(machine.docker, image):
            machine.images.fetch(image)
    with teaching(), _trial(machine, image) as trial:
        seen = dict(_events(trial))
    columns = {event: [kind in seen[event] for kind in FOLDERS] for event in EVENTS}
    frame = pd.DataFrame(columns, index=pd.Index(FOLDERS, name="place"))
    return frame.rename_axis("event", axis="columns")


@dataclass(frozen=True)
class Trial:
    """Containers that are all made in the same way, and what they have to do with.

    Attributes
    ----------
    api : docker.APIClient
    image : str
    mark : str
        Names everything that belongs to this trial: folder, volume, value of the label.
    home : str
        Where the folder lies on the machine.
    course : mapping of str to str
        The course's own labels: were the trial killed, what it leaves would be cleaned up.
    """

    api: Any
    image: str
    mark: str
    home: str
    course: Mapping[str, str]

    @property
    def labels(self) -> dict[str, str]:
        """What everything that is made here is marked with."""
        return {**self.course, LABEL: self.mark}

    def make(self) -> str:
        """Create a container with a place of every kind, and return its id."""
        host = self.api.create_host_config(
            binds=[f"{self.home}/{self.mark}:{FOLDERS[BIND]}"],
            tmpfs={FOLDERS[TMPFS]: ""},
            mounts=[self._volume(FOLDERS[VOLUME], self.mark), self._volume(FOLDERS[NAMELESS], None)],
            network_mode="none",
        )
        made = self.api.create_container(
            self.image, ["sh", "-c", SCRIPT], host_config=host, labels=self.labels
        )
        return str(made["Id"])

    def start(self, container: str) -> frozenset[str]:
        """Let a container look and leave its marks; return the kinds of places where it found one."""
        written = len(self.api.logs(container))
        self.api.start(container)
        self.api.wait(container)
        folders = self.api.logs(container)[written:].decode().split()
        return frozenset(kind for kind, folder in FOLDERS.items() if folder in folders)

    def left(self, nameless: str) -> frozenset[str]:
        """Return the kinds of places whose marks are there still, though their container is gone.

        A container that is never started is enough: the engine reads files out of it, volumes included. The
        writable layer and the tmpfs of a container that is gone cannot be asked for: they went with it.
        """
        there = {VOLUME: self.mark, NAMELESS: nameless}
        there = {kind: volume for kind, volume in there.items() if self._exists(volume)}
        binds = [f"{volume}:{FOLDERS[kind]}" for kind, volume in there.items()]
        binds.append(f"{self.home}/{self.mark}:{FOLDERS[BIND]}")
        host = self.api.create_host_config(binds=binds)
        looker = self.api.create_container(self.image, "true", host_config=host, labels=self.labels)["Id"]
        try:
            return frozenset(kind for kind in (BIND, *there) if self._has_mark(looker, FOLDERS[kind]))
        finally:
            self.api.remove_container(looker)

    def nameless(self, container: str) -> str:
        """Return what the engine calls a container's nameless volume."""
        return volume_mounts(self.api.inspect_container(container))[FOLDERS[NAMELESS]]

    def prune_system(self) -> None:
        """Do what ``docker system prune`` does, limited to this trial; it asks for no volumes."""
        self.api.prune_containers(filters=self._mine())
        self.api.prune_networks(filters=self._mine())
        self.api.prune_images(filters={**self._mine(), "dangling": True})

    def prune_volumes(self) -> None:
        """Do what ``docker volume prune -a`` does, limited to this trial."""
        every = {"all": ["true"]} if version_gte(self.api.api_version, "1.42") else {}
        self.api.prune_volumes(filters={**self._mine(), **every})

    def clear(self) -> None:
        """Remove all that this trial made in the engine."""
        label = {"label": f"{LABEL}={self.mark}"}
        for entry in self.api.containers(all=True, filters=label):
            self.api.remove_container(entry["Id"], force=True, v=True)
        for entry in self.api.volumes(filters=label).get("Volumes") or ():
            self.api.remove_volume(entry["Name"])

    def _mine(self) -> dict[str, Any]:
        return {"label": [f"{LABEL}={self.mark}"]}

    def _volume(self, folder: str, name: str | None) -> Mapping[str, Any]:
        mount: Mapping[str, Any] = docker.types.Mount(
            folder, name, driver_config=docker.types.DriverConfig("local"), labels=self.labels
        )
        return mount

    def _exists(self, volume: str) -> bool:
        try:
            self.api.inspect_volume(volume)
        except docker.errors.NotFound:
            return False
        return True

    def _has_mark(self, container: str, folder: str) -> bool:
        try:
            stream, _ = self.api.get_archive(container, f"{folder}/{MARK}")
        except docker.errors.NotFound:
            return False
        stream.close()
        return True


@contextmanager
def _trial(machine: Machine, image: str) -> Iterator[Trial]:
    """Give a trial with its folder on the machine; afterwards nothing of it is left."""
    mark = f"survival-{secrets.token_hex(4)}"
    trial = Trial(machine.docker.api, image, mark, machine.node.home, machine.ownership.labels())
    machine.node.sh(f"mkdir {trial.mark}").check()
    try:
        yield trial
    finally:
        trial.clear()
        machine.node.sh(f"rm -rf {shlex.quote(trial.mark)}").check()


def _events(trial: Trial) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each event with the kinds of places whose marks were found after it."""
    first = trial.make()
    trial.start(first)
    yield AGAIN, trial.start(first)
    yield NEW, trial.start(trial.make())
    nameless = trial.nameless(first)
    trial.api.remove_container(first)
    yield RM, trial.left(nameless)

    second = trial.make()
    trial.start(second)
    nameless = trial.nameless(second)
    trial.api.remove_container(second, v=True)
    yield RM_V, trial.left(nameless)

    third = trial.make()
    trial.start(third)
    nameless = trial.nameless(third)
    trial.prune_system()
    yield SYSTEM, trial.left(nameless)
    trial.prune_volumes()
    yield VOLUMES, trial.left(nameless)
