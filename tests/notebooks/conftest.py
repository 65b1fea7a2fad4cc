"""Where the sections run: on the engine that answers, and on the two virtual machines."""

import os

import pytest

from sosclib.course.sections import sections
from sosclib.lab.host import engine_answers
from sosclib.lab.vm.accelerator import accelerator

MARKS = {"host": pytest.mark.engine, "dind": pytest.mark.engine, "vm": pytest.mark.vm}


ALIKE = ("19",)
"""Sections for two machines that print the same where containers play them: compared there, they run once."""


def places(*, compared):
    """Return each section with the lab that it runs on.

    Emulated machines are slow: where an engine answers, sections run on them only if nothing else will do, or
    if outputs are compared that say something else on one machine, or on machines that are containers. What
    only they can run, they run once. And what containers can play is not compared on them, unless the
    processor helps or ``SOSC_TESTS=all`` asks for it.

    Parameters
    ----------
    compared : bool
        Whether outputs are compared.
    """
    found = []
    for section in sections():
        labs = [lab for lab in _quick(section, compared) if lab in section.labs][:1]
        if not labs and not _too_slow(section, compared):
            labs = ["vm"]
        found += [(section, lab) for lab in labs]
    return [
        pytest.param(section, lab, id=f"{section.id}-{lab}", marks=_marks(section, lab))
        for section, lab in found
    ]


def _quick(section, compared):
    """Return the labs that are quicker than emulated machines, the preferred one first."""
    if not engine_answers():
        return ()
    if not compared:
        return () if section.id in ALIKE else ("dind", "host")
    return ("dind",) if section.id in ALIKE else ("host",) if section.nodes == 1 else ()


def _too_slow(section, compared):
    """Tell whether emulated machines are spared a section that runs elsewhere, or on them already."""
    if not engine_answers() or os.environ.get("SOSC_TESTS") == "all":
        return False
    return not compared or ("dind" in section.labs and accelerator().name == "tcg")


def _marks(section, lab):
    return [MARKS[lab], *([pytest.mark.alone] if is_confined(section) else [])]


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
