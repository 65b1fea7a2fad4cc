"""A section's script, typed into a fresh engine's CLI, beside the same section by the library.

As a program it does so on engines of its own, one after the other, in a network that is its own too.
"""

import os
import re
import sys
import tempfile
import uuid
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path

from sosclib.course.begin import lay, open_for
from sosclib.course.needs import bring_about
from sosclib.course.sections import find
from sosclib.engine.snapshot import name, objects
from sosclib.harness import notebook
from sosclib.harness.runner import execute
from sosclib.harness.transcript import script
from tests.own_engine import own_engine

ID = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}")
MADE_UP = re.compile(r"^[0-9a-f]{64}$")
"""The name of a volume that was given none."""


PORT = re.compile(r"localhost:\d+")
STACK = re.compile(r"\bsosc-[\w-]+?-(?=wordpress|services)")
"""What the name of a stack begins with on somebody's own engine: the lab's name is in it."""


def compare(number, fresh, machine):
    """Fail unless both lead to the same state.

    Parameters
    ----------
    number : str
    fresh : callable
        Returns a context manager that makes an engine as new, and gives the provider of its lab.
    machine : str or None
        The one whose commands to type; None for all.
    """
    section = find(number)
    commands = STACK.sub("", script(section.path, machine))
    with fresh() as provider, tempfile.TemporaryDirectory() as folder:
        run_but_the_end(section, provider, Path(folder))
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
    assert by_command_line == by_library, f"{replay.output}\n{by_command_line}\n{by_library}"
    assert by_library != before, "a script that changes nothing proves nothing"


@contextmanager
def second_engine():
    """Make a second engine on this computer, which is quicker than a machine of the lab."""
    with own_engine() as address:
        os.environ["DOCKER_HOST"] = address
        os.environ["SOSC_LAB_NAME"] = f"test-{uuid.uuid4().hex[:8]}"
        yield "host"


def run_but_the_end(section, provider, folder):
    """Run all of a section but its clean-up."""
    whole = notebook.read(section.path)
    whole.cells = [cell for cell in whole.cells if "sosc.end(" not in cell.source]
    copy = folder / section.path.name
    notebook.write(copy, whole)
    environment = {"SOSC_LAB": provider, "SOSC_IMAGES": "offline"}
    run = execute(copy, folder / "executed.ipynb", environment=environment)
    failed = [cell for cell in run.cells if cell.status != "passed"]
    assert not failed, f"{failed[0].source}\n{failed[0].message}"


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
    # How well an archive packs depends on the times and ids in it; buildx notes each build under an id.
    sized = "-not -path '*/.*' ! -name '*.tar*' -printf '%P %u %s\\n'"
    listed = f"find . -path ./.docker/buildx -prune -o {sized} -o -printf '%P %u\\n'"
    files = lab.nodes["vm1"].sh(f"{listed} | sort").stdout
    return containers, images, others, files


def neutral(name):
    """Return the name of something of a stack without the lab's."""
    return STACK.sub("", name)


def ported(name):
    """Return an image's name without the port at which its registry happens to listen."""
    return PORT.sub("localhost", name)


if __name__ == "__main__":
    # Where one machine plays both parts it gets the commands of both.
    compare(sys.argv[1], second_engine, None)
