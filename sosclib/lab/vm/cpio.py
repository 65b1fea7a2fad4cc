"""The archive format that the kernel unpacks as its first file system (newc), written without root."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass

MAGIC = "070701"


@dataclass(frozen=True)
class Member:
    """A file, folder or symbolic link of an archive.

    Attributes
    ----------
    path : str
        Without a leading slash.
    content : bytes
        A link's target, for a link.
    mode : int
        Type and permissions, as in ``st_mode``.
    uid, gid : int
    """

    path: str
    content: bytes = b""
    mode: int = stat.S_IFREG | 0o644
    uid: int = 0
    gid: int = 0


def folder(path: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> Member:
    """Return a folder.

    Parameters
    ----------
    path : str
        Without a leading slash.
    mode : int
        Its permissions.
    uid, gid : int
    """
    return Member(path, mode=stat.S_IFDIR | mode, uid=uid, gid=gid)


def program(path: str, content: bytes) -> Member:
    """Return a file that can be executed."""
    return Member(path, content, stat.S_IFREG | 0o755)


def archive(members: Iterable[Member]) -> bytes:
    """Return the archive; folders must come before what they hold."""
    parts = [_entry(number, member) for number, member in enumerate(members, start=1)]
    return b"".join([*parts, _entry(0, Member("TRAILER!!!", mode=0))])


def _entry(inode: int, member: Member) -> bytes:
    name = member.path.encode() + b"\0"
    fields = (
        inode,
        member.mode,
        member.uid,
        member.gid,
        1,
        0,
        len(member.content),
        0,
        0,
        0,
        0,
        len(name),
        0,
    )
    header = MAGIC.encode() + b"".join(b"%08X" % field for field in fields)
    return _padded(header + name) + _padded(member.content)


def _padded(part: bytes) -> bytes:
    return part + b"\0" * (-len(part) % 4)
