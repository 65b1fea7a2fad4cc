"""Desks for the tests: on the engine that answers here, in a lab of the test's own."""

import uuid
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from sosclib.course.begin import clear, lay
from sosclib.course.checks import made_in
from sosclib.course.desk import HOLDER
from sosclib.course.needs import bring_about
from sosclib.course.sections import Section, sections
from sosclib.engine.cleaning import clean
from sosclib.engine.ownership import LAB_LABEL
from sosclib.engine.snapshot import objects
from sosclib.lab.host import HostLab
from sosclib.lab.hub import remove_hub


def section(number, *, needs=("base", "small"), leaves=(), nodes=1, images=("base", "small")):
    name = f"{number}-a-test"
    real = next((one for one in sections() if one.id == number), None)
    return Section(
        name,
        "A test",
        1,
        nodes,
        ("host", "vm"),
        (),
        tuple(needs),
        tuple(leaves),
        Path(f"{name}.ipynb"),
        tuple(dict.fromkeys((*images, *(real.images if real else ())))),
        files=real.files if real else (),
        registry=bool(real and real.registry),
    )


@pytest.fixture
def own_lab(monkeypatch, tmp_path):
    """Give the test a lab name and a state of its own: neither progress nor ledger of a person is touched."""
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("SOSC_LAB", raising=False)
    monkeypatch.setenv("SOSC_IMAGES", "offline")


@pytest.fixture
def client():
    client = docker.from_env()
    yield client
    client.close()


def of_the_course(client, desk):
    """Return what is in the engine by a lab's label, its ledger, or the names that exercises ask for."""
    label = {"label": f"{LAB_LABEL}={desk.lab.name}"}
    labelled = {raw["Id"] for raw in client.api.containers(all=True, filters=label)}
    entered = {entry.reference for entry in desk.lab.ledger.entries()}
    labelled |= {raw["Name"] for raw in client.api.volumes(filters=label)["Volumes"] or ()}
    asked_for = set(made_in(desk)) - {(one.kind, one.name) for one in desk.before}
    return [
        found
        for found in objects(client)
        if found.id in labelled or found.name in entered or (found.kind, found.name) in asked_for
    ]


@pytest.fixture
def lay_desk(own_lab, client, engine, request):
    """Give a function that lays a desk for a section; afterwards nothing of it is left.

    The lab is that of the computer's own engine, and where there is none the virtual machines, since a desk
    needs its engine and its files on the same machine. Swarms get machines that are containers.
    """
    desks = []

    def lab_for(number):
        real = next((one for one in sections() if one.id == number), None)
        two = real is not None and real.nodes > 1 and "host" not in real.labs
        if two or engine != "host":
            return request.getfixturevalue("two_machines")
        return HostLab()

    def open_desk(number, *, lab=None, **about):
        lab = lab or lab_for(number)
        desk = lay(section(number, **about), lab, "auto")
        if lab.provider == "dind":
            # Images stay until the machines go: to pull them anew for each test takes longer than the test.
            images = tuple(desk.catalogue.resolve(role) for role in desk.section.images)
            desk = replace(desk, section=replace(desk.section, leaves=images))
        desks.append(desk)
        HOLDER.put(desk)
        bring_about(desk)
        return desk

    yield open_desk
    for desk in desks:
        clear(desk, keep_leaves=desk.lab.provider == "dind")
        if desk.lab.provider == "dind":
            for machine in desk.nodes.values():
                clean(machine, section=None, keep=desk.section.leaves)
        remove_hub(desk.lab)
        assert not of_the_course(client, desk), "left behind"
