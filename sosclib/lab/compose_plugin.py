"""Compose for Docker CLIs that lack it: Debian's own plugin, without root and without installing it.

Engines of some years ago are common, and so are CLIs without Compose beside them. The plugin is a single
program that speaks to those engines too, and needs no more than a C library not older than its own.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

from sosclib.lab.architecture import architecture
from sosclib.lab.aside import made_aside
from sosclib.lab.debian import SUITE, bootstrap
from sosclib.lab.errors import LabError
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import cache_dir

PROGRAM = "docker-compose"
PATIENCE = 20
TAKEN = f"""set -eu
mkdir "$1/fetched"
cd "$1/fetched"
APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download -qq {PROGRAM}
dpkg-deb --extract {PROGRAM}_*.deb .
mv usr/libexec/docker/cli-plugins/{PROGRAM} "$1/{PROGRAM}"
cd /
rm -rf "$1/fetched"
"""
"""Takes the plugin out of its package, into the root of a system that has nothing else."""


def plugin_folder() -> Path:
    """Return the folder in which the cache has the plugin, or will have it."""
    return cache_dir() / "compose" / f"{SUITE}-{architecture().debian}"


def has_plugin() -> bool:
    """Tell whether the cache has the plugin."""
    return (plugin_folder() / PROGRAM).exists()


def compose_plugin(progress: Progress = quiet) -> Path:
    """Return the plugin, fetched where the cache does not have it.

    Raises
    ------
    ToolMissing
        Where mmdebstrap is not installed.
    LabError
        Where the package cannot be fetched, or the program does not run on this computer.
    """
    folder = plugin_folder()
    if not has_plugin():
        progress("Taking Compose out of Debian's package")
        shutil.rmtree(folder, ignore_errors=True)
        with made_aside(folder) as aside:
            archive = aside / "root.tar"
            bootstrap(
                archive,
                packages=(),
                variant="custom",
                customize=(TAKEN,),
                options=("--skip=output/dev,cleanup",),
            )
            with tarfile.open(archive) as tar:
                program = tar.extractfile(f"./{PROGRAM}")
                assert program is not None
                (aside / PROGRAM).write_bytes(program.read())
            (aside / PROGRAM).chmod(0o755)
            archive.unlink()
            _require_running(aside / PROGRAM)
    return folder / PROGRAM


def _require_running(program: Path) -> None:
    try:
        run = subprocess.run([program, "version"], capture_output=True, timeout=PATIENCE, check=False)
        said, works = run.stderr.decode(errors="replace"), run.returncode == 0
    except (OSError, subprocess.TimeoutExpired) as error:
        said, works = str(error), False
    if not works:
        raise LabError(
            "Debian's Compose does not run on this computer.",
            said.strip(),
            "Install your system's package (docker-compose-plugin, docker-compose-v2 or docker-compose).",
        )
