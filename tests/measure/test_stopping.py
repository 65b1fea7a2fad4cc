"""Containers that listen, that do not, and that cannot be stopped at all: really started and stopped."""

import uuid

import pytest

from sosclib.lab.errors import LabError
from sosclib.measure.stopping import KILLED, stops
from tests.measure.machine import DEAF, LISTENS, machine, with_command
from tests.true_image import image_of

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def images(client):
    """Give images by what their containers do when they are asked to end."""
    base = f"sosc-test-stopping-{uuid.uuid4().hex[:8]}:1"
    image_of(client, base, ("sh", "sleep", "true"), command="true")
    made = {
        "listens": with_command(client, base, ["sh", "-c", LISTENS]),
        "deaf": with_command(client, base, ["sh", "-c", DEAF]),
        "mute": base,
    }
    yield made
    for name in reversed(made.values()):
        client.images.remove(name, force=True)


@pytest.fixture
def vm1(monkeypatch, tmp_path):
    with machine(monkeypatch, tmp_path) as vm1:
        yield vm1


def test_who_listens_ends_at_once_and_who_does_not_is_killed_when_patience_ends(vm1, images, client, capsys):
    before = {raw["Id"] for raw in client.api.containers(all=True)}
    ways = {"listens": images["listens"], "deaf": images["deaf"], "with init": images["deaf"]}
    found = stops(vm1, ways, init=["with init"], repeats=2, patience=2)
    assert {ending.way: set(ending.exit_codes) for ending in found.endings} == {
        "listens": {0},
        "deaf": {KILLED},
        "with init": {143},
    }
    assert [len(ending.exit_codes) for ending in found.endings] == [2, 2, 2]
    assert found.timings.ratio("deaf", "listens") > 1
    assert min(found.timings.seconds("deaf")) >= 2
    firsts = {ending.way: ending.first_process for ending in found.endings}
    assert firsts["listens"].startswith("sh -c trap") and "init" in firsts["with init"].split()[0]
    assert list(found.table["ENDED"]) == ["at once", "killed", "at once"]
    assert {raw["Id"] for raw in client.api.containers(all=True)} == before
    assert capsys.readouterr().out == ""


def test_what_ends_by_itself_cannot_be_stopped_and_is_told(vm1, images, client):
    before = {raw["Id"] for raw in client.api.containers(all=True)}
    with pytest.raises(LabError, match="ended by itself"):
        stops(vm1, {"mute": images["mute"]}, repeats=1)
    assert {raw["Id"] for raw in client.api.containers(all=True)} == before
