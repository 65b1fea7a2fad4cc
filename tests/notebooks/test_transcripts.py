"""A section's script, typed into a fresh engine's CLI, leads to the state to which the library leads."""

import subprocess
from contextlib import contextmanager

import pytest

from sosclib.course.sections import find
from sosclib.lab.paths import ROOT
from tests.notebooks.replay import compare
from tests.own_engine import in_own_network, possible

pytestmark = [pytest.mark.apart if possible() else pytest.mark.vm, pytest.mark.timeout(3600)]
REPLAYED = ("02", "04", "05", "06", "07", "09", "10", "11")
"""The sections whose commands change what an engine holds."""
LONG = ("08", "12", "13", "16")
"""Those that take one to three minutes each, beside all else."""


@pytest.mark.parametrize("number", [*REPLAYED, *(pytest.param(one, marks=pytest.mark.long) for one in LONG)])
def test_library_and_command_line_lead_to_the_same_state(number, request, tell):
    tell(f"{find(number).name} by the library, then its script by the command line")
    if possible():
        # Both publish the ports of which this computer's own engine has need at the same time.
        alone = in_own_network("tests.notebooks.replay", number)
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
