"""The course's own images, made of Debian packages without an engine or root, and kept in the cache."""

from __future__ import annotations

import hashlib
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path

from sosclib.lab.aside import made_aside
from sosclib.lab.debian import SUITE, bootstrap
from sosclib.lab.errors import NotFound
from sosclib.lab.image_archive import ImageArchive, write_archive
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import cache_dir, data_dir
from sosclib.lab.vm.architecture import architecture

SECONDS = 30
"""About how long the largest of them takes to make."""


@dataclass(frozen=True)
class Recipe:
    """How an image is made: ``data/images/NAME/image.toml``, and ``build.sh`` beside it.

    Attributes
    ----------
    name : str
        The role that it plays.
    title, repository, tag : str
        What it is, honestly.
    variant : str
        mmdebstrap's: which packages every system has.
    packages, offline_packages : tuple of str
        Those that are installed, and those that lie in it to be installed.
    command : tuple of str
    script : str
    """

    name: str
    title: str
    repository: str
    tag: str
    variant: str
    packages: tuple[str, ...]
    offline_packages: tuple[str, ...]
    command: tuple[str, ...]
    script: str

    @property
    def folder(self) -> Path:
        """Where the cache has it, or will have it."""
        key = hashlib.sha256(f"1 {architecture().name} {SUITE} {self}".encode()).hexdigest()[:12]
        return cache_dir() / "images" / f"{self.name}-{key}"


def recipe(name: str) -> Recipe:
    """Return the recipe of an image.

    Raises
    ------
    NotFound
        Where there is none; the message lists those that there are.
    """
    file = data_dir() / "images" / name / "image.toml"
    if not file.exists():
        raise NotFound(f"There is no image {name!r} to make.", help=f"There are {', '.join(recipes())}.")
    fields = tomllib.loads(file.read_text())
    return Recipe(
        name=name,
        title=fields["title"],
        repository=fields["repository"],
        tag=fields["tag"],
        variant=fields["variant"],
        packages=tuple(fields["packages"]),
        offline_packages=tuple(fields["offline_packages"]),
        command=tuple(fields["command"]),
        script=file.with_name("build.sh").read_text(),
    )


def recipes() -> list[str]:
    """Return the names of all images that can be made."""
    return sorted(file.parent.name for file in (data_dir() / "images").glob("*/image.toml"))


def is_made(name: str) -> bool:
    """Tell whether the cache has an image."""
    return recipe(name).folder.exists()


def offline_image(name: str, progress: Progress = quiet) -> ImageArchive:
    """Return an image, made where the cache does not have it.

    Raises
    ------
    NotFound
        Where there is no recipe of that name.
    ToolMissing, LabError
        Where it cannot be made; nothing half-made stays.
    """
    made_by = recipe(name)
    if not made_by.folder.exists():
        progress(f"Making the image {made_by.repository}:{made_by.tag} of Debian packages")
        with made_aside(made_by.folder) as aside:
            _make(made_by, aside)
    return ImageArchive(made_by.repository, made_by.tag, made_by.folder)


def _make(made_by: Recipe, folder: Path) -> None:
    packages = shlex.quote(" ".join(made_by.offline_packages))
    root = bootstrap(
        folder / "root.tar",
        packages=made_by.packages,
        variant=made_by.variant,
        suite=SUITE,
        customize=(f"OFFLINE_PACKAGES={packages}\n{made_by.script}",),
        # Of a system without its own package manager there is nothing for mmdebstrap to tidy up.
        options=("--skip=cleanup",) if made_by.variant == "custom" else (),
    )
    labels = {
        "org.opencontainers.image.title": made_by.title,
        "org.opencontainers.image.version": made_by.tag,
        "org.opencontainers.image.source": f"Debian packages, suite {SUITE}",
        "sosc.role": made_by.name,
    }
    write_archive(folder, root, command=made_by.command, labels=labels)
    root.unlink()
