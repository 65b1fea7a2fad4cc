"""A section's script, typed into a fresh engine's CLI, leads to the state to which the library leads."""

import re
import uuid
from collections import Counter
from contextlib import closing, contextmanager

import pytest

from sosclib.course.begin import lay, open_for
from sosclib.course.needs import bring_about
from sosclib.course.sections import find
from sosclib.engine.snapshot import name, objects
from sosclib.harness import notebook
from sosclib.harness.runner import execute
from sosclib.harness.transcript import script
from tests.notebooks.own_engine import own_engine, possible

pytestmark = [pytest.mark.vm, pytest.mark.timeout(3600)]
ID = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}")
REPLAYED = ("02", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13")
"""The sections whose commands change what an engine holds."""
MADE_UP = re.compile(r"^[0-9a-f]{64}$")
"""The name of a volume that was given none."""


PORT = re.compile(r"localhost:\d+")
STACK = re.compile(r"\bsosc-[\w-]+?-(?=wordpress)")
"""What the name of a stack begins with on somebody's own engine: the lab's name is in it."""


@pytest.fixture
def fresh(request, monkeypatch):
    """Give a context manager that makes an engine as new for a section, and gives the provider of its lab.

    A second engine on this computer is quicker than a machine of the lab, where one can be started.
    """

    @contextmanager
    def renewed():
        if possible():
            with own_engine() as address, monkeypatch.context() as patch:
                patch.setenv("DOCKER_HOST", address)
                patch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
                yield "host"
            return
        lab = request.getfixturevalue("vm_lab")
        lab.reset()
        yield "vm"
        lab.reset()

    return renewed


@pytest.mark.parametrize("number", REPLAYED)
def test_library_and_command_line_lead_to_the_same_state(number, fresh, tell, tmp_path):
    section = find(number)
    # Where one machine plays both parts it gets the commands of both.
    commands = STACK.sub("", script(section.path, None if possible() else "VM1"))
    tell(f"{section.name} by the library, then its script by the command line")
    with fresh() as provider:
        run_but_the_end(section, provider, tmp_path)
        with closing(open_for(section, provider)) as lab:
            by_library = holds(lab, commands)
    with fresh() as provider:
        desk = lay(section, open_for(section, provider), "offline")
        bring_about(desk)
        before = holds(desk.lab, commands)
        if "docker compose" in commands:
            desk.vm1.node.provide_compose()
        replay = desk.vm1.node.sh("bash -s", stdin=addressed(commands, desk))
        by_command_line = holds(desk.lab, commands)
        desk.lab.close()
    assert by_command_line == by_library, replay.output
    assert by_library != before, "a script that changes nothing proves nothing"


def run_but_the_end(section, provider, folder):
    """Run all of a section but its clean-up."""
    whole = notebook.read(section.path)
    whole.cells = [cell for cell in whole.cells if "sosc.end(" not in cell.source]
    copy = folder / section.path.name
    notebook.write(copy, whole)
    environment = {"SOSC_LAB": provider, "SOSC_IMAGES": "offline"}
    run = execute(copy, folder / "executed.ipynb", environment=environment)
    assert {cell.status for cell in run.cells} == {"passed"}, run.cells


def addressed(commands, desk):
    """Return the commands with the addresses that this engine's registries have."""
    commands = commands.replace("localhost:5000", desk.catalogue.registry)
    return (
        commands.replace("localhost:5001", desk.vm1.registry.account.address)
        if desk.section.registry
        else commands
    )


def holds(lab, commands):
    """Return what VM1's engine and its user's home hold, without ids, ages and made-up names."""
    client = lab.nodes["vm1"].docker
    containers = Counter()
    for entry in client.api.containers(all=True):
        about = client.api.inspect_container(entry["Id"])
        given = neutral(name(entry)) if neutral(name(entry)) in commands else ""
        state = about["State"]
        if not given and state["ExitCode"] and ID.fullmatch(entry["Image"]):
            continue  # the CLI's classic builder leaves the container of a step that failed
        containers[
            (
                given,
                "an image that has lost its name" if ID.fullmatch(entry["Image"]) else ported(entry["Image"]),
                " ".join([about["Path"], *about["Args"]]),
                state["Status"],
                state["ExitCode"],
            )
        ] += 1
    images = {
        ported(tag): round(raw["Size"] / 1e5) for raw in client.api.images() for tag in raw["RepoTags"] or ()
    }
    others = Counter(
        (one.kind, MADE_UP.sub("", neutral(one.name)))
        for one in objects(client)
        if one.kind in ("volume", "network")
    )
    # How well an archive packs depends on the times and ids in it.
    sized = "! -name '*.tar*' -printf '%P %u %s\\n' -o -printf '%P %u\\n'"
    files = lab.nodes["vm1"].sh(f"find . -not -path '*/.*' {sized} | sort").stdout
    return containers, images, others, files


def neutral(name):
    """Return the name of something of a stack without the lab's."""
    return STACK.sub("", name)


def ported(name):
    """Return an image's name without the port at which its registry happens to listen."""
    return PORT.sub("localhost", name)
