"""The course's own images: made without an engine, and handed out by a real registry."""

import io
import json
import tarfile
import uuid
from contextlib import closing
from types import SimpleNamespace

import docker
import pytest

from sosclib.lab import registry as module
from sosclib.lab.errors import LabError, NotFound
from sosclib.lab.image_archive import ImageArchive, digest_of, write_archive
from sosclib.lab.offline_images import is_made, offline_image, recipe, recipes
from sosclib.lab.registry import (
    LAB_LABEL,
    has_other_labs,
    has_registry,
    remove_registry,
    shelved,
    start_registry,
)
from tests.true_image import image_of_true

pytestmark = [pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def small():
    return offline_image("small")


def test_every_recipe_says_honestly_what_it_makes():
    assert {name: recipe(name).reference for name in recipes()} == {
        "base": "debian:13",
        "small": "busybox:1.37",
        "registry": "docker-registry:2.8",
        "web": "nginx:1.26",
        "httpd": "httpd:2.4",
        "database": "mariadb:11.8",
        "wordpress": "wordpress:6.8",
        "python": "python:3.13",
        "stale": "never-updated:12",
    }
    with pytest.raises(NotFound, match="base, database"):
        recipe("ubuntu")


def test_an_image_is_made_once(small, monkeypatch):
    assert is_made("small")
    monkeypatch.setattr("sosclib.lab.offline_images.bootstrap", lambda *_, **__: pytest.fail("made again"))
    assert offline_image("small").digest == small.digest


def test_a_recipe_that_fails_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path))
    monkeypatch.setattr("sosclib.lab.image_recipe.SUITE", "no-such-suite")
    with pytest.raises(LabError, match="could not be made"):
        offline_image("small")
    assert list((tmp_path / "images").iterdir()) == []


def test_the_same_files_give_the_same_layer(tmp_path):
    with tarfile.open(tmp_path / "root.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("hello"), io.BytesIO())
    layers = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_archive(tmp_path / name, tmp_path / "root.tar", {"Cmd": ["sh"]})
        layers.append(json.loads((tmp_path / name / "manifest.json").read_text())["layers"][0]["digest"])
    assert layers[0] == layers[1]


def test_what_lies_on_the_shelves_is_named_by_its_content(small):
    with tarfile.open(fileobj=io.BytesIO(shelved(small))) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}
    blobs = {name: content for name, content in files.items() if name.endswith("/data")}
    assert len(blobs) == 3
    for name, content in blobs.items():
        assert digest_of(content).removeprefix("sha256:") == name.split("/")[-2]
    assert (
        files["docker/registry/v2/repositories/busybox/_manifests/tags/1.37/current/link"].decode()
        == small.digest
    )


@pytest.fixture(scope="module")
def client(engine):
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def name(client):
    """Give the name of a registry of the test's own: a person's stays as it is."""
    name = f"sosc-test-registry-{uuid.uuid4().hex[:8]}"
    yield name
    remove_registry(client, name=name)
    assert not has_registry(client, name=name)


@pytest.mark.engine
class TestOnTheEngine:
    def test_it_starts_hands_out_what_it_was_given_and_is_found_again(self, client, name, small):
        phases = []
        registry = start_registry(client, phases.append, name=name)
        assert phases[0] == "Starting the course's registry"
        reference = registry.stock("small")
        assert reference == f"{registry.address}/busybox:1.37"
        there_before = {tag for raw in client.api.images() for tag in raw["RepoTags"] or ()}
        pulled = client.images.pull(registry.address + "/busybox", tag="1.37")
        try:
            assert f"{registry.address}/busybox@{small.digest}" in pulled.attrs["RepoDigests"]
            said = client.containers.run(reference, "echo it runs", remove=True)
            assert said == b"it runs\n"
        finally:
            if reference not in there_before:
                client.images.remove(reference)
        again = start_registry(client, lambda phase: pytest.fail(phase), name=name)
        assert again.address == registry.address
        assert again.stock("small", lambda phase: pytest.fail(phase)) == reference

    def test_it_hands_out_the_layer_of_the_base_once(self, client, name):
        """What lies on the shelves does not travel again; an engine that has the base pulls the rest."""
        registry = start_registry(client, name=name)
        base, web = offline_image("base"), offline_image("web")
        sizes = []
        counting = module.Registry(
            registry.address, client, lambda content: sizes.append(len(content)) or registry.unpack(content)
        )
        counting.stock("base")
        reference = counting.stock("web")
        assert sizes[0] > base.size and sizes[1] < web.size - base.size + 100_000
        below = f"{registry.address}/{recipe('base').reference}"
        client.images.pull(below)
        repository, _, tag = reference.rpartition(":")
        try:
            events = list(client.api.pull(repository, tag=tag, stream=True, decode=True))
            said = [event["status"] for event in events]
            assert said.count("Already exists") == 1 and said.count("Pull complete") == 1, said
        finally:
            for image in (reference, below):
                client.images.remove(image)

    def test_one_that_was_stopped_is_started_with_its_images(self, client, name, small):
        start_registry(client, name=name).stock("small")
        client.containers.get(name).stop(timeout=1)
        registry = start_registry(client, name=name)
        assert registry.stock("small", lambda phase: pytest.fail(phase))

    def test_one_that_does_not_answer_is_told(self, client, name, small):
        registry = start_registry(client, name=name)
        client.containers.get(name).pause()
        try:
            impatient = docker.from_env(timeout=3)
            with pytest.raises((LabError, docker.errors.DockerException, OSError)):
                module.Registry(registry.address, impatient, registry.unpack).stock("small")
            impatient.close()
        finally:
            client.containers.get(name).unpause()

    def test_a_taken_port_is_passed_over(self, client, small):
        """Two at once: only one of them can have the usual port."""
        names = [f"sosc-test-registry-{uuid.uuid4().hex[:8]}" for _ in range(2)]
        try:
            first, second = (start_registry(client, name=name) for name in names)
            assert first.address != second.address
            assert second.stock("small") == f"{second.address}/busybox:1.37"
        finally:
            for name in names:
                remove_registry(client, name=name)

    def test_a_strangers_container_of_that_name_is_left_alone(self, client):
        name = f"sosc-test-stranger-{uuid.uuid4().hex[:8]}"
        image = f"{name}:1"
        image_of_true(client, image)
        theirs = client.api.create_container(image, "true", name=name)["Id"]
        try:
            with pytest.raises(LabError, match="cannot be made"):
                start_registry(client, name=name)
            remove_registry(client, name=name)
            assert client.api.inspect_container(theirs)["Id"] == theirs
        finally:
            client.api.remove_container(theirs)
            client.images.remove(image)
            left = client.images.list("sosc/docker-registry")
            if left and not has_registry(client):
                client.images.remove("sosc/docker-registry:2.8")


def test_an_archive_is_named_by_its_manifest(small):
    assert small == ImageArchive("busybox", "1.37", recipe("small").folder)
    assert list(small.blobs())[-1] == small.digest


@pytest.mark.engine
def test_another_lab_in_the_engine_is_seen(engine):
    name = f"sosc-test-{uuid.uuid4().hex[:8]}"
    with closing(docker.from_env()) as client:
        image_of_true(client, f"{name}:1")
        client.api.create_container(f"{name}:1", "true", name=name, labels={LAB_LABEL: name})
        try:
            assert has_other_labs(client, "mine")
            assert not has_other_labs(client, name)
        finally:
            client.api.remove_container(name, force=True)
            client.images.remove(f"{name}:1")


def test_a_registry_that_does_not_start_is_named_as_it_is_called(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0)
    about = {"Name": "/another", "NetworkSettings": {"Ports": {}}}
    api = SimpleNamespace(inspect_container=lambda _: about, logs=lambda *_, **__: b"no room")
    with pytest.raises(LabError, match="does not start") as told:
        module._awaited(SimpleNamespace(api=api), "1234", lambda _: None)
    assert told.value.help.startswith("docker rm -f another,")
