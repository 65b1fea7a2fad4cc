"""Where the sections run: on the engine that answers, and on the two virtual machines."""

import pytest

from sosclib.course.sections import sections
from sosclib.lab.host import engine_answers

MARKS = {"host": pytest.mark.engine, "dind": pytest.mark.engine, "vm": pytest.mark.vm}


def places(*, compared):
    """Return each section with the lab that it runs on.

    Emulated machines are slow: where an engine answers, sections run on them only if nothing else will do, or
    if outputs are compared that say something else on one machine, or on machines that are containers. And
    what only they can run, they run once; but what is confined to them also once more, under a watch.

    Parameters
    ----------
    compared : bool
        Whether outputs are compared.
    """
    quick = (("host",) if compared else ("dind", "host")) if engine_answers() else ()
    found = []
    for section in sections():
        labs = [lab for lab in quick if lab in section.labs and not (compared and section.nodes > 1)][:1]
        if not labs and (compared or not quick or is_confined(section)):
            labs = ["vm"]
        found += [(section, lab) for lab in labs]
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
