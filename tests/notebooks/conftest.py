"""Where the sections run: on the engine that answers, and on the two virtual machines."""

import pytest

from sosclib.course.sections import sections
from sosclib.lab.host import engine_answers

ON_MACHINES_TOO = ("04",)
"""Sections for one machine that run on the virtual ones even where an engine answers."""

MARKS = {"host": pytest.mark.engine, "vm": pytest.mark.vm}


def places(*, compared):
    """Return each section with the lab that it runs on.

    Parameters
    ----------
    compared : bool
        Whether outputs are compared: a section for two machines prints something else on one.
    """
    host = engine_answers()
    found = []
    for section in sections():
        if host and "host" in section.labs and not (compared and section.nodes > 1):
            found.append((section, "host"))
        on_machines = section.nodes > 1 or section.id in ON_MACHINES_TOO or "host" not in section.labs
        if not host or on_machines:
            found.append((section, "vm"))
    return [
        pytest.param(section, lab, id=f"{section.id}-{lab}", marks=_marks(section, lab, compared))
        for section, lab in found
    ]


def _marks(section, lab, compared):
    # What must not reach this computer is run by papermill under a watch over all of it.
    return [MARKS[lab], *([pytest.mark.alone] if not compared and "host" not in section.labs else [])]


@pytest.fixture
def on_lab(request):
    """Give a function that sees that a lab is up."""

    def see_to(provider):
        if provider == "vm":
            request.getfixturevalue("vm_lab")

    return see_to
