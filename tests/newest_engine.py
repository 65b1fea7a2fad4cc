"""The newest Docker Engine that Debian has, to try the course on what students bring.

``python -m tests.newest_engine [--containerd] command …`` runs a command on such an engine of its own, as
``tests.own_engine`` does on this computer's, and with its command line. With ``--containerd`` that engine
keeps its images in containerd, as Docker Desktop and fresh installations of Engine 29 do. The programs are
those of Debian's unstable release, and stay in ``build/`` until that is removed.
"""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from sosclib.lab.debian import bootstrap
from sosclib.lab.paths import ROOT
from tests import own_engine

SUITE = "sid"
LAGS = '--aptopt=Acquire::Check-Valid-Until "false"'
"""A mirror of the unstable release may be some weeks old."""
PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "containerd", "tini-static")
FILES = (
    *("usr/sbin/dockerd", "usr/sbin/docker-proxy", "usr/bin/docker", "usr/bin/docker-init"),
    *("usr/bin/containerd", "usr/bin/containerd-shim-runc-v2", "usr/bin/tini-static"),
    "usr/libexec/docker/cli-plugins/docker-buildx",
)
"""This computer's own runc is used: the newest wants a newer C library than a stable release has."""
STORE = "--containerd"


def programs():
    """Return the folder of the newest engine's programs; brought here where they are not."""
    folder = ROOT / "build" / "newest-engine"
    if not (folder / "dockerd").exists():
        folder.mkdir(parents=True, exist_ok=True)
        archive = bootstrap(
            folder / "system.tar", packages=PACKAGES, variant="extract", suite=SUITE, options=(LAGS,)
        )
        with tarfile.open(archive) as system:
            for member in system:
                file = Path(member.name)
                if file.as_posix() in FILES and (member.isfile() or member.issym()):
                    to = folder / file.name
                    if member.issym():
                        to.symlink_to(Path(member.linkname).name)
                    else:
                        to.write_bytes(system.extractfile(member).read())
                        to.chmod(0o755)
        archive.unlink()
    return folder


def settings(folder, *, containerd):
    """Write the command line's settings and the engine's, and return the latter's file."""
    (folder / "config.json").write_text(json.dumps({"cliPluginsExtraDirs": [str(folder)]}))
    file = folder / f"daemon-{containerd}.json"
    file.write_text(json.dumps({"features": {"containerd-snapshotter": containerd}}))
    return file


def main(arguments):
    """Run a command on the newest engine, and return its exit code."""
    containerd = arguments[:1] == [STORE]
    command = arguments[containerd:]
    folder = programs()
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "DOCKER_CONFIG": str(folder),
        own_engine.SETTINGS: str(settings(folder, containerd=containerd)),
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.own_engine", *command], env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
