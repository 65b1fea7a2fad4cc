"""A full disk is told as a full disk, and what came half is not there afterwards."""

import subprocess
import sys

import pytest

from sosclib.lab.paths import ROOT
from tests.own_engine import possible

pytestmark = [pytest.mark.apart, pytest.mark.skipif(not possible(), reason="that takes root and an engine")]


@pytest.mark.parametrize("what", ["load", "import", "build"])
def test_an_engine_whose_disk_is_full_says_so_and_stays_as_it_was(what):
    command = ["unshare", "--net", "--mount", sys.executable, "-m", "tests.engine.full", what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr
