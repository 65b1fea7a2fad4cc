"""What is in an engine after a run, was not before, and was not declared, is a leak."""

import threading
import time
import uuid
from contextlib import closing
from types import SimpleNamespace

import docker
import pytest

from sosclib.engine.snapshot import EngineObject
from sosclib.harness.leaks import holdings, leaks, left_behind
from sosclib.lab.errors import EngineUnreachable
from sosclib.lab.host import HostLab, HostNode
from tests.true_image import true_image

OLD, NEW = EngineObject("container", "old", "1"), EngineObject("container", "new", "2")
TAGGED = EngineObject("image", "mine:latest", "3")


def held(*things, node="vm1"):
    return {node: frozenset(things)}


def test_only_what_is_new_is_a_leak():
    assert leaks(held(OLD), held(OLD)) == ()
    assert leaks(held(OLD), held()) == ()
    assert leaks(held(OLD), held(OLD, NEW)) == ("container new on vm1",)


def test_a_thing_of_the_same_name_that_was_made_anew_is_one_too():
    assert leaks(held(OLD), held(EngineObject("container", "old", "9"))) == ("container old on vm1",)


def test_each_machine_is_looked_at_by_itself():
    assert leaks(held(OLD), held(OLD) | held(OLD, node="vm2")) == ("container old on vm2",)


@pytest.mark.parametrize("name", ["mine", "mine:latest"])
def test_what_is_declared_is_no_leak(name):
    assert leaks(held(), held(TAGGED, NEW), [name]) == ("container new on vm1",)


@pytest.mark.engine
class TestOnAnEngine:
    @pytest.fixture
    def lab(self, monkeypatch, tmp_path):
        monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
        with closing(HostLab()) as lab:
            yield lab

    @pytest.fixture
    def client(self):
        with closing(docker.from_env()) as client:
            yield client

    def test_every_kind_of_thing_is_seen(self, lab, client):
        before = holdings(lab)
        name = f"sosc-test-leak-{uuid.uuid4().hex[:8]}"
        with true_image(client) as image:
            container = client.containers.create(image, "true", name=name)
            volume, network = client.volumes.create(name), client.networks.create(name)
            try:
                found = set(left_behind(lab, before, patience=0))
                mine = {f"{kind} {name} on vm1" for kind in ("container", "volume", "network")}
                assert mine | {f"image {image} on vm1"} <= found
                assert not mine & set(left_behind(lab, before, [name], patience=0))
            finally:
                container.remove()
                volume.remove()
                network.remove()
        assert not {leak for leak in left_behind(lab, before) if name in leak or image in leak}

    def test_a_registry_with_an_account_and_what_its_user_keeps_in_hidden_files_are_seen(self, lab, client):
        before = holdings(lab)
        name = f"sosc-test-leak-{uuid.uuid4().hex[:8]}"
        node = lab.nodes["vm1"]
        with true_image(client) as image:
            container = client.containers.create(image, "true", name=name, labels={"sosc.role": "registry"})
            node.sh("echo secret > .password; mkdir -p .docker").check()
            try:
                found = set(left_behind(lab, before, patience=0))
                assert {f"container {name} on vm1", "file .password on vm1"} <= found
                assert not [one for one in found if ".docker" in one]
            finally:
                container.remove()

    def test_what_goes_in_a_moment_is_waited_for(self, lab, client):
        before = holdings(lab)
        name = f"sosc-test-leak-{uuid.uuid4().hex[:8]}"
        volume = client.volumes.create(name)
        threading.Timer(1, volume.remove).start()
        begin = time.monotonic()
        assert not [leak for leak in left_behind(lab, before, patience=60) if name in leak]
        assert time.monotonic() - begin > 0.5


def test_an_engine_that_does_not_answer_is_told_in_words(tmp_path):
    client = docker.DockerClient(f"unix://{tmp_path}/gone.sock", version="1.44")
    with closing(client), pytest.raises(EngineUnreachable):
        holdings(SimpleNamespace(nodes={"vm1": HostNode(client, tmp_path)}))
