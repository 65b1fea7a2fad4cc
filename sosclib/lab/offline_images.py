"""The course's own images, made of Debian packages without an engine or root, and kept in the cache."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

from sosclib.lab import dockerfile_build
from sosclib.lab.aside import made_aside
from sosclib.lab.debian import bootstrap
from sosclib.lab.errors import LabError
from sosclib.lab.image_archive import PATH, ImageArchive, write_archive
from sosclib.lab.image_recipe import BASE, DockerfileRecipe, PackageRecipe, Recipe, recipe, recipes
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.layering import read_file

FIRST = (BASE, "small", "registry")
"""What the first sections work with; the others are made when a section needs them."""
INSTALLING, PACKING = "installing packages", "packing"
STATUS = "var/lib/dpkg/status"
WITH_LICENCES = "--dpkgopt=path-include=/usr/share/doc/*/copyright"
"""Whoever hands programs on must hand on the terms under which they may be."""

__all__ = ["FIRST", "is_made", "offline_image", "recipe", "recipes", "steps"]


def is_made(name: str) -> bool:
    """Tell whether the cache has an image."""
    return recipe(name).folder.exists()


def steps(name: str) -> int:
    """Return how many steps the making of an image tells of."""
    made_by = recipe(name)
    return 1 + (dockerfile_build.steps(made_by.dockerfile) if isinstance(made_by, DockerfileRecipe) else 1)


def offline_image(name: str, progress: Progress = quiet, detail: Progress = quiet) -> ImageArchive:
    """Return an image, made where the cache does not have it.

    Parameters
    ----------
    name : str
    progress : callable
        Is told which images are made.
    detail : callable
        Is told each step of the making of this one.

    Raises
    ------
    NotFound
        Where there is no recipe of that name.
    ToolMissing, LabError
        Where it cannot be made, or is not what its tag says; nothing half-made stays.
    """
    made_by = recipe(name)
    if not made_by.folder.exists():
        # The base first: it has a phase of its own.
        base = offline_image(BASE, progress) if isinstance(made_by, DockerfileRecipe) else None
        progress(f"Making the image {made_by.reference} of Debian packages")
        with made_aside(made_by.folder) as aside:
            work = aside / "work"
            work.mkdir()
            _make(made_by, base, aside, work, detail)
            shutil.rmtree(work)
    return ImageArchive(made_by.repository, made_by.tag, made_by.folder)


def _make(made_by: Recipe, base: ImageArchive | None, folder: Path, work: Path, detail: Progress) -> None:
    root = work / "root.tar"
    if isinstance(made_by, DockerfileRecipe):
        assert base is not None
        layer = dockerfile_build.build(made_by.dockerfile, made_by.context, base, work, detail, keep=root)
        # What the base says holds where the Dockerfile says nothing else.
        settings = {**base.config["config"], **made_by.dockerfile.settings}
        made = f"made of the Dockerfile of {made_by.name}, without an engine"
    else:
        assert isinstance(made_by, PackageRecipe)
        detail(INSTALLING)
        layer = _bootstrapped(made_by, root)
        settings = {"Env": [PATH], "Cmd": list(made_by.command), "Labels": _labels(made_by)}
        made = "made of Debian packages"
    check_tag(made_by, root)
    detail(PACKING)
    write_archive(folder, layer, settings, made=made, base=base)


def _bootstrapped(made_by: PackageRecipe, root: Path) -> Path:
    packages = shlex.quote(" ".join(made_by.offline_packages))
    # No device is in an image: engines bring their own, and an ordinary user cannot unpack them.
    # Of a system without its own package manager there is nothing for mmdebstrap to tidy up, and in the base
    # a word on services stays that mmdebstrap would take away.
    skipped = ["output/dev", "cleanup" if made_by.variant == "custom" else "chroot/policy-rc.d"]
    # Of what several archives offer apt then takes the release's own, however new the others' are.
    stays = () if made_by.updates else (f'--aptopt=APT::Default-Release "{made_by.suite}"',)
    return bootstrap(
        root,
        packages=made_by.packages,
        variant=made_by.variant,
        suite=made_by.suite,
        customize=(f"TAG={made_by.tag} OFFLINE_PACKAGES={packages}\n{made_by.script}",),
        # What is lost with the power is made again. It stays in the image, for installations in a container.
        options=(f"--skip={','.join(skipped)}", "--dpkgopt=force-unsafe-io", WITH_LICENCES, *stays),
    )


def check_tag(made_by: Recipe, root: Path) -> None:
    """Raise where an image's tag is not the version of the package that it is named after.

    Raises
    ------
    LabError
    """
    if not made_by.package:
        return
    version = package_version(read_file(root, STATUS).decode(), made_by.package)
    if not is_version(made_by.tag, version):
        raise LabError(
            f"The image of the role {made_by.name} is not {made_by.reference}.",
            f"Debian's {made_by.package} is of version {version or '(none)'}; a tag tells the truth.",
            f"Change the tag {made_by.tag} under data/images/{made_by.name}.",
        )


def package_version(status: str, package: str) -> str:
    """Return the version of an installed package out of dpkg's notes; empty where it is not there."""
    for paragraph in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if re.match(r"\S+: ", line))
        if fields.get("Package") == package:
            return fields.get("Version", "")
    return ""


def is_version(tag: str, version: str) -> bool:
    """Tell whether a tag says the beginning of a Debian version: ``11.8`` for ``1:11.8.9+ds-0``."""
    upstream = re.sub(r"^\d+:", "", version)
    return upstream.startswith(tag) and not upstream[len(tag) :][:1].isdigit()


def _labels(made_by: PackageRecipe) -> dict[str, str]:
    return {
        "org.opencontainers.image.title": made_by.title,
        "org.opencontainers.image.version": made_by.tag,
        "org.opencontainers.image.source": f"Debian packages, suite {made_by.suite}",
    }
