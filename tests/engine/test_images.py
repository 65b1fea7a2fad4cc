"""Images: what is ours by the ledger, what cannot go while it is needed, and steps of which one consists."""

import pytest

from sosclib.lab.errors import ImageError, NotFound, NotOurs

pytestmark = pytest.mark.engine


@pytest.fixture
def made(vm1, image):
    vm1.containers.run(image, "touch /mark", name="maker")
    vm1.containers.commit("maker", "sosc-test-made")
    return "sosc-test-made:latest"


def test_list_shows_the_courses_own(vm1, made, image, capsys):
    mine = vm1.images.list()
    assert list(mine["REPOSITORY"] + ":" + mine["TAG"]) == [made]
    everything = vm1.images.list(everything=True)
    assert image.partition(":")[0] in set(everything["REPOSITORY"])
    assert capsys.readouterr().out.endswith("student@VM1:~$ docker images\n" * 2)


def test_sizes_are_those_of_the_cli(vm1, made):
    line = (
        vm1.node.cli("images", "--format", "{{.Repository}} {{.ID}} {{.Size}}", made).check().stdout.split()
    )
    row = vm1.images.list().iloc[0]
    assert [row["REPOSITORY"], row["IMAGE ID"], row["SIZE"]] == line


def test_history_has_the_new_step_on_top(vm1, made):
    history = vm1.images.history(made)
    assert len(history) == 2
    assert history["CREATED BY"][0] == "touch /mark"


def test_remove_says_what_went(vm1, made, capsys):
    vm1.images.remove("sosc-test-made")
    lines = capsys.readouterr().out.partition("docker rmi sosc-test-made\n")[2].splitlines()
    assert lines[0] == "Untagged: sosc-test-made:latest"
    assert lines[1].startswith("Deleted: sha256:")
    assert vm1.images.list().empty
    assert not vm1.ownership.entered("image")


def test_image_that_a_container_needs_stays(vm1, made):
    vm1.containers.run("sosc-test-made", "true", name="user")
    with pytest.raises(ImageError, match="still needed"):
        vm1.images.remove("sosc-test-made")
    assert len(vm1.images.list()) == 1


def test_what_a_newer_engine_leaves_out_is_empty(vm1, made, monkeypatch):
    inspect = vm1.images.api.inspect_image

    def brief(reference):
        answer = {key: value for key, value in inspect(reference).items() if value}
        return {**answer, "Config": {"Cmd": answer["Config"]["Cmd"]}}

    vm1.images.tag(made, "sosc-test-again")
    id_ = vm1.images.inspect(made)["Id"]
    monkeypatch.setattr(vm1.images.api, "inspect_image", brief)
    vm1.images.remove(made)
    vm1.images.tag(id_, made)
    vm1.images.remove("sosc-test-again")
    vm1.images.remove(made)
    assert vm1.images.list().empty


def test_strangers_image_stays(vm1, decoys, client):
    with pytest.raises(NotOurs, match="not the course's own"):
        vm1.images.remove(decoys.image)
    assert decoys.all_there(client)


@pytest.mark.parametrize("call", ["pull", "fetch"])
def test_a_strangers_image_keeps_its_name(vm1, decoys, client, call, capsys):
    """A pull could give the name to a newer image, and the old one would be called nothing."""
    before = client.images.get(decoys.image).id
    getattr(vm1.images, call)(decoys.image)
    assert (
        f"{decoys.image} is here already. It is not the course's, and stays as it is."
        in capsys.readouterr().out
    )
    assert client.images.get(decoys.image).id == before
    assert not vm1.ownership.entered("image")


def test_missing_image_is_named(vm1):
    with pytest.raises(NotFound, match="no image not-here"):
        vm1.images.remove("not-here")


@pytest.mark.parametrize("call", ["pull", "fetch"])
def test_registry_that_is_not_there(vm1, call):
    with pytest.raises(ImageError, match="registry does not answer"):
        getattr(vm1.images, call)("127.0.0.1:9/nothing:1")
    assert not vm1.ownership.entered("image")
