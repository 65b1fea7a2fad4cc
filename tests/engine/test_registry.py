"""A registry with accounts: login, push, tags, pull by tag and by digest, and what can go wrong with each."""

import io
import json
import os
import secrets
import tarfile
import time
import uuid
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from sosclib.engine.cleaning import clean
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.repository import Tag, from_docker_hub, from_registry
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import ImageError, LoginRefused, NotFound, RegistryError, SoscError
from sosclib.lab.host import HostLab
from sosclib.lab.hub import Account, remove_hub, start_hub

LARGE = 48_000_000


@pytest.fixture(scope="module")
def lab(engine, request, tmp_path_factory):
    """Give a lab whose machine and engine are on the same computer."""
    if engine == "vm":
        yield request.getfixturevalue("vm_lab")
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
        patch.setenv("SOSC_STATE", str(tmp_path_factory.mktemp("state")))
        with closing(HostLab()) as opened:
            yield opened


@pytest.fixture(scope="module")
def account(lab):
    started = start_hub(lab)
    yield started
    assert remove_hub(lab)
    assert not remove_hub(lab)
    assert not [thing for thing in objects(lab.nodes["vm1"].docker) if started.prefix in thing.name]
    assert not lab.nodes["vm1"].docker.containers.list(all=True, filters={"name": f"sosc-hub-{lab.name}"})
    assert not lab.nodes["vm1"].sh("ls .registry-*").stdout


@pytest.fixture
def vm1(lab, account):
    """Give a machine whose user is not logged in; what it made is gone afterwards."""
    node = lab.nodes["vm1"]
    ownership = Ownership(lab.name, "07-test", lab.exclusive, lab.ledger, node.docker.info()["ID"])
    machine = Machine(node, ownership, Terminal(), account=account)
    before = {thing for thing in objects(node.docker) if thing.kind == "image"}
    yield machine
    with machine.terminal.quietly():
        machine.registry.logout()
    for thing in {thing for thing in objects(node.docker) if thing.kind == "image"} - before:
        node.docker.images.remove(thing.name, force=True)


@pytest.fixture
def mine(vm1, account):
    """Give a function that makes an image of some random bytes, named after the account."""

    def make(tag, size=1000, repository="sosc"):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            member = tarfile.TarInfo("random")
            member.size = size
            tar.addfile(member, io.BytesIO(os.urandom(size)))
        name = f"{account.prefix}/{repository}"
        vm1.docker.api.import_image_from_data(buffer.getvalue(), repository=name, tag=tag)
        return f"{name}:{tag}"

    return make


@pytest.fixture
def hub(lab, account):
    """Give the registry's container, which runs again afterwards."""
    container = lab.nodes["vm1"].docker.containers.get(f"sosc-hub-{lab.name}")
    yield container
    container.start()
    wait_for(lab, account)


def wait_for(lab, account):
    end = time.monotonic() + 60
    while lab.nodes["vm1"].sh(f"curl -s -o /dev/null http://{account.address}/v2/").exit_code:
        assert time.monotonic() < end, f"nothing answers at {account.address}"
        time.sleep(0.2)


@pytest.mark.engine
class TestLogin:
    def test_the_password_is_never_shown_and_the_engines_warning_is(self, vm1, account, capsys):
        vm1.registry.login()
        shown = capsys.readouterr().out
        first, *rest = shown.splitlines()
        assert first == (
            f"student@VM1:~$ docker login -u student --password-stdin {account.address} < .registry-password"
        )
        assert "unencrypted" in shown and rest[-1] == "Login Succeeded"
        assert account.password not in shown + repr(account) + repr(vm1.registry)
        assert vm1.registry.logged_in

    def test_the_command_that_is_shown_does_the_same(self, vm1, capsys):
        vm1.registry.login()
        vm1.registry.logout()
        assert not vm1.registry.logged_in
        typed = vm1.node.sh(capsys.readouterr().out.partition("$ ")[2].splitlines()[0])
        assert typed.exit_code == 0, typed.output
        assert vm1.registry.logged_in

    def test_the_owner_of_the_computer_is_not_logged_in_by_it(self, vm1, lab, monkeypatch, tmp_path):
        if lab.provider == "host":
            monkeypatch.setenv("HOME", str(tmp_path))
        vm1.registry.login()
        assert not list(tmp_path.iterdir())

    def test_a_wrong_password_is_refused_and_nothing_is_kept(self, vm1):
        with pytest.raises(LoginRefused, match="does not accept"):
            vm1.registry.login("not-the-password")
        assert not vm1.registry.logged_in

    def test_a_password_that_only_its_owner_knows_is_asked_for(self, vm1, account, capsys):
        from sosclib.engine.registry import Registry

        owner = Account(account.user, account.address)
        registry = Registry(vm1.node, vm1.terminal, owner, ask_password=lambda _: account.password)
        registry.login()
        assert vm1.registry.logged_in
        shown = capsys.readouterr().out
        assert account.password not in shown and "< " not in shown.splitlines()[0]

    def test_only_whoever_runs_the_lab_can_read_the_password(self, vm1):
        modes = vm1.node.sh("stat -c %a .registry-password .registry-netrc").stdout.split()
        assert modes == ["600", "600"]

    def test_a_section_without_a_registry_says_so(self, vm1):
        with pytest.raises(SoscError, match="has no registry"):
            Machine(vm1.node, vm1.ownership, vm1.terminal).registry.login()


@pytest.mark.engine
class TestPushAndPull:
    def test_what_was_pushed_can_be_listed_and_pulled_again(self, vm1, mine, account, capsys):
        reference = mine("one")
        vm1.registry.login()
        capsys.readouterr()
        vm1.images.push(reference)
        shown = capsys.readouterr().out.splitlines()
        assert shown[0] == f"student@VM1:~$ docker push {reference}"
        assert shown[1] == f"The push refers to repository [{account.prefix}/sosc]"
        assert shown[2].endswith(": Pushed") and shown[3].startswith("one: digest: sha256:")
        tags = vm1.registry.tags("sosc")
        assert list(tags["TAG"]) == ["one"] and list(tags["LAYERS"]) == [1]
        digest = shown[3].split()[2]
        assert list(tags["DIGEST"]) == [digest.removeprefix("sha256:")[:12]]
        image = vm1.docker.images.get(reference).id
        vm1.docker.images.remove(reference)
        vm1.images.pull(f"{account.prefix}/sosc@{digest}")
        assert vm1.docker.images.get(f"{account.prefix}/sosc@{digest}").id == image
        assert f"{account.prefix}/sosc" in list(vm1.registry.repositories()["REPOSITORY"])

    def test_a_second_push_moves_nothing(self, vm1, mine, capsys):
        reference = mine("twice", repository="again")
        vm1.registry.login()
        vm1.images.push(reference)
        capsys.readouterr()
        vm1.images.push(reference)
        assert "Layer already exists" in capsys.readouterr().out

    def test_a_tag_can_be_moved_and_a_digest_cannot(self, vm1, mine):
        vm1.registry.login()
        digests = []
        for _ in range(2):
            vm1.images.push(mine("moving", repository="moved"))
            [tag] = vm1.registry.repository("moved").tags
            digests.append(tag.digest)
        assert digests[0] != digests[1]

    def test_a_digest_upon_a_strangers_image_is_all_that_the_course_takes_away(self, vm1, mine, account, lab):
        reference = mine("theirs", repository="theirs")
        vm1.docker.images.get(reference).tag("sosc-test-theirs", "1")
        vm1.registry.login()
        vm1.images.push(reference)
        [tag] = vm1.registry.repository("theirs").tags
        vm1.docker.images.remove(reference)
        digest = f"{account.prefix}/theirs@{tag.digest}"
        theirs = vm1.docker.images.get("sosc-test-theirs:1")
        assert digest not in theirs.attrs["RepoDigests"]
        ownership = replace(vm1.ownership, exclusive=False)
        guest = Machine(vm1.node, ownership, vm1.terminal, account=account)
        guest.images.pull(digest)
        theirs.reload()
        assert digest in theirs.attrs["RepoDigests"]
        assert not {name for name in guest.ownership.entered("image") if name.startswith("sosc-test")}
        assert clean(guest, section=None) == [f"image {digest}"]
        theirs.reload()
        assert theirs.tags == ["sosc-test-theirs:1"] and digest not in theirs.attrs["RepoDigests"]

    def test_without_login_nothing_goes_in_or_out(self, vm1, mine, account):
        reference = mine("closed", repository="closed")
        with pytest.raises(LoginRefused, match="does not let you in"):
            vm1.images.push(reference)
        vm1.registry.login()
        vm1.images.push(reference)
        vm1.registry.logout()
        vm1.docker.images.remove(reference)
        with pytest.raises(LoginRefused, match="cannot be pulled"):
            vm1.images.pull(reference)

    def test_the_engines_words_for_what_is_not_there(self, vm1, account):
        vm1.registry.login()
        with pytest.raises(NotFound, match="no image"):
            vm1.images.push(f"{account.prefix}/never:made")
        with pytest.raises(ImageError, match="no such image"):
            vm1.images.pull(f"{account.prefix}/never:pushed")
        with pytest.raises(NotFound, match="has nothing"):
            vm1.registry.tags("never")


@pytest.mark.engine
class TestFaults:
    def test_a_registry_that_has_stopped_is_named_as_the_reason(self, vm1, mine, hub):
        reference = mine("late", repository="late")
        vm1.registry.login()
        hub.stop(timeout=1)
        for call in (
            lambda: vm1.images.push(reference),
            lambda: vm1.registry.tags("late"),
            lambda: vm1.registry.login(),
        ):
            with pytest.raises(RegistryError, match="does not answer"):
                call()
        with pytest.raises(ImageError, match="does not answer"):
            vm1.images.pull(f"{reference}r")

    @pytest.mark.timeout(300)
    def test_a_push_that_breaks_off_leaves_both_sides_as_they_were(
        self, vm1, mine, hub, lab, account, monkeypatch
    ):
        vm1.registry.login()
        vm1.images.push(mine("first", repository="cut"))
        [before] = vm1.registry.repository("cut").tags
        reference = mine("second", LARGE, repository="cut")
        with halfway(vm1, monkeypatch, hub.kill) as seen, pytest.raises(RegistryError, match="pushed"):
            vm1.images.push(reference)
        assert seen
        hub.start()
        wait_for(lab, account)
        assert vm1.registry.repository("cut").tags == (before,)
        assert vm1.docker.images.get(reference)
        vm1.images.push(reference)
        assert [tag.name for tag in vm1.registry.repository("cut").tags] == ["first", "second"]

    def test_a_push_that_is_interrupted_puts_nothing_there_and_works_the_next_time(
        self, vm1, mine, monkeypatch
    ):
        reference = mine("whole", LARGE, repository="halted")
        vm1.registry.login()
        with halfway(vm1, monkeypatch, press_the_stop_button), pytest.raises(KeyboardInterrupt):
            vm1.images.push(reference)
        with pytest.raises(NotFound, match="has nothing"):
            vm1.registry.tags("halted")
        assert vm1.docker.images.get(reference)
        vm1.images.push(reference)
        assert [tag.name for tag in vm1.registry.repository("halted").tags] == ["whole"]

    def test_a_pull_that_is_interrupted_leaves_no_image_and_works_the_next_time(self, vm1, mine, monkeypatch):
        reference = mine("whole", LARGE, repository="stopped")
        vm1.registry.login()
        vm1.images.push(reference)
        image = vm1.docker.images.get(reference).id
        vm1.docker.images.remove(reference)
        before = objects(vm1.docker)
        with halfway(vm1, monkeypatch, press_the_stop_button), pytest.raises(KeyboardInterrupt):
            vm1.images.pull(reference)
        assert objects(vm1.docker) == before
        vm1.images.pull(reference)
        assert vm1.docker.images.get(reference).id == image


@contextmanager
def halfway(machine, monkeypatch, what):
    """Do something once, as soon as a part of a layer has moved."""
    seen = []

    def watch(state):
        moved = [layer for layer in state.layers.values() if 0 < layer.current < layer.total]
        if moved and not seen:
            seen.append(moved[0])
            what()

    with monkeypatch.context() as patch:
        patch.setattr(machine.images, "_watch", watch)
        yield seen


def press_the_stop_button():
    raise KeyboardInterrupt


def test_a_tag_for_several_platforms_is_one_line_each_and_provenance_is_no_image():
    config = {
        "amd64": {"os": "linux", "architecture": "amd64"},
        "arm64": {"os": "linux", "architecture": "arm64"},
    }
    answers = {
        "tags/list": {"tags": ["1.0"]},
        "manifests/1.0": {
            "manifests": [
                {"digest": "sha256:a", "platform": {"os": "linux", "architecture": "amd64"}},
                {"digest": "sha256:b", "platform": {"os": "linux", "architecture": "arm64"}},
                {"digest": "sha256:c", "platform": {"os": "unknown", "architecture": "unknown"}},
            ]
        },
        "manifests/sha256:a": {"config": {"digest": "amd64"}, "layers": [{"size": 3}, {"size": 4}]},
        "manifests/sha256:b": {"config": {"digest": "arm64"}, "layers": [{"size": 5}]},
        "blobs/amd64": config["amd64"],
        "blobs/arm64": config["arm64"],
    }
    found = from_registry("r/me/x", lambda path: ({}, json.dumps(answers[path])))
    assert found.tags == (
        Tag("1.0", "sha256:a", "linux/amd64", 7, 2),
        Tag("1.0", "sha256:b", "linux/arm64", 5, 1),
    )


def test_docker_hubs_answer_tells_the_same_facts():
    digest = f"sha256:{secrets.token_hex(32)}"
    image = {"architecture": "amd64", "os": "linux", "size": 29000000, "digest": digest}
    body = json.dumps({"count": 1, "results": [{"name": "1.0", "images": [image]}]})
    assert from_docker_hub("me/x", body).tags == (Tag("1.0", digest, "linux/amd64", 29000000),)
