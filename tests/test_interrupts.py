"""Whoever interrupts the tests finds no machine that runs on, whichever try of a test it was."""

import subprocess
import sys

import pytest

from sosclib.lab.paths import ROOT

TESTS = """from pathlib import Path
import pytest

TRIES = []

@pytest.fixture(scope="session")
def machine():
    yield
    Path("gone").touch()

def test_it(machine):
    TRIES.append(1)
    if len(TRIES) == {number}:
        raise KeyboardInterrupt
    raise AssertionError
"""


@pytest.mark.parametrize("number", [1, 2])
def test_fixtures_end_whichever_try_is_interrupted(tmp_path, number):
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_sessionfinish\n")
    (tmp_path / "test_it.py").write_text(TESTS.format(number=number))
    command = [sys.executable, "-m", "pytest", "--reruns", "1", "--rootdir", str(tmp_path), str(tmp_path)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert (tmp_path / "gone").exists()
