"""udocker as one archive that any Linux machine can unpack and run: no root, no daemon, no network.

In it are the package udocker as pip installed it here, a script that starts it, and the tools that it would
otherwise fetch from the Internet: PRoot, of Debian's package, with the libraries that it is linked to.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import tarfile
import tempfile
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

from sosclib.lab.architecture import architecture
from sosclib.lab.aside import open_folder, write_aside
from sosclib.lab.debian import SUITE, bootstrap
from sosclib.lab.errors import LabError, ToolMissing
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import cache_dir, data_dir

PACKAGE = "udocker"
NAME = "udocker.tar.gz"
SCRIPT, FILES = "udocker", "udocker-files"
"""What the archive unpacks to: the script, and the folder of all else."""
RELEASE = "1.2.11"
"""The release of udocker's own tools for which ours stand: the least that this udocker accepts."""
PARTS = {
    "usr/bin/proot": "proot.elf",
    "usr/lib/*-linux-gnu/ld-linux*.so.*": "",
    "usr/lib/*-linux-gnu/libc.so.6": "",
    "usr/lib/*-linux-gnu/libtalloc.so.2": "",
}
"""Files of Debian's packages, and what they are called among the tools where that is not their own name."""
FORMAT = 1
"""Raised when the making changes so that older archives must not be taken any more."""


def udocker_archive(progress: Progress = quiet) -> Path:
    """Return the archive, made where the cache does not have it.

    Raises
    ------
    ToolMissing
        Where the package udocker is not installed, or mmdebstrap, which takes PRoot out of Debian's package.
    LabError
        Where Debian's package cannot be had.
    """
    target = archive_path()
    if not target.exists():
        progress("Making an archive of udocker and of PRoot from Debian's package")
        with tempfile.TemporaryDirectory(prefix="sosc-udocker-") as work:
            root = bootstrap(Path(work) / "root.tar", packages=["proot"], variant="extract")
            tools = _tools(root)
        open_folder(target.parent, to_write=True)
        write_aside(target, _packed(_contents(tools)))
    return target


def archive_path() -> Path:
    """Return where the cache has the archive, or would have it."""
    return cache_dir() / f"udocker-{_key()}" / NAME


def _key() -> str:
    """Return what tells this archive from any other: versions, and every letter of our own parts."""
    own = [(data_dir() / "udocker" / name).read_text() for name in (SCRIPT, "proot")]
    text = "\0".join([str(FORMAT), architecture().name, SUITE, _version(), *own])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _version() -> str:
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise ToolMissing(
            "The package udocker is not installed.", "It is one of the course's own.", "make clean setup"
        ) from error


def _contents(tools: bytes) -> dict[str, tuple[bytes, int]]:
    """Return the archive's files with their modes."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ToolMissing("The package udocker is not installed.", help="make clean setup")
    package = Path(spec.submodule_search_locations[0])
    code = {
        f"{FILES}/lib/{PACKAGE}/{file.relative_to(package)}": (file.read_bytes(), 0o644)
        for file in sorted(package.rglob("*.py"))
    }
    script = (data_dir() / "udocker" / SCRIPT).read_bytes()
    return {SCRIPT: (script, 0o755), f"{FILES}/tools.tar.gz": (tools, 0o644), **code}


def _tools(root: Path) -> bytes:
    """Return what ``udocker install`` unpacks, in the layout of the project's own tools."""
    wrapper = (data_dir() / "udocker" / "proot").read_bytes()
    files = {"bin/proot": (wrapper, 0o755), "lib/VERSION": (f"{RELEASE}\n".encode(), 0o644)}
    with tarfile.open(root) as system:
        here = {member.name.removeprefix("./"): member for member in system}
        for pattern, name in PARTS.items():
            found = next((path for path in here if fnmatch(path, pattern)), None)
            content = system.extractfile(here[found]) if found else None
            if found is None or content is None:
                raise LabError(
                    f"Debian's package proot came without {pattern}.", help="sosc prefetch, once more"
                )
            files[f"bin/{name or Path(found).name}"] = (content.read(), 0o755)
    return _packed({f"udocker_dir/{name}": file for name, file in files.items()})


def _packed(files: dict[str, tuple[bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, (content, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
