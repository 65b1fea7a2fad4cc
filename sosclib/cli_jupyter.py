"""`sosc lab`: the lab up, and JupyterLab open on the first section."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sosclib.cli_words import phases

if TYPE_CHECKING:
    from sosclib.lab.lab import Progress

FIRST = "00-start-here.ipynb"
PORTS = range(8888, 8988)
UP = {
    "host": "the Docker Engine that answers on this computer",
    "vm": "two virtual machines, up",
    "dind": "two containers that play machines, up",
    "ssh": "two real machines, logged in to",
}


def lab(
    browser: Annotated[bool, typer.Option(help="Open a browser where there is a screen.")] = True,
    port: Annotated[int, typer.Option(help="Port on the loopback address; 0 takes a free one.")] = 0,
) -> None:
    """See that a lab answers, then open JupyterLab on the first section."""
    make_sure_of_a_lab()
    chosen = port or free_port()
    token = secrets.token_hex(24)
    visible = browser and has_screen()
    typer.echo(f"JupyterLab: http://127.0.0.1:{chosen}/lab/tree/{FIRST}?token={token}")
    typer.echo("Ctrl-C ends it. Virtual machines that are up stay up until `sosc down`.")
    sys.stdout.flush()
    os.execve(sys.executable, command(chosen, visible), environment(token))


def make_sure_of_a_lab() -> None:
    """Bring up the machines where no engine answers; make the images where no Hub does."""
    from sosclib.course.catalogue import Catalogue
    from sosclib.lab.opening import choose, open_lab

    provider = choose()
    later: list[str] = []
    with phases() as progress:
        if Catalogue().mode == "offline":
            later = make_first_images(progress)
        if provider != "host":
            open_lab(provider, progress=progress).close()
    typer.echo(f"Lab: {UP[provider]}.")
    if later:
        typer.echo(f"Images of later sections, made when first needed: {', '.join(later)}.")
        typer.echo("`sosc prefetch` makes them all now.")


def make_first_images(progress: Progress) -> list[str]:
    """See that the cache has the images of the first sections, and return which others can wait."""
    from sosclib.lab.offline_images import FIRST, is_made, offline_image, recipes

    for name in FIRST:
        offline_image(name, progress)
    return [name for name in recipes() if not is_made(name)]


def command(port: int, visible: bool) -> list[str]:
    """Return the command line of a JupyterLab that listens on loopback only and asks no questions."""
    from sosclib.lab.paths import notebooks_dir

    options = [
        f"--ServerApp.root_dir={notebooks_dir()}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.answer_yes=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        # No look at package indexes: a lab works without the Internet.
        "--LabApp.extension_manager=readonly",
        "--ServerApp.log_level=ERROR",
        "--LabApp.log_level=ERROR",
    ]
    if not visible:
        options.append("--no-browser")
    if os.name == "posix" and os.geteuid() == 0:
        options.append("--allow-root")
    return [sys.executable, "-m", "jupyterlab", str(notebooks_dir() / FIRST), *options]


def environment(token: str) -> dict[str, str]:
    """Return the environment.

    The token stays off the command line, kernels are this Python's, and nobody is asked about news.
    """
    from sosclib.lab.paths import data_dir

    config = (str(data_dir() / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH"))
    own = os.path.dirname(sys.executable)  # noqa: PTH120 - not resolved: a venv's python is a link
    return {
        **os.environ,
        "JUPYTER_TOKEN": token,
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, config)),
        "PATH": os.pathsep.join((own, os.environ.get("PATH", os.defpath))),
    }


def free_port() -> int:
    """Return the first free loopback port from JupyterLab's usual one on, or any."""
    for port in (*PORTS, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise AssertionError("port 0 is always free")


def has_screen() -> bool:
    """Tell whether a browser's window could be seen here."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
