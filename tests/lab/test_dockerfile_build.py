"""Dockerfiles, followed without an engine: the real builder, on the course's own base."""

import json
import os
import subprocess
import tarfile

import pytest

from sosclib.lab.dockerfile import parse
from sosclib.lab.dockerfile_build import COMPARING, UNPACKING, build, steps
from sosclib.lab.errors import LabError
from sosclib.lab.image_archive import ImageArchive, write_archive
from sosclib.lab.image_recipe import read_dockerfile, recipe
from sosclib.lab.layering import read_file
from sosclib.lab.offline_images import check_tag, is_version, offline_image, package_version

from .test_vm_by_anyone import User

pytestmark = [pytest.mark.timeout(300)]
DOCKERFILE = """
FROM debian:13
ENV WHO="the world"
ARG HOW=loudly
COPY greet parts/ /opt/greet/
COPY --chown=games:games note /home/games/
WORKDIR /srv
RUN echo "$WHO, $HOW, in $(pwd), as $(id -un)" > said && rm /etc/os-release
USER games
RUN ["sh", "-c", "id -un > /tmp/who"]
CMD ["/opt/greet/greet"]
"""


@pytest.fixture(scope="module")
def base():
    return offline_image("base")


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    folder = tmp_path_factory.mktemp("context")
    (folder / "parts" / "inner").mkdir(parents=True)
    (folder / "parts" / "inner" / "a").write_text("a")
    (folder / "note").write_text("note")
    (folder / "greet").write_text("#!/bin/sh\necho $WHO\n")
    (folder / "greet").chmod(0o700)
    (folder / "parts").chmod(0o700)
    return folder


@pytest.fixture(scope="module")
def built(base, context, tmp_path_factory):
    """The layer of a Dockerfile that has all that the builder knows, and what was told of its making."""
    told: list[str] = []
    layer = build(parse(DOCKERFILE), context, base, tmp_path_factory.mktemp("work"), told.append)
    return layer, told


def members(layer):
    with tarfile.open(layer) as tar:
        return {member.name: member for member in tar}


def test_each_step_is_told(built):
    _, told = built
    assert told[0] == UNPACKING and told[-1] == COMPARING
    assert told[1] == "line 5: COPY greet parts/ /opt/greet/"
    assert len(told) == steps(parse(DOCKERFILE))


def test_commands_run_in_the_image(built):
    layer, _ = built
    assert read_file(layer, "srv/said") == b"the world, loudly, in /srv, as root\n"
    assert read_file(layer, "tmp/who") == b"games\n"
    assert members(layer)["tmp/who"].uid == 5
    assert "etc/.wh.os-release" in members(layer)


def test_copies_are_roots_and_everybody_may_read_them(built):
    found = members(built[0])
    assert found["opt/greet/greet"].mode == 0o755
    assert found["opt/greet/inner"].mode == 0o755
    assert found["opt/greet/inner/a"].mode == 0o644
    assert found["opt/greet/greet"].uid == 0
    assert (found["home/games/note"].uid, found["home/games/note"].gid) == (5, 60)


def test_the_layer_has_nothing_else(built):
    """No trace of the builder: no sources of packages, no devices, no names of the network."""
    found = members(built[0])
    assert not [name for name in found if name.split("/")[0] in ("dev", "proc", "sys", "var")]
    assert sorted(name for name in found if name.startswith("etc")) == ["etc", "etc/.wh.os-release"]
    assert sorted(name for name in found if name.startswith("tmp")) == ["tmp", "tmp/who"]


def test_making_it_again_makes_the_same(built, base, context, tmp_path):
    again = build(parse(DOCKERFILE), context, base, tmp_path)
    assert again.read_bytes() == built[0].read_bytes()


def test_an_image_of_it_shares_the_layer_of_the_base(built, base, tmp_path):
    settings = {**base.config["config"], **parse(DOCKERFILE).settings}
    write_archive(tmp_path, built[0], settings, made="a test", base=base)
    image = ImageArchive("test", "1", tmp_path)
    assert image.manifest["layers"][0] == base.manifest["layers"][0]
    assert image.layers[0].samefile(base.layers[0])
    assert [step["created_by"] for step in image.config["history"]] == ["made of Debian packages", "a test"]
    assert len(image.config["rootfs"]["diff_ids"]) == 2
    assert image.config["config"]["Cmd"] == ["/opt/greet/greet"]
    assert len(image.blobs()) == 4 and list(image.blobs())[-1] == image.digest


def test_a_command_that_fails_is_told_with_its_line(base, context, tmp_path):
    failing = parse("FROM debian:13\n\nRUN echo it broke >&2 && false")
    with pytest.raises(LabError) as caught:
        build(failing, context, base, tmp_path)
    assert "line 3: RUN echo it broke" in caught.value.what
    assert "it broke" in caught.value.why


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("COPY nothing /a", "no nothing beside"),
        ("COPY ../outside /a", "no ../outside beside"),
        ("COPY *e* /a", "ends in a slash"),
    ],
)
def test_a_copy_that_cannot_be_is_told(base, context, tmp_path, line, why):
    (context.parent / "outside").touch()
    with pytest.raises(LabError) as caught:
        build(parse(f"FROM debian:13\n{line}"), context, base, tmp_path)
    assert "Line 2" in caught.value.what and why in caught.value.why


AS_ANYBODY = r"""
from pathlib import Path
from sosclib.lab.dockerfile import parse
from sosclib.lab.dockerfile_build import build
from sosclib.lab.image_archive import ImageArchive
from sosclib.lab.layering import read_file
home = Path.home()
(home / "work").mkdir()
(home / "context").mkdir()
(home / "context" / "file").write_text("mine")
text = "FROM debian:13\nCOPY file /opt/file\nRUN id -u > /opt/id && chown games /opt/file"
layer = build(parse(text), home / "context", ImageArchive("debian", "13", home / "base"), home / "work")
print(read_file(layer, "opt/file").decode(), read_file(layer, "opt/id").decode())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users, and others are ordinary")
def test_an_ordinary_user_can_do_it(base):
    user = User()
    try:
        subprocess.run(["cp", "-r", base.folder, user.home / "base"], check=True)
        subprocess.run(["chown", "-R", f"{user.name}:", user.home / "base"], check=True)
        # What such a user keeps is closed to the others, and so to root of a namespace.
        user.home.chmod(0o700)
        done = user.python(AS_ANYBODY)
        assert done.stdout.split() == ["mine", "0"], done.stderr
    finally:
        user.remove()


LABELS = "LABEL org.opencontainers.image.title=T org.opencontainers.image.ref.name=t sosc.package=p"


def recipe_of(folder, text):
    (folder / "Dockerfile").write_text(text)
    return read_dockerfile(folder)


def test_a_recipe_says_what_it_is_and_starts_from_the_base(tmp_path):
    with pytest.raises(LabError, match=r"no label org.opencontainers.image.version"):
        recipe_of(tmp_path, f"FROM debian:13\n{LABELS}")
    with pytest.raises(LabError, match="starts from ubuntu"):
        recipe_of(tmp_path, f"FROM ubuntu:24.04\n{LABELS} org.opencontainers.image.version=1")


def test_the_key_tells_all_that_an_image_is_made_of(tmp_path, monkeypatch):
    text = f"FROM debian:13\n{LABELS} org.opencontainers.image.version=1"
    keys = [recipe_of(tmp_path, text).key]
    assert recipe_of(tmp_path, text).key == keys[0]
    keys.append(recipe_of(tmp_path, text + "\nRUN true").key)
    (tmp_path / "file").write_text("one")
    keys.append(recipe_of(tmp_path, text).key)
    (tmp_path / "file").write_text("two")
    keys.append(recipe_of(tmp_path, text).key)
    (tmp_path / "file").chmod(0o755)
    keys.append(recipe_of(tmp_path, text).key)
    monkeypatch.setattr("sosclib.lab.image_recipe.SUITE", "another")
    keys.append(recipe_of(tmp_path, text).key)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("tag", "version", "true"),
    [
        ("11.8", "1:11.8.9+ds-0+deb13u1", True),
        ("13", "13.2", True),
        ("2.4", "2.4-1", True),
        ("2.4", "2.41-1", False),
        ("1.26", "1.28.0-1", False),
        ("6.8", "", False),
    ],
)
def test_a_tag_says_the_beginning_of_the_version(tag, version, true):
    assert is_version(tag, version) is true


def test_a_tag_that_lies_is_told(tmp_path):
    status = "Package: other\nVersion: 9\n\nPackage: nginx\nStatus: installed\nVersion: 1.28.1-1\n"
    assert package_version(status, "nginx") == "1.28.1-1"
    root = tmp_path / "root.tar"
    with tarfile.open(root, "w") as tar:
        file = tmp_path / "status"
        file.write_text(status)
        tar.add(file, "./var/lib/dpkg/status")
    with pytest.raises(LabError, match=r"not nginx:1.26.*(\n.*)*1.28.1"):
        check_tag(recipe("web"), root)


@pytest.mark.parametrize("name", ["web", "httpd", "database", "wordpress", "python"])
def test_what_the_dockerfiles_run_is_sound_shell(name):
    """Each script and each RUN is at least readable for the shell that it is meant for."""
    made_by = recipe(name)
    for step in made_by.dockerfile.steps:
        if getattr(step, "arguments", ())[:2] == ("/bin/sh", "-c"):
            subprocess.run(["sh", "-n", "-c", step.arguments[2]], check=True)
    for script in made_by.context.glob("*.sh"):
        subprocess.run(["bash", "-n", script], check=True)
        assert script.stat().st_mode & 0o111 == 0o111
    assert json.dumps(made_by.dockerfile.settings)
