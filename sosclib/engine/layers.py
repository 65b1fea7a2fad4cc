"""What is in the layers of an image: read from the stream that ``docker save`` writes, file by file.

An archive comes in two layouts: Docker's own (``<id>/layer.tar``) and OCI's (``blobs/sha256/<digest>``). Both
have a ``manifest.json`` that names the configuration and the layers, the lowest first.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from sosclib.lab.errors import ImageError

MANIFEST = "manifest.json"
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
ADDED, CHANGED, REMOVED = "added", "changed", "removed"
LARGEST = 5
CHUNK = 1 << 16
ZSTD = b"\x28\xb5\x2f\xfd"
BLOCK = 512


@dataclass(frozen=True)
class LayerFile:
    """A file that a layer has, or takes away.

    Attributes
    ----------
    path : str
        From the root on, without a leading slash.
    size : int
        Bytes; 0 where it is taken away.
    change : str
        added, changed or removed, seen from the layers below.
    """

    path: str
    size: int
    change: str


@dataclass(frozen=True)
class Layer:
    """One layer of an image.

    Attributes
    ----------
    number : int
        From 1, the lowest.
    instruction : str
        What made it, as the image's history has it.
    files : tuple of LayerFile
        Sorted by path; folders are not counted.
    """

    number: int
    instruction: str
    files: tuple[LayerFile, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of all files in it."""
        return sum(one.size for one in self.files)

    def count(self, change: str) -> int:
        """Return how many files it added, changed or removed."""
        return sum(one.change == change for one in self.files)

    @property
    def largest(self) -> tuple[LayerFile, ...]:
        """The largest files in it."""
        return tuple(sorted(self.files, key=lambda one: (-one.size, one.path))[:LARGEST])


@dataclass(frozen=True)
class ImageLayers:
    """All layers of an image, the lowest first.

    Attributes
    ----------
    reference : str
    layers : tuple of Layer
    """

    reference: str
    layers: tuple[Layer, ...]

    @property
    def size(self) -> int:
        """Bytes of all layers."""
        return sum(layer.size for layer in self.layers)

    @property
    def hidden(self) -> int:
        """Bytes that a layer holds and a later one covers or takes away: they are stored, and never seen."""
        seen: dict[str, int] = {}
        hidden = 0
        for layer in self.layers:
            for one in layer.files:
                hidden += seen.pop(one.path, 0)
                if one.change != REMOVED:
                    seen[one.path] = one.size
        return hidden


@dataclass(frozen=True)
class _Entry:
    """What a layer's archive says of a path: ``size`` is None for a folder and for what is no content."""

    path: str
    size: int | None


def read_layers(reference: str, chunks: Iterable[bytes]) -> ImageLayers:
    """Return the layers of an image.

    Parameters
    ----------
    reference : str
    chunks : iterable of bytes
        What ``docker save`` writes for this one image.

    Raises
    ------
    ImageError
        Where the stream ends too early, or a layer is packed in a way that is not known here.
    """
    texts: dict[str, Any] = {}
    archives: dict[str, list[_Entry]] = {}
    links: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=io.BufferedReader(_Stream(chunks), CHUNK), mode="r|") as outer:
            for member in outer:
                if member.issym():
                    links[member.name] = _beside(member.name, member.linkname)
                elif member.isfile():
                    _read_part(member.name, outer.extractfile(member), texts, archives)
        manifest = texts[MANIFEST][0]
        configuration = texts[manifest["Config"]]
        contents = [archives[links.get(name, name)] for name in manifest["Layers"]]
    except (tarfile.TarError, LookupError, TypeError, ValueError, EOFError, OSError) as error:
        raise ImageError(f"The layers of {reference} cannot be read.", str(error)) from error
    return ImageLayers(reference, tuple(_compared(contents, _instructions(configuration, len(contents)))))


def _read_part(
    name: str, content: IO[bytes] | None, texts: dict[str, Any], archives: dict[str, list[_Entry]]
) -> None:
    """Read one part of an archive, which in OCI's layout does not say by its name what it is."""
    if content is None:
        return
    part = io.BufferedReader(_Whole(content), CHUNK)
    head = part.peek(BLOCK)[:BLOCK]
    if head.lstrip()[:1] in (b"{", b"[") and b"\0" not in head:
        texts[name] = json.loads(part.read())
    elif head.startswith(ZSTD):
        raise ImageError(
            "A layer is packed by zstd, which cannot be read here.", name, "docker history shows its steps."
        )
    elif head[:2] == b"\x1f\x8b" or head[257:262] == b"ustar" or not head.strip(b"\0"):
        archives[name] = list(_entries(part))


def _entries(part: IO[bytes]) -> Iterator[_Entry]:
    with tarfile.open(fileobj=part, mode="r|*", ignore_zeros=False) as archive:
        for member in archive:
            path = member.name.removeprefix("./").strip("/")
            if path:
                yield _Entry(path, None if member.isdir() else member.size)


def _compared(contents: list[list[_Entry]], instructions: list[str]) -> Iterator[Layer]:
    """Tell of each layer what it changed of what the layers below it have."""
    below: set[str] = set()
    for number, (entries, instruction) in enumerate(zip(contents, instructions, strict=True), start=1):
        gone = {path for entry in entries for path in _taken_away(entry.path, below)}
        here = {entry.path: entry.size for entry in entries if not _is_whiteout(entry.path)}
        files = {path: size for path, size in here.items() if size is not None}
        changes = [LayerFile(path, size, CHANGED if path in below else ADDED) for path, size in files.items()]
        changes += [LayerFile(path, 0, REMOVED) for path in gone - set(files)]
        yield Layer(number, instruction, tuple(sorted(changes, key=lambda one: one.path)))
        below = (below - gone) | set(files)


def _taken_away(path: str, below: set[str]) -> Iterator[str]:
    """Yield the files of the layers below that a whiteout hides."""
    folder, _, name = path.rpartition("/")
    if not name.startswith(WHITEOUT):
        return
    if name == OPAQUE:
        yield from (other for other in below if other.startswith(f"{folder}/") or not folder)
        return
    hidden = f"{folder}/{name.removeprefix(WHITEOUT)}".lstrip("/")
    yield from (other for other in below if other == hidden or other.startswith(f"{hidden}/"))


def _is_whiteout(path: str) -> bool:
    return path.rpartition("/")[2].startswith(WHITEOUT)


def _instructions(configuration: Any, count: int) -> list[str]:
    """Return what made each layer; a history need not be there, or tell of all layers."""
    steps = [step for step in configuration.get("history") or () if not step.get("empty_layer")]
    told = [_plain(str(step.get("created_by", ""))) for step in steps]
    return (told + [""] * count)[:count]


def _plain(made_by: str) -> str:
    """Return a step as the Dockerfile has it: builders write it in ways of their own."""
    text = made_by.removesuffix(" # buildkit").strip()
    noted = text.partition("#(nop)")
    if noted[1]:
        return _without_sources(noted[2].strip())
    words = text.removeprefix("RUN ")
    shell = words.partition("/bin/sh -c ")
    arguments = shell[0].startswith("|") or not shell[0]
    return f"RUN {shell[2].strip()}" if shell[1] and arguments else _without_sources(text)


def _without_sources(text: str) -> str:
    """Leave out what was copied: the classic builder keeps only a checksum of it."""
    word, _, rest = text.partition(" ")
    return f"{word} … {rest.split()[-1]}" if word in ("COPY", "ADD") and rest else text


def _beside(name: str, target: str) -> str:
    """Return the path that a link in an archive leads to."""
    parts = name.split("/")[:-1]
    for part in target.split("/"):
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


class _Stream(io.RawIOBase):
    """Chunks as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


class _Whole(io.RawIOBase):
    """A part of an archive as a raw file, so that its beginning can be looked at before it is read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._content.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
