"""What the tests of building have in common: folders to build from, and which builder is at hand."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from sosclib.engine.building_kit import KIT_ANSWERS
from sosclib.engine.building_traces import image_ids, record_ids

WITHOUT_KIT = """#!/bin/sh
case "$1" in
    build) echo "unknown flag: --progres" >&2; exit 125 ;;
esac
exec {docker} "$@"
"""


def clis():
    """Return every Docker CLI that the PATH holds."""
    folders = dict.fromkeys(Path(folder) for folder in os.environ["PATH"].split(os.pathsep))
    return [str(folder / "docker") for folder in folders if shutil.which("docker", path=str(folder))]


def has_kit(cli):
    command = KIT_ANSWERS.replace("docker build", f"{cli} build")
    return subprocess.run(["sh", "-c", command], check=False).returncode == 0


def put_cli(monkeypatch, folder, builder):
    """Let `docker` be a CLI with BuildKit, or one that has none; return whether there is one."""
    folder.mkdir()
    cli = folder / "docker"
    if builder == "BuildKit":
        found = next(filter(has_kit, clis()), "")
        if not found:
            return False
        cli.symlink_to(found)
    else:
        cli.write_text(WITHOUT_KIT.format(docker=clis()[0]))
        cli.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return True


def write(vm1, text, folder="web", **files):
    """Write a Dockerfile and other files into a folder of the lab user's home."""
    where = Path(vm1.node.home, folder)
    where.mkdir(exist_ok=True)
    (where / "Dockerfile").write_text(text)
    for name, content in files.items():
        (where / name.replace("_", ".")).write_text(content)
    return where


def upon(client, image):
    """Return the ids of all images that build upon another; this engine is not the test's alone."""
    lowest = client.api.inspect_image(image)["RootFS"]["Layers"][0]
    found = set()
    for id_ in image_ids(client.api):
        try:
            layers = client.api.inspect_image(id_)["RootFS"].get("Layers") or [""]
        except Exception as error:
            if getattr(getattr(error, "response", None), "status_code", 0) != 404:
                raise
            continue
        if layers[0] == lowest:
            found.add(id_)
    return found


@contextmanager
def unchanged(client, image):
    """See that the engine holds what it held before: of images, of BuildKit's records, of containers."""

    def state():
        containers = client.api.containers(all=True, filters={"ancestor": image})
        return upon(client, image), record_ids(client.api), {one["Id"] for one in containers}

    before = state()
    yield
    assert state() == before
