"""What an image adds to the one that it starts from, as a layer: two tar archives compared."""

from __future__ import annotations

import hashlib
import posixpath
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path
from typing import IO

WHITEOUT = ".wh."
XATTRS = "SCHILY.xattr."
ENCODING = "utf-8"
CHUNK = 1 << 20
NEVER = "(?!)"


@dataclass(frozen=True)
class Entry:
    """What makes a file this very file; the time of its last change does not.

    Attributes
    ----------
    kind : bytes
        tar's word for it.
    mode, uid, gid : int
    link : str
    content : str
        Its digest.
    device : tuple of int
    xattrs : tuple of pairs of str
    """

    kind: bytes
    mode: int
    uid: int
    gid: int
    link: str
    content: str
    device: tuple[int, int]
    xattrs: tuple[tuple[str, str], ...]


Entries = dict[str, Entry]


def write_difference(base: Path, root: Path, target: Path, *, passed_over: tuple[str, ...], now: int) -> None:
    """Write the layer that makes one file system of another.

    Parameters
    ----------
    base, root : Path
        tar archives: what there was, and what there is.
    target : Path
        The layer, a tar archive: what is new or changed, the folders on the way there, and a *whiteout* for
        each thing that is gone.
    passed_over : tuple of str
        Paths, or patterns of them, that are no part of an image, with all below them.
    now : int
        When the making began. What is younger gets the time of the newest file that is older: no layer
        differs for the hour of its making.
    """
    before, after = entries(base, passed_over), entries(root, passed_over)
    changed = {path for path, entry in after.items() if before.get(path) != entry}
    changed |= _linked(after, changed)
    gone = {path for path in before.keys() - after.keys() if _is_folder(after, posixpath.dirname(path))}
    wanted = changed | {folder for path in changed | gone for folder in _above(path)}
    with tarfile.open(root, encoding=ENCODING) as source:
        newest = max((int(m.mtime) for m in source if m.mtime < now), default=0)
    with (
        tarfile.open(root, encoding=ENCODING) as source,
        tarfile.open(target, "w", format=tarfile.PAX_FORMAT, encoding=ENCODING) as layer,
    ):
        for path, member in _members(source, passed_over):
            if path not in wanted:
                continue
            content = source.extractfile(member) if member.isreg() else None
            layer.addfile(_plain(member, path, newest), content)
        for path in sorted(gone):
            folder, name = posixpath.split(path)
            mark = tarfile.TarInfo(posixpath.join(folder, WHITEOUT + name))
            mark.mtime = newest
            layer.addfile(mark)


def entries(archive: Path, passed_over: tuple[str, ...] = ()) -> Entries:
    """Return what a tar archive has, by path."""
    found: Entries = {}
    with tarfile.open(archive, encoding=ENCODING) as tar:
        for path, member in _members(tar, passed_over):
            content = tar.extractfile(member) if member.isreg() else None
            link = _path(member.linkname) if member.islnk() else member.linkname
            found[path] = Entry(
                member.type,
                # A second name of a file has the file's mode and owner; archives tell that in different ways.
                *((0, 0, 0) if member.islnk() else (member.mode, member.uid, member.gid)),
                link=link,
                content=_digest(content) if content else "",
                device=(member.devmajor, member.devminor) if member.isdev() else (0, 0),
                xattrs=tuple(sorted((k, v) for k, v in member.pax_headers.items() if k.startswith(XATTRS))),
            )
    return found


def _digest(content: IO[bytes]) -> str:
    found = hashlib.sha256()
    while chunk := content.read(CHUNK):
        found.update(chunk)
    return found.hexdigest()


def read_file(archive: Path, path: str) -> bytes:
    """Return the content of one file of a tar archive; nothing where it is not there."""
    with tarfile.open(archive, encoding=ENCODING) as tar:
        for member in tar:
            if _path(member.name) == path and member.isreg():
                content = tar.extractfile(member)
                assert content is not None
                return content.read()
    return b""


def _members(tar: tarfile.TarFile, passed_over: tuple[str, ...]) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """Give each path once, without the root folder itself."""
    patterns = [translate(pattern) for one in passed_over for pattern in (one, f"{one}/*")]
    outside = re.compile("|".join(patterns) or NEVER)
    for member in tar:
        path = _path(member.name)
        if path and not outside.match(path):
            yield path, member


def _linked(after: Entries, changed: set[str]) -> set[str]:
    """Return the names of files that have another name among the changed ones: all names go together."""
    first = {path: entry.link for path, entry in after.items() if entry.kind == tarfile.LNKTYPE}
    moved = {first.get(path, path) for path in changed}
    return moved | {path for path, link in first.items() if link in moved}


def _above(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _is_folder(after: Entries, path: str) -> bool:
    return not path or (path in after and after[path].kind == tarfile.DIRTYPE)


def _plain(member: tarfile.TarInfo, path: str, newest: int) -> tarfile.TarInfo:
    """Return a member as the layer has it: owners as numbers, and no time after the newest."""
    member.name = path
    if member.islnk():
        member.linkname = _path(member.linkname)
    member.uname = member.gname = ""
    member.mtime = min(int(member.mtime), newest)
    member.pax_headers = {k: v for k, v in member.pax_headers.items() if k.startswith(XATTRS)}
    return member


def _path(name: str) -> str:
    path = posixpath.normpath(name).lstrip("/")
    return "" if path == "." else path
