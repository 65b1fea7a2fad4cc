"""A section's script, typed into a fresh engine's CLI, leads to the state to which the library leads."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from sosclib.course.sections import find
from sosclib.lab.paths import ROOT
from tests.notebooks.own_engine import possible
from tests.notebooks.replay import compare

pytestmark = [pytest.mark.vm, pytest.mark.timeout(3600)]
REPLAYED = ("02", "04", "05", "06", "07", "08", "09", "10", "11", "16")
"""The sections whose commands change what an engine holds."""
LONG = ("12", "13")
"""Those that take three minutes each, beside all else."""
ASKED_FOR = pytest.mark.skipif(
    os.environ.get("SOSC_TESTS") != "all", reason="takes minutes: SOSC_TESTS=all make test"
)


@pytest.mark.parametrize("number", [*REPLAYED, *(pytest.param(one, marks=ASKED_FOR) for one in LONG)])
def test_library_and_command_line_lead_to_the_same_state(number, request, tell):
    tell(f"{find(number).name} by the library, then its script by the command line")
    if possible():
        # Both publish the ports of which this computer's own engine has need at the same time.
        alone = ["unshare", "--net", sys.executable, "-m", "tests.notebooks.replay", number]
        done = subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, check=False)
        assert not done.returncode, done.stdout + done.stderr
        return
    lab = request.getfixturevalue("vm_lab")

    @contextmanager
    def pristine():
        lab.reset()
        yield "vm"
        lab.reset()

    compare(number, pristine, "VM1")
