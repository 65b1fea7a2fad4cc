"""What goes when the course gives back what it brought into somebody's engine, and what does not."""

import pytest

from sosclib.engine.cleaning import clean

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
