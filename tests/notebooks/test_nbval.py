"""Every section, run by nbval as it is committed: what it prints is what stands in it."""

import os
import re
import subprocess
import sys
from contextlib import closing, nullcontext

import pytest

from sosclib.course.begin import open_for
from sosclib.harness.compare import MASKS
from sosclib.harness.leaks import holdings, left_behind
from sosclib.harness.notebook import code_cells, read
from sosclib.harness.runner import CELL_TIMEOUT
from sosclib.lab.paths import ROOT
from tests.notebooks.conftest import is_confined, places
from tests.notebooks.untouched import untouched


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("section", "provider"), places(compared=True))
def test_outputs_are_those_that_are_stored_and_nothing_is_left(section, provider, on_lab, tell):
    on_lab(provider)
    tell(f"{section.name} on {provider}, by nbval")
    with closing(open_for(section, provider)) as lab:
        before = holdings(lab)
    with untouched(section) if is_confined(section) else nullcontext():
        run = nbval(section.path, provider)
    with closing(open_for(section, provider)) as lab:
        left = left_behind(lab, before, section.leaves)
    cells = len(code_cells(read(section.path)))
    assert re.search(rf"^{cells} passed\b", run.stdout, re.M), run.stdout[-6000:] + run.stderr[-2000:]
    assert left == ()


def nbval(path, provider):
    command = [
        *(sys.executable, "-m", "pytest", "--nbval", str(path), "--nbval-current-env"),
        *("--nbval-sanitize-with", str(MASKS), f"--nbval-cell-timeout={CELL_TIMEOUT}"),
        *("-p", "no:cacheprovider", "--override-ini", "addopts=", "--override-ini", "timeout=0"),
        *("--color=no", "-q"),
    ]
    environment = {**os.environ, "SOSC_LAB": provider, "SOSC_IMAGES": "offline"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
