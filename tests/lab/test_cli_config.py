"""The Docker CLI of a host lab finds the owner's engine and plugins, and writes nothing of the owner's."""

import json

import pytest

from sosclib.lab.cli_config import own_config


@pytest.fixture
def owner(tmp_path, monkeypatch):
    """Give the owner's configuration folder."""
    folder = tmp_path / "owner" / ".docker"
    (folder / "cli-plugins").mkdir(parents=True)
    (folder / "contexts").mkdir()
    content = {"auths": {"docker.io": {"auth": "c2VjcmV0"}}, "currentContext": "mine"}
    (folder / "config.json").write_text(json.dumps(content))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def read(folder):
    return json.loads((folder / "config.json").read_text())


def test_contexts_and_plugins_are_found_and_logins_are_not_taken_over(owner, home):
    folder = own_config(home)
    assert read(folder) == {"currentContext": "mine"}
    assert (folder / "contexts").samefile(owner / "contexts")
    assert (folder / "cli-plugins").samefile(owner / "cli-plugins")


def test_what_the_owner_chooses_later_counts_and_the_labs_own_logins_stay(owner, home):
    folder = own_config(home)
    logins = {"auths": {"localhost:5001": {"auth": "bGFi"}}}
    (folder / "config.json").write_text(json.dumps(logins | {"currentContext": "mine"}))
    (owner / "config.json").write_text(json.dumps({"currentContext": "other"}))
    assert read(own_config(home)) == logins | {"currentContext": "other"}
    (owner / "config.json").write_text("{}")
    assert read(own_config(home)) == logins


@pytest.mark.parametrize("content", ["", "no json", "[]"])
def test_a_configuration_that_cannot_be_read_is_in_nobodys_way(owner, home, content):
    (owner / "config.json").write_text(content)
    assert not (own_config(home) / "config.json").exists()


def test_an_owner_without_any_configuration_is_fine(tmp_path, home, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    assert [one.name for one in own_config(home).iterdir()] == []
