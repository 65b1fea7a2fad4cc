"""What goes when the course gives back what it brought into somebody's engine, and what does not."""

import json
import re
import time

import pytest
from docker.utils import version_gte

from sosclib.course.claims import strangers
from sosclib.engine.cleaning import clean
from sosclib.engine.mounts import TELLS_WHEN_MADE
from sosclib.lab.errors import NotOurs
from sosclib.lab.ledger import Entry, Ledger

pytestmark = pytest.mark.engine


@pytest.fixture
def made(vm1, image):
    """Give the name of an image that the ledger knows by its id as well: one that came from a file."""
    vm1.containers.run(image, "touch /mark", name="maker")
    vm1.containers.commit("maker", "sosc-test-made")
    vm1.images.save("sosc-test-made", "images.tar")
    vm1.images.remove("sosc-test-made")
    vm1.images.load("images.tar")
    return "sosc-test-made:latest"


def test_a_name_that_somebody_gave_an_image_of_the_courses_stays(vm1, made, client):
    client.api.tag(made, "sosc-test-keeper", "1")
    try:
        assert f"image {made}" in clean(vm1, section=None)
        assert client.images.get("sosc-test-keeper:1").tags == ["sosc-test-keeper:1"]
        assert not vm1.ownership.entered("image")
        assert clean(vm1, section=None) == []
    finally:
        client.images.remove("sosc-test-keeper:1")


def test_an_image_goes_with_all_that_the_course_calls_it(vm1, made, client):
    vm1.images.tag(made, "sosc-test-again:2")
    clean(vm1, section=None)
    assert vm1.images.list(everything=True).query("REPOSITORY.str.startswith('sosc-test-made')").empty
    assert not vm1.ownership.entered("image")


@pytest.fixture
def volume(vm1, image, client):
    """Give the name of a volume that the course made without a label, and that is gone if it is there."""
    name = f"{vm1.ownership.lab}-data"
    vm1.containers.run(image, "touch /data/ours", name="user", volumes=[f"{name}:/data"])
    vm1.containers.remove("user")
    yield name
    for found in client.volumes.list(filters={"name": name}):
        found.remove(force=True)


def test_a_volume_that_somebody_made_since_by_the_same_name_stays(vm1, volume, client):
    if not version_gte(client.api.api_version, TELLS_WHEN_MADE):
        pytest.skip("an older engine cannot tell one volume from a later one of its name")
    made = vm1.volumes.get(volume).attrs["CreatedAt"]
    client.api.remove_volume(volume)
    while (theirs := client.api.create_volume(volume))["CreatedAt"] == made:
        client.api.remove_volume(volume)
        time.sleep(0.2)
    with pytest.raises(NotOurs):
        vm1.volumes.remove(volume)
    assert vm1.volumes.list().empty and vm1.system.usage().volumes == ()
    assert clean(vm1, section=None) == []
    assert client.api.inspect_volume(volume)["CreatedAt"] == theirs["CreatedAt"]
    assert not vm1.ownership.entered("volume")


def test_a_name_that_somebody_gave_an_image_of_theirs_since_stays(vm1, image, decoys, client):
    vm1.containers.run(image, "touch /mark", name="maker")
    vm1.containers.commit("maker", "sosc-test-made")
    vm1.containers.remove("maker")
    client.api.remove_image("sosc-test-made:latest")
    client.api.tag(decoys.image, "sosc-test-made", "latest")
    try:
        with pytest.raises(NotOurs):
            vm1.images.remove("sosc-test-made")
        assert vm1.images.list().empty
        assert "sosc-test-made:latest" in {found.name for found in strangers(vm1)}
        vm1.system.prune(all=True)
        assert clean(vm1, section=None) == []
        assert client.images.get("sosc-test-made:latest").id == client.images.get(decoys.image).id
    finally:
        client.api.remove_image("sosc-test-made:latest")


def test_prune_tells_what_was_really_freed(vm1, image, client, capsys):
    for number in (1, 2):
        vm1.containers.run(image, ["sh", "-c", f"printf %05000000d {number} > /mark"], name="maker")
        vm1.containers.commit("maker", f"sosc-test-made:{number}")
        vm1.containers.remove("maker")
    client.api.tag("sosc-test-made:2", "sosc-test-keeper", "1")
    try:
        vm1.system.prune(all=True)
        # One of two, of five million bytes each; containerd's store counts the packed layer, too.
        assert re.search(r"Total reclaimed space: 5(\.0\d+)?MB\n$", capsys.readouterr().out)
        assert client.images.get("sosc-test-keeper:1")
    finally:
        client.images.remove("sosc-test-keeper:1")


def test_a_name_that_the_course_gave_to_another_image_is_still_its_own(vm1, image, client):
    made = []
    for number in (1, 2):
        vm1.containers.run(image, f"touch /{number}", name="maker")
        vm1.containers.commit("maker", "sosc-test-made")
        made.append(vm1.images.inspect("sosc-test-made")["Id"])
        vm1.containers.remove("maker")
    client.api.remove_image(made[0])
    vm1.images.save("sosc-test-made", "second.tar")
    client.api.tag(image, "sosc-test-made", "latest")
    vm1.ownership.enter("image", "sosc-test-made:latest")
    vm1.images.load("second.tar")
    vm1.images.remove("sosc-test-made")
    assert not set(made) & {one.id for one in client.images.list()}


def test_what_an_older_ledger_tells_is_still_the_courses(vm1, volume):
    old = {"engine": vm1.ownership.engine, "kind": "volume", "reference": volume, "section": "04-test"}
    path = vm1.ownership.ledger.path
    path.write_text(json.dumps([old]))
    assert Ledger(path).entries() == [Entry(*old.values())]
    assert clean(vm1, section="04-test") == [f"volume {volume}"]
