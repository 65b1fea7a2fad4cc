"""A section's script, typed into a fresh engine's CLI, leads to the state to which the library leads."""

import re
from collections import Counter

import pytest

from sosclib.course.begin import lay, open_for
from sosclib.course.needs import bring_about
from sosclib.course.sections import find
from sosclib.engine.snapshot import name, objects
from sosclib.harness import notebook
from sosclib.harness.runner import execute
from sosclib.harness.transcript import script

pytestmark = [pytest.mark.vm, pytest.mark.timeout(3600)]
ID = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}")
REPLAYED = ("02", "04", "05", "06", "07", "08", "09", "11")
"""The sections whose commands change what an engine holds."""
MADE_UP = re.compile(r"^[0-9a-f]{64}$")
"""The name of a volume that was given none."""


@pytest.fixture
def fresh(vm_lab):
    """Give a function that makes both engines as new."""

    def renew():
        vm_lab.reset()
        return vm_lab

    yield renew
    vm_lab.reset()


@pytest.mark.parametrize("number", REPLAYED)
def test_library_and_command_line_lead_to_the_same_state(number, fresh, tell, tmp_path):
    section = find(number)
    commands = script(section.path)
    tell(f"{section.name} by the library, then its script by the command line")
    by_library = after_the_notebook(section, fresh(), commands, tmp_path)
    lab = fresh()
    desk = lay(section, open_for(section, "vm"), "offline")
    bring_about(desk)
    before = holds(lab, commands)
    replay = desk.vm1.node.sh("bash -s", stdin=commands)
    by_command_line = holds(lab, commands)
    desk.lab.close()
    assert by_command_line == by_library, replay.output
    assert by_library != before, "a script that changes nothing proves nothing"


def after_the_notebook(section, lab, commands, folder):
    """Run all of a section but its clean-up, and return what the engine holds then."""
    whole = notebook.read(section.path)
    whole.cells = [cell for cell in whole.cells if "sosc.end(" not in cell.source]
    copy = folder / section.path.name
    notebook.write(copy, whole)
    run = execute(copy, folder / "executed.ipynb", environment={"SOSC_LAB": "vm", "SOSC_IMAGES": "offline"})
    assert {cell.status for cell in run.cells} == {"passed"}, run.cells
    return holds(lab, commands)


def holds(lab, commands):
    """Return what VM1's engine and its user's home hold, without ids, ages and made-up names."""
    client = lab.nodes["vm1"].docker
    containers = Counter()
    for entry in client.api.containers(all=True):
        about = client.api.inspect_container(entry["Id"])
        given = name(entry) if name(entry) in commands else ""
        state = about["State"]
        containers[
            (
                given,
                "an image that has lost its name" if ID.fullmatch(entry["Image"]) else entry["Image"],
                " ".join([about["Path"], *about["Args"]]),
                state["Status"],
                state["ExitCode"],
            )
        ] += 1
    images = {tag: round(raw["Size"] / 1e5) for raw in client.api.images() for tag in raw["RepoTags"] or ()}
    others = Counter(
        (one.kind, MADE_UP.sub("", one.name)) for one in objects(client) if one.kind in ("volume", "network")
    )
    files = lab.nodes["vm1"].sh("find . -not -path '*/.*' -printf '%P %u %s\\n' | sort").stdout
    return containers, images, others, files
