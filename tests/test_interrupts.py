"""No machine runs on after the tests, whichever try of a test made it, and whichever was interrupted."""

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


LATER = """from pathlib import Path
import pytest

TRIES = []

@pytest.fixture(scope="session")
def network():
    TRIES.append(1)
    assert len(TRIES) == 2
    yield

@pytest.fixture(scope="session")
def machine():
    yield
    Path("gone").touch()

def test_it(network, machine):
    {does}
"""


@pytest.mark.parametrize("number", [1, 2])
def test_fixtures_end_whichever_try_is_interrupted(tmp_path, number):
    assert run(tmp_path, TESTS.format(number=number)) == 2
    assert (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    ("does", "status"), [("pass", 0), ("assert False", 1), ("raise KeyboardInterrupt", 2)]
)
def test_fixtures_that_a_second_try_made_first_end_as_well(tmp_path, does, status):
    assert run(tmp_path, LATER.format(does=does)) == status
    assert (tmp_path / "gone").exists()


def run(folder, tests):
    """Return pytest's exit code for tests, each of which is tried twice at most."""
    hooks = "from tests.conftest import pytest_runtest_teardown, pytest_sessionfinish\n"
    (folder / "conftest.py").write_text(hooks)
    (folder / "test_it.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "--reruns", "1", "--rootdir", str(folder), str(folder)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)
    return done.returncode
