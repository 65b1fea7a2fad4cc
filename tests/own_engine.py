"""A Docker Engine of the tests' own, with nothing in it, beside the one that answers.

As a program it runs a command on such an engine, in a network of its own, where nobody else has a port:
``python -m tests.own_engine command …``. Where no second engine can be started, the command has the one that
answers. From that network there is no way out: what the course fetches has to be in its cache already, by
``sosc prefetch``.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import docker
import docker.errors

PROGRAMS = ("dockerd", "ip", "unshare")
PATIENCE = 60
INSIDE = "--inside"
SETTINGS = "SOSC_TEST_ENGINE"
"""The environment variable that names a file of settings for the engine."""


def possible():
    """Tell whether one can be started here: that takes root, and an engine's programs."""
    return os.geteuid() == 0 and all(shutil.which(program) for program in PROGRAMS)


def in_own_network(*command):
    """Return a program's command that runs where nobody else has a port."""
    return ["unshare", "--net", sys.executable, "-m", *command]


@contextmanager
def own_engine():
    """Give the address of an engine that holds nothing, and is gone afterwards with all that it held.

    To be called in a network of one's own: each engine makes a bridge of the same name.
    """
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="sosc-engine-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        address = f"unix://{folder}/docker.sock"
        command = [
            *("dockerd", "--host", address, "--pidfile", f"{folder}/pid"),
            *("--data-root", f"{folder}/data", "--exec-root", f"{folder}/run"),
            *(("--config-file", file) if (file := os.environ.get(SETTINGS)) else ()),
        ]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        stack.callback(end, process)
        wait_for(address, process, folder / "log")
        yield address


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


def main(command):
    """Run a command on an engine of its own, and return its exit code."""
    if command[0] == INSIDE:
        with own_engine() as address:
            return subprocess.run(
                command[1:], env={**os.environ, "DOCKER_HOST": address}, check=False
            ).returncode
    if possible():
        command = in_own_network("tests.own_engine", INSIDE, *command)
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
