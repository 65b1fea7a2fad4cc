"""The engine as a whole: version, info, df, prune."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import docker

from sosclib.engine import snapshot
from sosclib.engine.building_traces import cache_records, remove_records
from sosclib.engine.faults import teaching
from sosclib.engine.ownership import LAB_LABEL, REGISTRY, ROLE_LABEL, Ownership
from sosclib.engine.sizes import human_size
from sosclib.engine.terminal import Terminal
from sosclib.engine.usage import KEPT, DiskUsage, TypeUsage, disk_usage, engine_usage
from sosclib.lab.errors import SoscError

if TYPE_CHECKING:
    from sosclib.engine.table import Table

DF_COLUMNS = ("TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE")
DF_IMAGE_COLUMNS = ("REPOSITORY", "TAG", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS")


class System:
    """One node's engine as a whole.

    Parameters
    ----------
    client : docker.DockerClient
    title : str
        The node's, for its prompt.
    terminal : Terminal
    ownership : Ownership
    """

    def __init__(
        self, client: docker.DockerClient, title: str, terminal: Terminal, ownership: Ownership
    ) -> None:
        self._client = client
        self._api: Any = client.api
        self._title = title
        self._terminal = terminal
        self._ownership = ownership

    def version(self) -> Table:
        """Return the engine's version and those of its parts: ``docker version``."""
        from sosclib.engine.table import table

        self._show("docker version")
        with teaching():
            facts = self._api.version()
        rows = [("API", facts["ApiVersion"]), ("OS/Arch", f"{facts['Os']}/{facts['Arch']}")]
        rows.append(("Kernel", facts["KernelVersion"]))
        parts = [(part["Name"], part["Version"]) for part in facts.get("Components") or ()]
        return table([{"PART": part, "VERSION": text} for part, text in parts + rows], ("PART", "VERSION"))

    def info(self) -> Table:
        """Return what the engine says of itself and its machine, in short: ``docker info``."""
        from sosclib.engine.table import table

        self._show("docker info")
        with teaching():
            facts = self._api.info()
        lines = {
            "Server Version": facts["ServerVersion"],
            "Storage Driver": facts["Driver"],
            "Cgroup Version": facts.get("CgroupVersion", "1"),
            "Default Runtime": facts["DefaultRuntime"],
            "Kernel Version": facts["KernelVersion"],
            "Operating System": facts["OperatingSystem"],
            "CPUs": facts["NCPU"],
            "Total Memory": human_size(facts["MemTotal"]),
            "Swarm": facts["Swarm"]["LocalNodeState"],
        }
        return table(
            [{"FACT": fact, "VALUE": str(value)} for fact, value in lines.items()], ("FACT", "VALUE")
        )

    def usage(self, *, everything: bool = False) -> DiskUsage:
        """Return the disk usage in bytes.

        Parameters
        ----------
        everything : bool
            On somebody's own engine: the whole engine instead of the course's share.
        """
        with teaching():
            return disk_usage(self._client, None if everything else self._ownership.judge())

    def df(self, *, everything: bool = False) -> Table:
        """Return the disk usage by type: ``docker system df``.

        Parameters
        ----------
        everything : bool
            On somebody's own engine: the whole engine instead of the course's share.
        """
        from sosclib.engine.table import table

        self._show("docker system df")
        usage = self.usage(everything=everything)
        frame = table([_df_row(line) for line in usage.types], DF_COLUMNS)
        frame.attrs[KEPT] = usage
        return frame

    def df_verbose(self, *, everything: bool = False) -> Table:
        """Return the disk usage of each image, with what it shares with others: ``docker system df -v``."""
        from sosclib.engine.table import table

        self._show("docker system df -v")
        usage = self.usage(everything=everything)
        rows = [
            {
                "REPOSITORY": image.repository,
                "TAG": image.tag,
                "SIZE": human_size(image.size),
                "SHARED SIZE": human_size(image.shared),
                "UNIQUE SIZE": human_size(image.unique),
                "CONTAINERS": image.containers,
            }
            for image in usage.images
        ]
        frame = table(rows, DF_IMAGE_COLUMNS)
        frame.attrs[KEPT] = usage
        return frame

    def prune(self, *, all: bool = False) -> None:
        """Remove stopped containers, unused networks and nameless images: ``docker system prune``.

        On somebody's own engine only the course's own objects are removed.

        Parameters
        ----------
        all : bool
            Also every image that no container uses (``-a``).
        """
        self._show("docker system prune -f" + (" -a" if all else ""))
        with teaching():
            removed = self._prune_containers() + self._prune_networks() + self._prune_images(all=all)
            removed += self._prune_cache(all=all)
        self._terminal.say(f"Total reclaimed space: {human_size(removed)}")

    def _prune_containers(self) -> int:
        report = self._api.prune_containers(filters=self._filters())
        self._tell("Deleted Containers", report["ContainersDeleted"] or ())
        return int(report["SpaceReclaimed"])

    def _prune_networks(self) -> int:
        report = self._api.prune_networks(filters=self._filters())
        self._tell("Deleted Networks", sorted(report["NetworksDeleted"] or ()))
        return 0

    def _prune_images(self, *, all: bool) -> int:
        """Remove unused images one by one: an image cannot be labelled afterwards, so no filter knows it."""
        with teaching():
            used = {container["ImageID"] for container in self._api.containers(all=True)}
            images = [image for image in self._api.images() if self._ownership.owns("image", image)]
        unused = [
            image
            for image in images
            if image["Id"] not in used and (all or snapshot.tags(image) == [image["Id"]])
        ]
        if not unused:
            return 0
        before = self._size_of_layers()
        lines = []
        for image in unused:
            ours = self._ownership.given(image)
            for tag in snapshot.tags(image):
                if not self._ownership.exclusive and tag not in ours:
                    continue  # one more name, which somebody else gave it
                for answer in self._api.remove_image(tag):
                    lines += [f"{word.lower()}: {what}" for word, what in answer.items()]
                self._ownership.strike("image", tag)
        self._tell("Deleted Images", lines)
        after = None if before is None else self._size_of_layers()
        if before is None or after is None:
            self._terminal.say(
                "The engine does not tell how much space they took: the total is without them."
            )
            return 0
        # An image's own size counts layers that others have too; and somebody else may add some meanwhile.
        return max(0, before - after)

    def _size_of_layers(self) -> int | None:
        """Return it; None where the engine does not come to tell: what is pruned goes all the same."""
        try:
            with teaching():
                return int(engine_usage(self._api, "image").get("LayersSize") or 0)
        except SoscError:
            return None

    def _prune_cache(self, *, all: bool) -> int:
        if self._ownership.exclusive:
            report = self._api.prune_builds(all=all)
            self._tell("Deleted build cache objects", report["CachesDeleted"] or ())
            return int(report["SpaceReclaimed"])
        ours = {record["ID"]: record for record in self._records()}
        gone = remove_records(self._api, ours)
        for id_ in gone:
            self._ownership.strike("cache", id_)
        self._tell("Deleted build cache objects", sorted(gone))
        return sum(int(ours[id_]["Size"]) for id_ in gone if not ours[id_].get("Shared"))

    def _records(self) -> list[Mapping[str, Any]]:
        """Return the course's records of BuildKit's cache; the engine is not asked where there are none."""
        ours = self._ownership.entered("cache")
        return [one for one in cache_records(self._api) if one["ID"] in ours] if ours else []

    def _filters(self) -> dict[str, Any]:
        if self._ownership.exclusive:
            return {"label!": [f"{ROLE_LABEL}={REGISTRY}"]}
        return {"label": [f"{LAB_LABEL}={self._ownership.lab}"], "label!": [f"{ROLE_LABEL}={REGISTRY}"]}

    def _tell(self, title: str, lines: Iterable[str]) -> None:
        listed = list(lines)
        if listed:
            self._terminal.say("\n".join([f"{title}:", *listed, ""]) + "\n")

    def _show(self, command: str) -> None:
        self._terminal.show(self._title, command)


def _df_row(line: TypeUsage) -> dict[str, Any]:
    share = f" ({100 * line.reclaimable // line.size}%)" if line.size else ""
    return {
        "TYPE": line.type,
        "TOTAL": line.total,
        "ACTIVE": line.active,
        "SIZE": human_size(line.size),
        "RECLAIMABLE": human_size(line.reclaimable) + share,
    }
