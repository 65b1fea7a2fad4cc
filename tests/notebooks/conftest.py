"""Where the sections run: on the engine that answers, and on the two virtual machines."""

import pytest

from sosclib.course.sections import sections
from sosclib.lab.host import engine_answers
from sosclib.lab.vm.accelerator import accelerator

MARKS = {
    "host": [pytest.mark.engine],
    "dind": [pytest.mark.engine, pytest.mark.apart, pytest.mark.dind],
    "vm": [pytest.mark.vm],
}
ALIKE = ("19",)
"""Sections for two machines that print the same where containers play them: compared and run again there."""
BOTH = ("04",)
"""Sections for one machine whose outputs are compared on the virtual machines too."""
LONG_FROM = "07"
"""From this section on a second run on emulated machines takes minutes: only where that is asked for."""


def places(*, compared):
    """Return each section with the labs that it runs on: the quickest that will do, and the virtual machines.

    Outputs are compared where they were stored: sections for one machine on the engine that answers, others
    on the virtual machines. Where they are not, machines that are containers will do.

    Parameters
    ----------
    compared : bool
        Whether outputs are compared.
    """
    found = []
    for section in sections():
        quickest = next((lab for lab in _quick(section, compared) if lab in section.labs), "vm")
        for lab in dict.fromkeys((quickest, "vm")):
            if lab in section.labs:
                again = lab != quickest and not (compared and section.id in BOTH)
                marks = [*MARKS[lab], *([pytest.mark.alone] if is_confined(section) else [])]
                if again or _is_long(section, lab, compared):
                    marks.append(pytest.mark.long)
                found.append(pytest.param(section, lab, id=f"{section.id}-{lab}", marks=marks))
    return found


def _quick(section, compared):
    """Return the labs that are quicker than emulated machines, the preferred one first."""
    if not engine_answers():
        return ()
    if not compared:
        return ("dind", "host")
    return ("dind",) if section.id in ALIKE else ("host",) if section.nodes == 1 else ()


def _is_long(section, lab, compared):
    """Tell whether a section takes minutes here, and runs without this all the same."""
    slow = lab == "vm" and accelerator().name == "tcg"
    if compared:
        return slow and engine_answers() and "dind" in section.labs
    return slow and section.id >= LONG_FROM


def is_confined(section):
    """Return whether one machine would do, but only one of the course's own: what it does must not get out.

    Such a section runs under a watch over the whole computer.
    """
    return section.nodes == 1 and section.providers == ("vm",)


@pytest.fixture
def on_lab(request, monkeypatch):
    """Give a function that sees that a lab is up, and that sections find it."""

    def see_to(provider):
        if provider == "vm":
            request.getfixturevalue("vm_lab")
        if provider == "dind":
            monkeypatch.setenv("SOSC_LAB_NAME", request.getfixturevalue("dind_lab").name)

    return see_to
