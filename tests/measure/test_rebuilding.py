"""What a change costs, really built: two orders of one Dockerfile, and four changes."""

import uuid

import pytest

from sosclib.engine.snapshot import objects
from sosclib.lab.errors import CommandFailed, NotFound
from sosclib.measure.rebuilding import NOTHING, called, rebuilds
from tests.measure.machine import machine
from tests.true_image import image_of

pytestmark = pytest.mark.engine

CHANGES = {"a date": "touch a.txt", "a": "echo >> a.txt", "b": "echo >> b.txt"}


@pytest.fixture(scope="module")
def shell(client):
    reference = f"sosc-test-rebuilding-{uuid.uuid4().hex[:8]}:1"
    image_of(client, reference, ("sh", "cat", "true"), command="sh")
    yield reference
    client.images.remove(reference, force=True)


@pytest.fixture
def vm1(monkeypatch, tmp_path, client):
    before = objects(client)
    with machine(monkeypatch, tmp_path) as vm1:
        yield vm1
    assert objects(client) == before


@pytest.fixture
def folder(vm1, shell):
    """Write a folder with two Dockerfiles; `/bin/sh` is where the builder looks for it."""
    run = 'RUN ["/bin/sh", "-c", "cat /x/b.txt > /x/c.txt"]'
    vm1.node.sh(
        f"mkdir work && echo 1 > work/a.txt && echo 1 > work/b.txt"
        f" && printf '%s\\n' 'FROM {shell}' 'COPY . /x/' '{run}' > work/All"
        f" && printf '%s\\n' 'FROM {shell}' 'COPY b.txt /x/' '{run}' 'COPY a.txt /x/' > work/Needed"
    ).check()
    return "work"


def test_each_order_builds_anew_what_its_change_asks_for(vm1, folder, client, capsys):
    before = images(client)
    found = rebuilds(vm1, folder, ["All", "Needed"], CHANGES, repeats=2)
    assert found.table.to_dict("records") == [
        {"WHAT HAS CHANGED": "a date", "All": NOTHING, "Needed": NOTHING},
        {"WHAT HAS CHANGED": "a", "All": "COPY, RUN", "Needed": "COPY"},
        {"WHAT HAS CHANGED": "b", "All": "COPY, RUN", "Needed": "COPY, RUN, COPY"},
    ]
    assert len(found.timings.seconds(called("All", "a"))) == 2
    assert capsys.readouterr().out == ""
    assert vm1.node.sh("ls; cat work/a.txt").stdout == "work\n1\n"
    assert images(client) == before


def images(client):
    """Return all images that `docker images` shows, those without a name too."""
    return {one for one in objects(client) if one.kind == "image"}


def test_a_change_that_fails_leaves_neither_folder_nor_image(vm1, folder, client):
    before = images(client)
    with pytest.raises(CommandFailed, match="false"):
        rebuilds(vm1, folder, ["All"], {"nothing": "false"}, repeats=1)
    assert vm1.node.sh("ls").stdout == "work\n"
    assert images(client) == before


def test_a_folder_that_is_not_there_is_told_and_none_is_left(vm1, client):
    with pytest.raises(NotFound, match="no folder wrok on VM1"):
        rebuilds(vm1, "wrok", ["All"], {"nothing": "true"}, repeats=1)
    assert vm1.node.sh("ls").stdout == ""


def test_copies_go_where_one_cannot_be_made(vm1, folder):
    with pytest.raises(CommandFailed, match="no/such"):
        rebuilds(vm1, folder, ["All", "no/such"], {"nothing": "true"}, repeats=1)
    assert vm1.node.sh("ls").stdout == "work\n"
