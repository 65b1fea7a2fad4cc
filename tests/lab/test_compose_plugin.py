"""Compose out of Debian's package: whole, able to run, found by the lab's CLI; the owner's stays as it is."""

import json
import shutil
import subprocess

import pytest

from sosclib.lab import compose_plugin as module
from sosclib.lab.cli_config import add_plugins, own_config
from sosclib.lab.compose_plugin import compose_plugin, has_plugin
from sosclib.lab.errors import LabError
from sosclib.lab.host import HostNode


@pytest.fixture(scope="module")
def plugin():
    return compose_plugin()


def test_it_is_compose_of_the_second_version(plugin):
    said = subprocess.run([plugin, "version", "--short"], capture_output=True, text=True, check=True).stdout
    assert said.startswith("2.")


def test_it_is_fetched_into_an_empty_cache_with_nothing_beside_it(monkeypatch, tmp_path):
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path))
    assert not has_plugin()
    told = []
    found = compose_plugin(told.append)
    assert len(told) == 1
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "compose", found.parent, found]


def test_what_is_there_is_not_fetched_again(plugin, monkeypatch):
    monkeypatch.setattr(module, "bootstrap", lambda *_, **__: pytest.fail("fetched again"))
    assert compose_plugin() == plugin


def test_a_program_that_does_not_run_here_is_told_and_not_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path))
    monkeypatch.setattr(module, "TAKEN", f'echo "#!/bin/false" > "$1/{module.PROGRAM}"')
    with pytest.raises(LabError, match="does not run on this computer"):
        compose_plugin()
    assert not has_plugin() and not list(module.plugin_folder().parent.iterdir())


@pytest.fixture
def owner(tmp_path, monkeypatch):
    folder = tmp_path / "owner"
    (folder / "cli-plugins").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"cliPluginsExtraDirs": ["/opt/plugins"]}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_owners_plugins_are_found_where_the_owner_finds_them(owner, tmp_path):
    (tmp_path / "home").mkdir()
    config = json.loads((own_config(tmp_path / "home") / "config.json").read_text())
    assert config == {"cliPluginsExtraDirs": ["/opt/plugins"]}


def test_one_more_folder_stays_and_is_named_once(owner, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    before = contents(owner)
    for _ in range(2):
        add_plugins(home, tmp_path / "mine")
        config = json.loads((own_config(home) / "config.json").read_text())
        assert config == {"cliPluginsExtraDirs": [str(tmp_path / "mine"), "/opt/plugins"]}
    assert contents(owner) == before


@pytest.mark.skipif(not shutil.which("docker"), reason="there is no Docker CLI that could find a plugin")
def test_a_cli_without_compose_has_it_afterwards(plugin, owner, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    before = contents(owner)
    node = HostNode(None, home)
    node.provide_compose()
    assert "Compose" in node.cli("compose", "version").check().stdout
    assert node.follow("docker compose version", lambda line: None).exit_code == 0
    assert contents(owner) == before
