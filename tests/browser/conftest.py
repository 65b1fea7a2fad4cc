"""JupyterLab as `sosc lab` starts it, over a copy of the notebooks, and a real browser that looks at it."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request

import pytest
from playwright.sync_api import sync_playwright

from sosclib.lab.paths import ROOT, notebooks_dir
from sosclib.lab.system_packages import find_browser

PICTURES = ROOT / "build" / "pictures"
# The committed notebooks stay as they are, whatever JupyterLab saves.
START = (
    "import sys; from pathlib import Path; import sosclib.lab.paths as paths\n"
    "paths.notebooks_dir = lambda: Path(sys.argv[1])\n"
    "from sosclib.cli import app; app(['lab', '--no-browser'])"
)


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory, engine):
    """Give JupyterLab's address and its token."""
    copies = tmp_path_factory.mktemp("notebooks")
    for path in notebooks_dir().glob("*.ipynb"):
        shutil.copy(path, copies)
    # All cells are to be in the page, and not only those that fit in the window.
    own = tmp_path_factory.mktemp("jupyter")
    settings = own / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "SOSC_LAB")}
    # Into a file: a pipe that nobody reads is full one day, and the server would wait for ever.
    log = own / "log"
    with log.open("w") as told:
        server = subprocess.Popen(
            [sys.executable, "-c", START, copies],
            env={
                **environment,
                "JUPYTER_CONFIG_DIR": str(own / "config"),
                "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
                "SOSC_LAB": engine,
            },
            stdout=told,
            stderr=subprocess.STDOUT,
        )
    try:
        address, token = address_in(log, server)
        await_answer(address)
        yield address, token
    finally:
        server.terminate()
        server.wait(timeout=60)


def address_in(log, server):
    """Wait until the server has told its address, and return it with the token."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and server.poll() is None:
        if found := re.search(r"(http://127\.0\.0\.1:\d+)/lab/tree/\S+\?token=(\w+)", log.read_text()):
            return found.groups()
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start: {log.read_text()[-2000:]}")


def await_answer(address):
    """Wait until the server, whose address is known before it listens, answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/login", timeout=10):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("JupyterLab does not answer")


@pytest.fixture(scope="module")
def browser():
    program = find_browser()
    assert program, "the tests that look at notebooks need a browser: sosc setup --tests"
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=[*quiet, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        )
        yield started
        started.close()


@pytest.fixture
def open_notebook(jupyter, browser):
    """Give a function that opens a section in JupyterLab and waits until it is shown."""
    address, token = jupyter
    pages = []

    def open_one(name):
        page = browser.new_page(viewport={"width": 1280, "height": 960}, device_scale_factor=1.5)
        pages.append(page)
        page.goto(f"{address}/lab/workspaces/{name}/tree/{name}.ipynb?token={token}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
        page.wait_for_selector(
            ".jp-NotebookPanel-toolbar .jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=120_000
        )
        return page

    yield open_one
    for page in pages:
        page.close()
