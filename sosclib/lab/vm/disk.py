"""A disk with a file system made of a tar archive, without root.

Its files are unpacked as the user's own; who really owns them, and what they may do, is then written straight
into the file system that was made of them.
"""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sosclib.lab.errors import LabError
from sosclib.lab.vm import qemu

SIZE = "10G"
BYTES_PER_INODE = 32768
READABLE = {True: 0o700, False: 0o600}


def make_disk(archive: Path, disk: Path) -> None:
    """Write a raw disk image (sparse) that holds an archive's files as ext4.

    Raises
    ------
    LabError
        Where a step fails.
    """
    with tempfile.TemporaryDirectory(prefix=".tree-", dir=disk.parent) as name:
        tree = Path(name)
        members = _unpack(archive, tree)
        qemu.run(
            [
                qemu.tool("mke2fs"),
                *("-q", "-F", "-t", "ext4", "-m", "0", "-i", str(BYTES_PER_INODE), "-L", "lab"),
                *("-E", "root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1"),
                *("-d", str(tree), str(disk), SIZE),
            ]
        )
        _own(disk, members, tree)
        subprocess.run(["chmod", "-R", "u+rwX", name], check=True)


def _unpack(archive: Path, tree: Path) -> list[tarfile.TarInfo]:
    """Unpack what is no device; return the members, hard links left out."""
    qemu.run(
        [
            *("tar", "--extract", "--file", str(archive), "--directory", str(tree)),
            *("--no-same-owner", "--preserve-permissions", "--delay-directory-restore", "--exclude=./dev/*"),
        ]
    )
    with tarfile.open(archive) as tar:
        members = [m for m in tar if not m.islnk() and not m.isdev() and not m.name.startswith("./dev/")]
    for member in members:
        needed = READABLE[member.isdir()]
        if not member.issym() and member.mode & needed != needed:
            (tree / member.name).chmod(member.mode | needed)
    return members


def _own(disk: Path, members: list[tarfile.TarInfo], tree: Path) -> None:
    script = "".join(line for member in members for line in _corrections(member, tree))
    with tempfile.NamedTemporaryFile("w", suffix=".debugfs") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            [qemu.tool("debugfs"), "-w", "-f", file.name, str(disk)],
            capture_output=True,
            text=True,
            check=False,
        )
    complaints = [line for line in done.stderr.splitlines() if not line.startswith("debugfs 1.")]
    if done.returncode or complaints:
        raise LabError("The owners of the disk's files cannot be set.", "\n".join(complaints[:8]))


def _corrections(member: tarfile.TarInfo, tree: Path) -> Iterator[str]:
    path = member.name.removeprefix(".") or "/"
    made = (tree / member.name).lstat()
    if path == "/":
        yield f"set_inode_field / mode 0{0o40000 | member.mode:o}\n"
        return
    if made.st_uid != member.uid:
        yield f'set_inode_field "{path}" uid {member.uid}\n'
    if made.st_gid != member.gid:
        yield f'set_inode_field "{path}" gid {member.gid}\n'
    if not member.issym() and made.st_mode & 0o7777 != member.mode:
        kind = made.st_mode & ~0o7777
        yield f'set_inode_field "{path}" mode 0{kind | member.mode:o}\n'
