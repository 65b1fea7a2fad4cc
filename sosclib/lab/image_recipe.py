"""How the course's own images are made: what stands under ``data/images``, read.

The image that all others start from, and those of a single program, are lists of packages with a script
(``image.toml`` and ``build.sh``); every other one is a Dockerfile that starts from ``base``.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from sosclib.lab.architecture import architecture
from sosclib.lab.debian import SUITE
from sosclib.lab.dockerfile import Dockerfile, parse
from sosclib.lab.errors import LabError, NotFound
from sosclib.lab.image_archive import PATH
from sosclib.lab.paths import cache_dir, data_dir

BASE = "base"
NODE = "node"
"""The machine that is a container: the lab's own, and no image of the course's."""
LIST, DOCKERFILE = "image.toml", "Dockerfile"
TITLE, NAME, VERSION = (f"org.opencontainers.image.{word}" for word in ("title", "ref.name", "version"))
PACKAGE = "sosc.package"
FORMAT = 7
"""Raised when the makers change so that older images must not be taken any more."""


@dataclass(frozen=True)
class Recipe:
    """How an image is made.

    Attributes
    ----------
    name : str
        The role that it plays.
    title, repository, tag : str
        What it is, honestly.
    package : str
        The Debian package whose version the tag tells; empty where the script itself looks at that.
    text : str
        All that it is made by: where a letter changes, the image is made anew.
    """

    name: str
    title: str
    repository: str
    tag: str
    package: str
    text: str

    @property
    def reference(self) -> str:
        """Its name, without a registry."""
        return f"{self.repository}:{self.tag}"

    @property
    def key(self) -> str:
        """What tells this recipe from any other."""
        text = f"{FORMAT} {architecture().name} {SUITE} {self.text}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def folder(self) -> Path:
        """Where the cache has it, or will have it."""
        return cache_dir() / "images" / f"{self.name}-{self.key}"


@dataclass(frozen=True)
class PackageRecipe(Recipe):
    """A list of packages, and a script that runs at the end.

    Attributes
    ----------
    variant : str
        mmdebstrap's: which packages every system has.
    packages, offline_packages : tuple of str
        Those that are installed, and those that lie in it to be installed.
    command : tuple of str
    script : str
    suite : str
        Debian's name of the release.
    updates : bool
        Whether it gets what was updated since that release's last point release.
    """

    variant: str
    packages: tuple[str, ...]
    offline_packages: tuple[str, ...]
    command: tuple[str, ...]
    script: str
    suite: str = SUITE
    updates: bool = True


@dataclass(frozen=True)
class DockerfileRecipe(Recipe):
    """A Dockerfile.

    Attributes
    ----------
    dockerfile : Dockerfile
    context : Path
        Its folder, from which it copies.
    """

    dockerfile: Dockerfile
    context: Path


def recipes() -> list[str]:
    """Return the names of all images that the course works with."""
    images = data_dir() / "images"
    return sorted(file.parent.name for name in (LIST, DOCKERFILE) for file in images.glob(f"*/{name}"))


def recipe(name: str) -> Recipe:
    """Return the recipe of an image.

    Raises
    ------
    NotFound
        Where there is none; the message lists those that there are.
    """
    folder = data_dir() / NODE if name == NODE else data_dir() / "images" / name
    if (folder / DOCKERFILE).exists():
        return read_dockerfile(folder)
    if (folder / LIST).exists():
        return _read_list(folder)
    raise NotFound(f"There is no image {name!r} to make.", help=f"There are {', '.join(recipes())}.")


def read_dockerfile(folder: Path) -> DockerfileRecipe:
    """Return the recipe that a folder with a Dockerfile is.

    Raises
    ------
    LabError
        Where a line is not understood, or does not say what the image is or which one it starts from.
    """
    dockerfile = parse((folder / DOCKERFILE).read_text(), inherited=dict([PATH.split("=")]))
    labels = dockerfile.labels
    lacking = [label for label in (TITLE, NAME, VERSION, PACKAGE) if label not in labels]
    if lacking:
        raise LabError(f"The Dockerfile of {folder.name} has no label {', '.join(lacking)}.")
    below = recipe(BASE)
    if dockerfile.base != below.reference:
        raise LabError(
            f"The Dockerfile of {folder.name} starts from {dockerfile.base}.",
            "Without an engine the course makes images that share one layer.",
            f"Let it start from {below.reference}.",
        )
    return DockerfileRecipe(
        name=folder.name,
        title=labels[TITLE],
        repository=labels[NAME],
        tag=labels[VERSION],
        package=labels[PACKAGE],
        text="\n".join([below.text, *_contents(folder)]),
        dockerfile=dockerfile,
        context=folder,
    )


def _read_list(folder: Path) -> PackageRecipe:
    text = (folder / LIST).read_text()
    script = (folder / "build.sh").read_text()
    fields = tomllib.loads(text)
    return PackageRecipe(
        name=folder.name,
        title=fields["title"],
        repository=fields["repository"],
        tag=fields["tag"],
        package=fields.get("package", ""),
        # Not the file itself: a comment makes no other image.
        text=f"{sorted(fields.items())}\n{script}",
        variant=fields["variant"],
        packages=tuple(fields["packages"]),
        offline_packages=tuple(fields["offline_packages"]),
        command=tuple(fields["command"]),
        script=script,
        suite=fields.get("suite", SUITE),
        updates=fields.get("updates", True),
    )


def _contents(folder: Path) -> list[str]:
    """Return all files of a folder in words: name, whether it can be run, content."""
    return [
        f"{file.relative_to(folder).as_posix()} {bool(file.stat().st_mode & 0o100)} "
        + hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]
