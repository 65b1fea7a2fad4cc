"""What both machines start from: one read-only disk, a kernel, and a small first file system."""

from __future__ import annotations

import errno
import hashlib
import io
import shlex
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sosclib.lab.architecture import architecture
from sosclib.lab.aside import made_aside
from sosclib.lab.debian import bootstrap
from sosclib.lab.errors import LabError
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import cache_dir, data_dir
from sosclib.lab.vm import cpio
from sosclib.lab.vm.disk import make_disk
from sosclib.lab.vm.kernel import DISK_MODULE, Kernel, kernel

NEEDED_MIB = 2500
FULL = ("No space left", "File too large", "Disk quota exceeded")
INIT = f"""#!/busybox sh
# Finds the disk, puts this machine's own files on it, and hands over to its system.
export PATH=/
busybox mount -t devtmpfs dev /dev
busybox insmod /{DISK_MODULE}.ko
busybox mount -t ext4 -o rw,noatime,noinit_itable /dev/vda /disk || exec busybox sh
[ -s /disk/etc/machine-id ] || busybox cp -a /own/. /disk/
busybox umount /dev
exec busybox switch_root /disk /sbin/init
"""


@dataclass(frozen=True)
class MachineImage:
    """The files that machines start from.

    Attributes
    ----------
    key : str
        Changes with the recipe, the packages and the architecture.
    folder : Path
    kernel : Kernel
    """

    key: str
    folder: Path
    kernel: Kernel

    @property
    def identity(self) -> str:
        """Differs for every image ever built: a disk made on one does not fit another."""
        return (self.folder / "identity").read_text()

    @property
    def disk(self) -> Path:
        """The read-only raw disk."""
        return self.folder / "disk.raw"

    @property
    def initramfs(self) -> Path:
        """The first file system; each machine's own files are appended to it."""
        return self.folder / "initramfs.cpio"


def machine_image(progress: Progress = quiet) -> MachineImage:
    """Return the image, built where the cache does not have it.

    Raises
    ------
    LabError
        Where a step of the build fails; nothing half-made stays.
    """
    with _room(cache_dir()):
        files = kernel(progress)
        recipe = _recipe()
        key = hashlib.sha256(f"{architecture().name} {files.key} {recipe}".encode()).hexdigest()[:12]
        folder = cache_dir() / f"vm-{key}"
        if not folder.exists():
            with made_aside(folder) as aside:
                _build(aside, files, progress)
    return MachineImage(key, folder, files)


def _build(folder: Path, files: Kernel, progress: Progress) -> None:
    progress("Installing Debian with a Docker Engine for the machines (half a minute or more)")
    archive, own = folder / "system.tar", folder / "own.tar"
    _pack(data_dir() / "vm" / "root", own)
    bootstrap(
        archive,
        packages=_names("packages.txt"),
        customize=(
            f"tar-in {shlex.quote(str(files.tar))} /",
            f"tar-in {shlex.quote(str(own))} /",
            _script(),
        ),
        options=("--skip=cleanup/apt/lists",),
        progress=progress,
    )
    progress("Making the machines' disk")
    make_disk(archive, folder / "disk.raw")
    (folder / "disk.raw").chmod(0o444)
    (folder / "initramfs.cpio").write_bytes(_initramfs(files))
    (folder / "identity").write_text(uuid.uuid4().hex)
    archive.unlink()
    own.unlink()


def _initramfs(files: Kernel) -> bytes:
    return cpio.archive(
        [
            *(cpio.folder(name) for name in ("dev", "disk", "own")),
            cpio.program("busybox", files.busybox.read_bytes()),
            cpio.Member(f"{DISK_MODULE}.ko", files.disk_module.read_bytes()),
            cpio.program("init", INIT.encode()),
        ]
    )


def _script() -> str:
    return (
        f"OFFLINE_PACKAGES={shlex.quote(' '.join(_names('offline-packages.txt')))}\n"
        + (data_dir() / "vm" / "configure.sh").read_text()
    )


def _names(file: str) -> tuple[str, ...]:
    lines = (data_dir() / "vm" / file).read_text().splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def _recipe() -> str:
    """Return everything that the image depends on, in words."""
    root = data_dir() / "vm" / "root"
    own = [f"{path.relative_to(root)}\n{path.read_text()}" for path in _files(root)]
    return "\n".join([INIT, _script(), *_names("packages.txt"), *own])


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def _pack(root: Path, archive: Path) -> None:
    """Write files as root's, whoever has them here."""
    with tarfile.open(archive, "w") as tar:
        for path in sorted(root.rglob("*")):
            member = tarfile.TarInfo(f"./{path.relative_to(root)}")
            if path.is_dir():
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(member)
            else:
                content = path.read_bytes()
                member.size, member.mode = len(content), 0o644
                tar.addfile(member, io.BytesIO(content))


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    """Say so where a build fails because the disk is full."""
    try:
        yield
    except (OSError, LabError) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        free = shutil.disk_usage(folder).free // 2**20
        if not full and not any(words in str(error) for words in FULL):
            raise
        raise LabError(
            "There is no room for the machines' disk.",
            f"Its making takes about {NEEDED_MIB} MiB in {folder}, where {free} MiB are free.",
            "Make room there, or name a folder with more: export SOSC_CACHE=…",
        ) from None
