"""Images made of Dockerfiles without an engine or root: mmdebstrap lends its own root and its sources."""

from __future__ import annotations

import gzip
import io
import shlex
import shutil
import tarfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sosclib.lab.debian import STEP, SUITE, bootstrap
from sosclib.lab.dockerfile import Copy, Dockerfile, Run
from sosclib.lab.errors import LabError
from sosclib.lab.image_archive import ImageArchive
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.layering import write_difference

OUTSIDE = (
    *("dev", "proc", "sys"),
    *("etc/resolv.conf", "etc/hostname", "etc/apt/sources.list", "etc/apt/apt.conf.d/00mmdebstrap"),
    "tmp/mmdebstrap.*",
)
"""What the makers lay out and no image has."""
UNPACKING, COMPARING = "unpacking the base", "comparing with the base"
OPTIONS = (
    # The base brings its own word on services. What mmdebstrap lays out and takes away again would look as if
    # the Dockerfile had removed it.
    "--skip=update,cleanup,chroot/policy-rc.d,chroot/start-stop-daemon",
)
DEVICES = 'mkdir -p "$1/dev"'
"""A base has no folder for devices where an ordinary user made it; without one mmdebstrap lends none."""
SBIN = 'PATH="$PATH:/usr/sbin:/sbin"'


def build(
    dockerfile: Dockerfile,
    context: Path,
    base: ImageArchive,
    folder: Path,
    progress: Progress = quiet,
    *,
    keep: Path | None = None,
) -> Path:
    """Follow a Dockerfile, and return the layer that it puts upon its base, a tar archive.

    Parameters
    ----------
    dockerfile : Dockerfile
    context : Path
        The folder that COPY takes from.
    base : ImageArchive
    folder : Path
        An empty one to work in.
    progress : callable
        Is told each step: as many as `steps` says.
    keep : Path, optional
        Where to leave the whole file system, a tar archive.

    Raises
    ------
    LabError
        Where a step fails; the message says which.
    """
    # Whole seconds, as archives have them.
    now = int(time.time())
    progress(UNPACKING)
    below = _unpacked(base, folder)
    at = _Step(progress)
    hooks = [
        hook for number, step in enumerate(dockerfile.steps) for hook in _hooks(number, step, context, folder)
    ]
    try:
        root = bootstrap(
            keep or folder / "root.tar",
            packages=(),
            variant="custom",
            suite=SUITE,
            customize=hooks,
            options=(f"--setup-hook=tar-in {shlex.quote(str(below))} /", f"--setup-hook={DEVICES}", *OPTIONS),
            progress=at,
        )
    except LabError as error:
        raise LabError(f"The Dockerfile failed. {at.words}".strip(), error.why, error.help) from error
    progress(COMPARING)
    layer = folder / "layer.tar"
    write_difference(below, root, layer, passed_over=OUTSIDE, now=now)
    return layer


def steps(dockerfile: Dockerfile) -> int:
    """Return how many steps a build tells of."""
    return len(dockerfile.steps) + 2


class _Step:
    """Passes progress on, and remembers the last of it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.words = ""

    def __call__(self, words: str) -> None:
        self.words = words
        self._progress(words)


def _unpacked(base: ImageArchive, folder: Path) -> Path:
    """Return the base's only layer, unpacked."""
    (layer,) = base.layers
    below = folder / "base.tar"
    with gzip.open(layer) as packed, below.open("wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)
    return below


def _hooks(number: int, step: Run | Copy, context: Path, folder: Path) -> Iterator[str]:
    """Give mmdebstrap's hooks for a step; the new root is their ``$1``."""
    told = f"echo {shlex.quote(f'{STEP}line {step.line}: {step.words}')} >&2"
    if isinstance(step, Run):
        environment = [f"{name}={value}" for name, value in step.environment.items()]
        home = "HOME=/root" if step.user == "root" else "HOME=/"
        user = [] if step.user == "root" else [f"--userspec={step.user}"]
        inside = ["/usr/bin/env", "-i", f"--chdir={step.folder}", home, *environment, *step.arguments]
        yield f'{told}\n{SBIN}\nexec chroot {shlex.join(user)} "$1" {shlex.join(inside)}'
        return
    archive = folder / f"copy-{number}.tar"
    paths = write_copied(step, context, archive)
    yield told
    yield f"tar-in {shlex.quote(str(archive))} /"
    if step.owner:
        yield f'{SBIN}\nexec chroot "$1" chown -h {shlex.quote(step.owner)} {shlex.join(paths)}'


def write_copied(step: Copy, context: Path, archive: Path) -> Sequence[str]:
    """Write what a COPY brings as a tar archive, and return the paths in the image.

    Parameters
    ----------
    step : Copy
    context : Path
        The folder from which it copies.
    archive : Path
        Where to write it.

    Raises
    ------
    LabError
        Where there is no such file.
    """
    paths = []
    with tarfile.open(archive, "w") as tar:
        for name, file in _copied(step, context):
            member = tarfile.TarInfo(name.lstrip("/"))
            # As everybody sees them, whatever the umask of this checkout was.
            member.mode = 0o755 if file.is_dir() or file.stat().st_mode & 0o100 else 0o644
            member.mtime = int(time.time())
            if file.is_dir():
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            else:
                content = file.read_bytes()
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            paths.append(name)
    return paths


def _copied(step: Copy, context: Path) -> Iterator[tuple[str, Path]]:
    """Give path in the image, and file, of all that a COPY brings."""
    found = [(source, file) for source in step.sources for file in _matching(step, source, context)]
    if len(found) > 1 and not step.target.endswith("/"):
        raise _copy_fault(step, "The target of several files is a folder: it ends in a slash.")
    for _, file in found:
        if file.is_dir():
            # An engine copies what is in a folder, not the folder.
            for inner in sorted(file.rglob("*")):
                yield f"{step.target.rstrip('/')}/{inner.relative_to(file).as_posix()}", inner
        else:
            yield (f"{step.target}{file.name}" if step.target.endswith("/") else step.target), file


def _matching(step: Copy, source: str, context: Path) -> list[Path]:
    relative = source.lstrip("/") or "."
    files = [context] if relative == "." else sorted(context.glob(relative))
    if not files or any(not file.resolve().is_relative_to(context.resolve()) for file in files):
        raise _copy_fault(step, f"There is no {source} beside the Dockerfile.")
    return files


def _copy_fault(step: Copy, why: str) -> LabError:
    return LabError(f"Line {step.line} of the Dockerfile cannot be followed: {step.words}", why)
