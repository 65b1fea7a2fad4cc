"""Debian's kernel for virtual machines and a busybox to start under it, in the cache."""

from __future__ import annotations

import hashlib
import lzma
import tarfile
from dataclasses import dataclass
from pathlib import Path

from sosclib.lab.architecture import Architecture, architecture
from sosclib.lab.aside import made_aside
from sosclib.lab.debian import bootstrap
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import cache_dir

# The meta package names the current kernel; that one is unpacked alone, without the tools that make
# an initrd: the lab has its own.
FETCH = """set -eu
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
kernel=$(apt-cache depends --important {package} | sed -n 's/^ *Depends: //p' | head -n 1)
mkdir "$1/fetched"
cd "$1/fetched"
apt-get download -q "$kernel" busybox-static
for package in *.deb; do dpkg-deb -x "$package" "$1"; done
cd "$1"
rm -rf fetched usr/share
"""
DISK_MODULE = "virtio_blk"


@dataclass(frozen=True)
class Kernel:
    """The files of a kernel.

    Attributes
    ----------
    key : str
        Changes with what it is made of.
    folder : Path
    """

    key: str
    folder: Path

    @property
    def image(self) -> Path:
        """The kernel that QEMU starts directly."""
        return self.folder / "vmlinuz"

    @property
    def busybox(self) -> Path:
        """A static busybox."""
        return self.folder / "busybox"

    @property
    def disk_module(self) -> Path:
        """The one driver that the root disk needs and the kernel lacks."""
        return self.folder / f"{DISK_MODULE}.ko"

    @property
    def tar(self) -> Path:
        """The kernel and its modules as they lie in a root file system."""
        return self.folder / "kernel.tar"

    @property
    def release(self) -> str:
        """What ``uname -r`` says under it."""
        return (self.folder / "release").read_text()


def kernel(progress: Progress = quiet, arch: Architecture | None = None) -> Kernel:
    """Return the kernel, fetched and unpacked where the cache does not have it."""
    arch = arch or architecture()
    script = FETCH.format(package=arch.kernel_package)
    key = hashlib.sha256(f"2 {arch.name} {script}".encode()).hexdigest()[:12]
    folder = cache_dir() / f"kernel-{key}"
    if not folder.exists():
        progress("Fetching a Linux kernel")
        with made_aside(folder) as aside:
            whole = bootstrap(aside / "whole.tar", packages=(), variant="custom", customize=(script,))
            _pick(whole, aside)
            whole.unlink()
    return Kernel(key, folder)


def _pick(whole: Path, folder: Path) -> None:
    """Take the files named above; the rest belongs to no machine, its package database least of all."""
    with tarfile.open(whole) as tar, tarfile.open(folder / "kernel.tar", "w") as kept:
        for member in tar:
            name = Path(member.name).name
            if not member.isfile():
                continue
            if member.name.startswith(("./boot/", "./usr/lib/modules/")):
                kept.addfile(member, tar.extractfile(member))
            if name.startswith("vmlinuz-"):
                (folder / "vmlinuz").write_bytes(_content(tar, member))
                (folder / "release").write_text(name.removeprefix("vmlinuz-"))
            elif name == "busybox":
                (folder / "busybox").write_bytes(_content(tar, member))
            elif name.startswith(f"{DISK_MODULE}.ko"):
                content = _content(tar, member)
                (folder / f"{DISK_MODULE}.ko").write_bytes(
                    lzma.decompress(content) if name.endswith(".xz") else content
                )


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None, member.name
    return file.read()
