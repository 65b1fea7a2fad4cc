"""Only a part of a lab is there: it is told, and ends."""

import os
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from sosclib.cli import app
from sosclib.lab.dind import DindLab
from sosclib.lab.dind import lab as dind_lab
from sosclib.lab.ssh import SshLab
from sosclib.lab.ssh.connection import Connection
from sosclib.lab.ssh.inventory import EXAMPLE, inventory_path, read_inventory

DOWN_ALREADY = "The lab is down already.\n"


@pytest.fixture(autouse=True)
def own(monkeypatch):
    name = f"test-half-{os.getpid()}"
    monkeypatch.setenv("SOSC_LAB_NAME", name)
    return name


@pytest.fixture
def running(monkeypatch):
    """Let an engine answer in which containers run that play machines; give their list."""
    found = []
    api = SimpleNamespace(
        containers=lambda **_: list(found),
        inspect_container=lambda _: {"NetworkSettings": {"Networks": {}}},
        stop=lambda name, timeout: found.remove({"Id": name}),
    )
    monkeypatch.setattr(dind_lab, "connect", lambda: SimpleNamespace(api=api, close=lambda: None))
    return found


def sosc(*words):
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_one_container_that_plays_a_machine_is_told_and_stopped(running):
    assert DindLab.remains() is None
    running.append({"Id": "vm2"})
    assert DindLab.find() is None
    told = sosc("status", "--lab", "dind")
    assert "One machine runs" in told and "`sosc down --lab dind` ends them." in told
    assert "The lab is down; its disks are kept.\n" in sosc("down", "--lab", "dind")
    assert running == []
    assert sosc("down", "--lab", "dind") == DOWN_ALREADY


def test_two_containers_are_no_half_lab(running):
    running.extend([{"Id": "vm1"}, {"Id": "vm2"}])
    assert DindLab.remains() is None
    DindLab.find().close()


def test_one_real_machine_that_is_logged_in_to_is_told_and_logged_out_of(own, monkeypatch):
    closed = []

    def close(self):
        closed.append(self.control)
        self.control.unlink(missing_ok=True)

    inventory_path().write_text(EXAMPLE)
    lab = SshLab(read_inventory(), own)
    control = lab._nodes[1].carrier.control
    monkeypatch.setattr(Connection, "is_open", lambda self: False)
    monkeypatch.setattr(Connection, "close", close)
    assert SshLab.remains() is None
    control.touch()
    assert SshLab.find() is None
    assert "`sosc down --lab ssh` logs out." in sosc("status", "--lab", "ssh")
    assert "You are logged out of both machines" in sosc("down", "--lab", "ssh")
    assert control in closed and not lab.runtime.exists()
    assert sosc("down", "--lab", "ssh") == DOWN_ALREADY
    lab.runtime.rmdir()
