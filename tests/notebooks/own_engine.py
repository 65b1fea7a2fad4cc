"""A Docker Engine of a test's own, with nothing in it: a second dockerd beside the one that answers."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import docker
import docker.errors

PROGRAMS = ("dockerd", "ip", "unshare")
PATIENCE = 60


def possible():
    """Tell whether one can be started here: that takes root, and an engine's programs."""
    return os.geteuid() == 0 and all(shutil.which(program) for program in PROGRAMS)


@contextmanager
def own_engine():
    """Give the address of an engine that holds nothing, and is gone afterwards with all that it held."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="sosc-engine-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        bridge = stack.enter_context(own_bridge())
        address = f"unix://{folder}/docker.sock"
        command = [
            *("dockerd", "--host", address, "--bridge", bridge, "--pidfile", f"{folder}/pid"),
            *("--data-root", f"{folder}/data", "--exec-root", f"{folder}/run"),
            # The rules of the other engine's networks are not this one's business.
            *("--iptables=false", "--ip6tables=false", "--ip-masq=false"),
        ]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        stack.callback(end, process)
        wait_for(address, process, folder / "log")
        yield address


@contextmanager
def own_bridge():
    name, third = f"sosc{secrets.token_hex(4)}", secrets.randbelow(250)
    ip("link", "add", name, "type", "bridge")
    try:
        ip("address", "add", f"10.213.{third}.1/24", "dev", name)
        ip("link", "set", name, "up")
        yield name
    finally:
        ip("link", "delete", name)


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def wait_for(address, process, log):
    end_of_patience = time.monotonic() + PATIENCE
    while time.monotonic() < end_of_patience:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            client = docker.DockerClient(base_url=address, timeout=5)
            client.ping()
        except docker.errors.DockerException:
            time.sleep(0.2)
        else:
            client.close()
            return
    raise AssertionError(log.read_text()[-3000:])


def end(process):
    process.terminate()
    process.wait(timeout=60)
