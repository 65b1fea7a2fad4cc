"""Every section once more, run by papermill with other parameters than the stored ones."""

from contextlib import nullcontext

import pytest

from sosclib.harness.run import run_section
from tests.notebooks.conftest import is_confined, places
from tests.notebooks.untouched import untouched

CHANGED = {
    "02": {"REPEATS": 3},
    "05": {"TARGET": "127.0.0.2"},
    "08": {"WEB_PORT": 18480},
    "10": {"POINTS": 100_000},
    "12": {"WEB_PORT": 18483},
    "13": {"WEB_PORT": 18484, "REPEATS": 2},
    "14": {"PROCESSES": 48},
    "15": {"ROUNDS": 3},
    "16": {"WEB_PORT": 18490, "SERVICES_PORT": 18491, "COPY_PORT": 18492, "REQUESTS": 12, "ROUNDS": 2},
    "17": {"WEB_PORT": 18493, "REQUESTS": 20, "CRASHES": 2},
    "18": {"PORT": 18494},
    "19": {"WEB_PORT": 18495},
}
"""What else than the lab is changed, where a section has more to change."""


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("section", "provider"), places(compared=False))
def test_sections_run_with_changed_parameters_and_leave_nothing(section, provider, on_lab, tell, tmp_path):
    on_lab(provider)
    tell(f"{section.name} on {provider}, by papermill")
    parameters = {"LAB": provider, "IMAGES": "offline", **CHANGED.get(section.id, {})}
    with untouched(section) if is_confined(section) else nullcontext():
        report = run_section(section, lab=provider, parameters=parameters, output=tmp_path)
    assert report.passed, report.verdict() + "\n" + (report.first_fault.message if report.first_fault else "")
