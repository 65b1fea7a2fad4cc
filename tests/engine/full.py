"""An engine of its own whose disk is a small one and gets full: what the library says then, and leaves.

To be run in networks and mounts of its own: ``unshare --net --mount python -m tests.engine.full load``.
"""

import os
import subprocess
import sys
import tempfile
import uuid
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import EngineFull
from sosclib.lab.host import HostLab
from tests.own_engine import own_engine
from tests.true_image import image_of

DISK, BIG, LEFT = 160, 24, 8
"""Megabytes: of the engine's disk, of what it is to take in, and of what is free when it is asked to."""
MEGABYTE = 1 << 20


@contextmanager
def small_engine():
    """Let this computer's engine be one whose disk is small, and give the folder where that is mounted."""
    with tempfile.TemporaryDirectory(prefix="sosc-full-", ignore_cleanup_errors=True) as folder:
        disk = Path(folder, "disk")
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "none", disk], check=True)
        os.environ["SOSC_STATE"] = f"{folder}/state"
        os.environ["SOSC_LAB_NAME"] = f"test-{uuid.uuid4().hex[:8]}"
        tempfile.tempdir = str(disk)
        try:
            with own_engine() as address:
                tempfile.tempdir = None
                os.environ["DOCKER_HOST"] = address
                yield disk
        finally:
            subprocess.run(["umount", "--lazy", disk], check=True)


@contextmanager
def full(disk):
    """Leave a few megabytes free on a disk, until this is done."""
    filler, free = disk / "filler", os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - LEFT * MEGABYTE)
    try:
        yield
    finally:
        filler.unlink()


def main(what):
    """Let an engine take something in when its disk is nearly full, and once more when it is not."""
    with small_engine() as disk, closing(HostLab()) as lab:
        node = lab.nodes["vm1"]
        engine = node.docker.info()["ID"]
        vm1 = Machine(node, Ownership(lab.name, "05-test", False, lab.ledger, engine), Terminal())
        home = Path(node.home)
        image_of(node.docker, "small:1", ("sh", "true"), command="true")
        node.sh(f"mkdir web && head -c {BIG}M /dev/urandom > web/big").check()
        Path(home, "web/Dockerfile").write_text("FROM small:1\nCOPY big /\n")
        node.sh("tar cf big.tar -C web big").check()
        if what == "load":
            vm1.images.import_image("big.tar", "big:1")
            vm1.images.save("big:1", "images.tar")
            vm1.images.remove("big:1")
        acts = {
            "load": lambda: vm1.images.load("images.tar"),
            "import": lambda: vm1.images.import_image("big.tar", "big:1"),
            "build": lambda: vm1.images.build("web", tag="big:1"),
        }
        before = objects(node.docker)
        with full(disk), pytest.raises(EngineFull, match="disk is full"):
            acts[what]()
        assert objects(node.docker) == before
        acts[what]()


if __name__ == "__main__":
    main(sys.argv[1])
