"""Where the sections run: on the engine that answers, and on the two virtual machines."""

import pytest

from sosclib.course.sections import sections
from sosclib.lab.host import engine_answers

ON_MACHINES_TOO = ("04",)
"""Sections for one machine that run on the virtual ones even where an engine answers."""

MARKS = {"host": pytest.mark.engine, "dind": pytest.mark.engine, "vm": pytest.mark.vm}


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
        in_containers = host and "dind" in section.labs and not compared
        if in_containers:
            found.append((section, "dind"))
        enough = "host" in section.labs and section.nodes == 1 and section.id not in ON_MACHINES_TOO
        if not (host and (enough or in_containers)):
            found.append((section, "vm"))
    return [
        pytest.param(section, lab, id=f"{section.id}-{lab}", marks=_marks(section, lab, compared))
        for section, lab in found
    ]


def _marks(section, lab, compared):
    return [MARKS[lab], *([pytest.mark.alone] if not compared and is_confined(section) else [])]


def is_confined(section):
    """Return whether nothing but the course's own virtual machines will do: what it does must not get out.

    Such a section is run by papermill under a watch over the whole computer.
    """
    return section.providers == ("vm",)


@pytest.fixture
def on_lab(request, monkeypatch):
    """Give a function that sees that a lab is up, and that sections find it."""

    def see_to(provider):
        if provider == "vm":
            request.getfixturevalue("vm_lab")
        if provider == "dind":
            monkeypatch.setenv("SOSC_LAB_NAME", request.getfixturevalue("dind_lab").name)

    return see_to
