"""Archives of what is in a container's volumes.

A helper container sees the volumes and a folder of the machine, and packs the one into the other or back.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sosclib.engine.handle import RunResult
from sosclib.engine.mounts import volume_mounts
from sosclib.engine.options import HERE, quoted
from sosclib.lab.errors import CommandFailed, NotFound, SoscError

if TYPE_CHECKING:
    from sosclib.engine.containers import Containers
    from sosclib.engine.handle import Container
    from sosclib.engine.terminal import Terminal
    from sosclib.lab.node import Node

PACKED, PLAIN = (".tar.gz", ".tgz"), ".tar"
PLACES = ("/backup", "/backup-folder")
"""Where the helper sees the folder of the machine: the first of them at which no volume is mounted."""
NO_ARCHIVE, NOT_IN_IT = 81, 82
WRITE = """
file=$1; shift
tar "$@" && mv -f "$file.part" "$file" && exit 0
code=$?; rm -f "$file.part"; exit $code
"""
READ = f"""
file=$1; list=$2; unpack=$3; shift 3
tar "$list" "$file" > /dev/null || exit {NO_ARCHIVE}
tar "$list" "$file" "$@" > /dev/null || exit {NOT_IN_IT}
exec tar "$unpack" "$file" -C / "$@"
"""


@dataclass(frozen=True)
class Archive:
    """A file of the machine and the volumes that are packed into it, as a helper container sees them.

    Attributes
    ----------
    container : Container
        Whose volumes they are.
    file : PurePosixPath
        The archive as the student names it.
    members : tuple of str
        The volumes' paths, without the slash at the beginning.
    place : str
        Where the helper sees the file's folder.
    """

    container: Container
    file: PurePosixPath
    members: tuple[str, ...]
    place: str

    @property
    def folder(self) -> str:
        """The file's folder, as ``-v`` takes it."""
        if self.file.is_absolute():
            return str(self.file.parent)
        return str(PurePosixPath(HERE) / self.file.parent)

    @property
    def inside(self) -> str:
        """The file as the helper sees it."""
        return f"{self.place}/{self.file.name}"

    def letters(self, verb: str) -> str:
        """Return tar's letters for a verb: ``czf`` where the archive is compressed."""
        return f"{verb}zf" if self.file.name.endswith(PACKED) else f"{verb}f"


def backup(
    containers: Containers, node: Node, terminal: Terminal, container: str, file: str, image: str
) -> None:
    """Pack a container's volumes; see `sosclib.engine.volumes.Volumes.backup`.

    Parameters
    ----------
    containers : Containers
    node : Node
    terminal : Terminal
    container, file, image : str
        As there.

    Raises
    ------
    NotFound, SoscError
        As there; `CommandFailed` where tar fails.
    """
    archive = _archive(containers.get(container), file)
    _require(
        node, "-d", str(archive.file.parent), f"There is no folder {archive.file.parent} for the archive."
    )
    inside, letters = archive.inside, archive.letters("c")
    _show(terminal, node, archive, image, ["tar", letters, inside, "-C", "/", *archive.members])
    script = ["sh", "-c", WRITE, "sh", inside, letters, f"{inside}.part", "-C", "/", *archive.members]
    try:
        code, output = _run(containers, terminal, archive, image, script)
    except KeyboardInterrupt:
        # The helper's root made the file; a helper that was ended did not take it away.
        if not node.sh(f"test -e {shlex.quote(f'{file}.part')}").exit_code:
            _run(containers, terminal, archive, image, ["rm", "-f", f"{inside}.part"])
        raise
    if code:
        raise CommandFailed(
            f"The volumes of {container} were not packed; no file was written.",
            output,
            "The image needs `sh` and `tar`, and the folder must have room: df -h",
        )


def restore(
    containers: Containers, node: Node, terminal: Terminal, container: str, file: str, image: str
) -> None:
    """Unpack into a container's volumes; see `sosclib.engine.volumes.Volumes.restore`.

    Parameters
    ----------
    containers : Containers
    node : Node
    terminal : Terminal
    container, file, image : str
        As there.

    Raises
    ------
    NotFound, NotOurs, SoscError
        As there; `CommandFailed` where tar fails half-way.
    """
    archive = _archive(containers.ours(container), file)
    _require(node, "-f", file, f"There is no file {file} on {node.title}.")
    inside, members = archive.inside, archive.members
    _show(terminal, node, archive, image, ["tar", archive.letters("x"), inside, "-C", "/", *members])
    script = ["sh", "-c", READ, "sh", inside, archive.letters("t"), archive.letters("x"), *members]
    code, output = _run(containers, terminal, archive, image, script)
    paths = " and ".join(f"/{member}" for member in members)
    if code == NO_ARCHIVE:
        raise SoscError(
            f"{file} is no archive that tar can read; nothing was changed.",
            output,
            "Is it whole, and does its ending tell what it is: .tar, or .tar.gz where it is compressed?",
        )
    if code == NOT_IN_IT:
        raise SoscError(
            f"{file} holds nothing for {paths}; nothing was changed.",
            output,
            f"`tar tf {file}` lists what it holds. Mount the volume where it was when it was packed.",
        )
    if code:
        raise CommandFailed(f"{file} was not unpacked into {paths}, or not all of it.", output)


def _archive(container: Container, file: str) -> Archive:
    path = PurePosixPath(file)
    if not path.name.endswith((*PACKED, PLAIN)):
        raise SoscError(
            f"The name {file} does not tell what kind of archive it is.",
            help="Let it end with .tar, or with .tar.gz to have it compressed.",
        )
    volumes = volume_mounts(container.attrs)
    if not volumes:
        raise SoscError(
            f"The container {container.name} has no volume.",
            "Only volumes are packed: a folder of the machine is there without a container.",
            f'vm1.containers.mounts("{container.name}") shows what it has.',
        )
    place = next(place for place in PLACES if place not in volumes)
    return Archive(container, path, tuple(inside.lstrip("/") for inside in volumes), place)


def _require(node: Node, kind: str, path: str, what: str) -> None:
    if node.sh(f"test {kind} {shlex.quote(path)}").exit_code:
        raise NotFound(what, help=f"`ls` on {node.title} shows what there is.")


def _show(terminal: Terminal, node: Node, archive: Archive, image: str, command: Sequence[str]) -> None:
    terminal.show(
        node.title,
        f"docker run --rm --volumes-from {shlex.quote(archive.container.name)}"
        f" -v {quoted(f'{archive.folder}:{archive.place}')} {shlex.quote(image)} {shlex.join(command)}",
    )


def _run(
    containers: Containers, terminal: Terminal, archive: Archive, image: str, command: Sequence[str]
) -> tuple[int, str]:
    with terminal.quietly():
        result = containers.run(
            image,
            command,
            remove=True,
            volumes=[f"{archive.folder}:{archive.place}"],
            volumes_from=[archive.container.name],
        )
    assert isinstance(result, RunResult), "it runs in the foreground"
    return result.exit_code, result.output.strip()
