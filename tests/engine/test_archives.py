"""docker tag, docker save, docker load: names of strangers stay theirs, broken files leave nothing."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from sosclib.lab.errors import ImageError, NotFound, NotOurs
from tests.engine.building import unchanged

pytestmark = pytest.mark.engine


@pytest.fixture
def made(vm1, image):
    vm1.containers.run(image, "touch /mark", name="maker")
    vm1.containers.commit("maker", "sosc-test-made")
    return vm1.images.inspect("sosc-test-made")["Id"]


def home(vm1):
    return Path(vm1.node.home)


def files(vm1):
    """Return the names of all files in the home but the CLI's own folder."""
    return sorted(file.name for file in home(vm1).iterdir() if file.name != ".docker")


def test_tag_gives_one_more_name(vm1, made, capsys):
    capsys.readouterr()
    vm1.images.tag("sosc-test-made", "student/made:2")
    vm1.images.tag(made, "sosc-test-again")
    assert capsys.readouterr().out.splitlines() == [
        "student@VM1:~$ docker tag sosc-test-made student/made:2",
        f"student@VM1:~$ docker tag {made} sosc-test-again",
    ]
    names = set(vm1.images.list()["REPOSITORY"] + ":" + vm1.images.list()["TAG"])
    assert names == {"sosc-test-made:latest", "student/made:2", "sosc-test-again:latest"}
    vm1.images.remove("student/made:2")
    assert vm1.images.inspect("sosc-test-made")["Id"] == made


def test_a_name_is_the_courses_however_long_it_was_written(vm1, made):
    vm1.images.tag(made, "docker.io/library/sosc-test-long:1")
    assert "sosc-test-long" in set(vm1.images.list()["REPOSITORY"])
    vm1.images.remove("index.docker.io/library/sosc-test-long:1")
    assert not {name for name in vm1.ownership.entered("image") if "long" in name}


def test_tag_takes_no_strangers_name(vm1, made, decoys, client):
    with pytest.raises(NotOurs, match="not the course's own"):
        vm1.images.tag("sosc-test-made", decoys.image)
    assert decoys.all_there(client)
    with pytest.raises(NotFound, match="no image not-here"):
        vm1.images.tag("not-here", "sosc-test-other")
    with pytest.raises(ImageError, match="no name for an image"):
        vm1.images.tag("sosc-test-made", "Made")


def test_a_name_on_a_strangers_image_is_all_that_the_course_takes_away(vm1, decoys, client):
    vm1.images.tag(decoys.image, "sosc-test-mine")
    id_ = vm1.images.inspect(decoys.image)["Id"]
    with pytest.raises(NotOurs):
        vm1.images.remove(decoys.image)
    with pytest.raises(NotOurs):
        vm1.images.remove(id_, force=True)
    with pytest.raises(NotOurs):
        vm1.images.tag(decoys.unnamed_image, decoys.image)
    vm1.system.prune(all=True)
    assert decoys.all_there(client)
    vm1.images.tag(decoys.image, "sosc-test-mine")
    vm1.images.remove("sosc-test-mine")
    assert decoys.all_there(client)


def test_an_image_goes_through_a_file(vm1, made, capsys):
    vm1.images.tag("sosc-test-made", "sosc-test-again:2")
    capsys.readouterr()
    vm1.images.save(["sosc-test-made", "sosc-test-again:2"], "images.tar")
    assert files(vm1) == ["images.tar"]
    vm1.images.remove("sosc-test-made")
    vm1.images.remove("sosc-test-again:2")
    vm1.images.load("images.tar")
    printed = capsys.readouterr().out
    assert "student@VM1:~$ docker save -o images.tar sosc-test-made sosc-test-again:2\n" in printed
    assert (
        printed.partition("docker load -i images.tar\n")[2].splitlines()[-1].startswith("Loaded image: sosc")
    )
    assert vm1.images.inspect("sosc-test-made")["Id"] == made
    assert {"sosc-test-made:latest", "sosc-test-again:2"} <= vm1.ownership.entered("image")
    vm1.images.load("images.tar")


def test_an_image_without_a_name_goes_through_a_file_too(vm1, made):
    vm1.images.save(made, "images.tar")
    vm1.images.remove("sosc-test-made")
    vm1.images.load("images.tar")
    assert vm1.ownership.entered("image") == {made}
    vm1.images.load("images.tar")


def test_a_file_gives_an_image_that_is_here_one_more_name(vm1, made):
    vm1.images.tag("sosc-test-made", "sosc-test-again:2")
    vm1.images.save(["sosc-test-made", "sosc-test-again:2"], "images.tar")
    vm1.images.remove("sosc-test-again:2")
    vm1.images.load("images.tar")
    assert "sosc-test-again:2" in vm1.ownership.entered("image")


def test_an_archive_of_an_older_engine_is_taken(vm1, archive):
    """It has no index, so that none of its digests is the manifest's, which a newer store calls it by."""
    rewrite(
        archive,
        lambda parts: {name: parts[name] for name in parts if name not in ("index.json", "oci-layout")},
    )
    vm1.images.load("images.tar")
    assert "sosc-test-made:latest" in vm1.ownership.entered("image")
    vm1.images.load("images.tar")


def test_save_names_what_is_missing_and_leaves_the_old_file(vm1, made):
    (home(vm1) / "images.tar").write_text("of old")
    with pytest.raises(NotFound, match="no image not-here"):
        vm1.images.save("not-here", "images.tar")
    with pytest.raises(ImageError, match="cannot be written"):
        vm1.images.save("sosc-test-made", "no-folder/images.tar")
    (home(vm1) / "folder.tar").mkdir()
    assert (home(vm1) / "images.tar").read_text() == "of old"
    assert files(vm1) == ["folder.tar", "images.tar"]


def rewrite(archive, change):
    """Write an archive anew with changed files."""
    with tarfile.open(archive) as old:
        parts = {one.name: old.extractfile(one).read() for one in old if one.isfile()}
    with tarfile.open(archive, "w") as new:
        for name, content in change(parts).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))


@pytest.fixture
def archive(vm1, made):
    vm1.images.save("sosc-test-made", "images.tar")
    vm1.images.remove("sosc-test-made")
    return home(vm1) / "images.tar"


@pytest.mark.parametrize("part", [0.2, 0.9])
def test_a_file_that_was_cut_leaves_nothing(vm1, archive, client, image, part):
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(part * len(whole))])
    with unchanged(client, image), pytest.raises(ImageError, match=r"images\.tar is no whole archive"):
        vm1.images.load("images.tar")


def test_a_layer_that_is_broken_inside_a_whole_archive_leaves_nothing(vm1, archive, client, image):
    def break_top(parts):
        top = json.loads(parts["manifest.json"])[0]["Layers"][-1]
        return {**parts, top: parts[top][: len(parts[top]) // 2]}

    rewrite(archive, break_top)
    with unchanged(client, image), pytest.raises(ImageError, match="no whole archive"):
        vm1.images.load("images.tar")


@pytest.mark.parametrize("content", [b"", b"not an archive", json.dumps({}).encode()])
def test_a_file_that_is_no_archive(vm1, content):
    (home(vm1) / "images.tar").write_bytes(content)
    with pytest.raises(ImageError, match="no whole archive"):
        vm1.images.load("images.tar")
    with pytest.raises(NotFound, match=r"no file other\.tar on VM1"):
        vm1.images.load("other.tar")


def test_load_takes_no_strangers_name(vm1, archive, decoys, client):
    name = "sosc-test-made:latest"
    theirs = client.images.get(decoys.image).id
    client.api.tag(decoys.image, "sosc-test-made", "latest")
    try:
        with pytest.raises(NotOurs, match="not the course's own"):
            vm1.images.load("images.tar")
        assert client.images.get(name).id == theirs
    finally:
        client.api.remove_image(name)


def test_a_container_travels_as_a_bare_file_system(vm1, made, capsys):
    capsys.readouterr()
    vm1.containers.export("maker", "container.tar")
    vm1.images.import_image("container.tar", "sosc-test-flat")
    shown = capsys.readouterr().out.splitlines()
    assert shown[:2] == [
        "student@VM1:~$ docker export -o container.tar maker",
        "student@VM1:~$ docker import container.tar sosc-test-flat",
    ]
    flat = vm1.images.inspect("sosc-test-flat")
    assert flat["Id"] == shown[2]
    assert len(flat["RootFS"]["Layers"]) == 1 and not flat["Config"]["Cmd"]
    with tarfile.open(home(vm1) / "container.tar") as tar:
        assert "mark" in tar.getnames()
    assert "sosc-test-flat" in set(vm1.images.list()["REPOSITORY"])


def test_an_import_that_cannot_be_changes_nothing(vm1, made, decoys, client, image):
    (home(vm1) / "broken.tar").write_bytes(b"no archive")
    with unchanged(client, image):
        with pytest.raises(NotFound, match=r"no file missing\.tar"):
            vm1.images.import_image("missing.tar", "sosc-test-flat")
        with pytest.raises(ImageError, match="no whole archive"):
            vm1.images.import_image("broken.tar", "sosc-test-flat")
        with pytest.raises(NotOurs, match="not the course's own"):
            vm1.images.import_image("broken.tar", decoys.image)
    assert decoys.all_there(client)


def test_an_export_that_cannot_be_written_leaves_no_file(vm1, made):
    with pytest.raises(ImageError, match="cannot be written"):
        vm1.containers.export("maker", "no-such-folder/container.tar")
    with pytest.raises(NotFound, match="no container nobody"):
        vm1.containers.export("nobody", "container.tar")
    assert not list(home(vm1).glob("*.tar*")) and not list(home(vm1).glob(".*.part"))
