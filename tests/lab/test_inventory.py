"""The inventory of real machines: what can be written there, and what is said where it is wrong."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from sosclib.course.doctor_checks import check_inventory, checks
from sosclib.lab.errors import LabError
from sosclib.lab.opening import choose, open_lab
from sosclib.lab.paths import ROOT
from sosclib.lab.ssh import SshLab, config
from sosclib.lab.ssh.inventory import EXAMPLE, inventory_path, read_inventory
from sosclib.lab.ssh.trouble import unreachable

SMALLEST = """[vm1]
host = "one"
private_address = "10.0.0.11"
[vm2]
host = "two"
private_address = "10.0.0.12"
"""


@pytest.fixture
def write(monkeypatch, tmp_path):
    """Give a function that writes the inventory of a lab of the test's own."""
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("SOSC_LAB_NAME", "test-inventory")
    monkeypatch.delenv("SOSC_INVENTORY", raising=False)

    def written(text, path=None):
        path = path or inventory_path()
        path.write_text(text)
        return path

    return written


def test_without_one_the_message_says_where_to_write_what(write):
    with pytest.raises(LabError, match="does not know your machines") as told:
        open_lab("ssh")
    assert str(inventory_path()) in told.value.why and "SOSC_INVENTORY" in told.value.why
    assert told.value.help.endswith(EXAMPLE)
    assert "real machines" not in checks(), "the doctor does not speak of what nobody asked for"


def test_the_example_can_be_used_as_it_stands(write):
    path = write(EXAMPLE)
    inventory = read_inventory()
    assert inventory.path == path and not inventory.exclusive
    one, two = inventory.machines
    assert (one.title, one.user, one.host) == ("VM1", "student", "vm1.example.org")
    assert (one.private_address, one.public_address) == ("10.0.0.11", "203.0.113.7")
    assert (two.jump, two.public_address) == ("vm1", None)
    assert two.by_hand == "ssh student@10.0.0.12"
    assert checks()["real machines"]().text.startswith("VM1 at vm1.example.org, VM2 at 10.0.0.12")


def test_it_may_lie_elsewhere(write, monkeypatch, tmp_path):
    path = write(SMALLEST, tmp_path / "mine.toml")
    monkeypatch.setenv("SOSC_INVENTORY", str(path))
    assert read_inventory().path == path
    assert choose("ssh", nodes=2) == "ssh"


def test_a_relative_path_means_the_same_file_wherever_a_program_works(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOSC_INVENTORY", "mine.toml")
    assert inventory_path() == ROOT / "mine.toml"
    monkeypatch.setenv("SOSC_INVENTORY", "~/mine.toml")
    assert inventory_path() == Path.home() / "mine.toml"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("[vm2]", "[vm3]"), "no use for vm3"),
        (('host = "two"', ""), r"\[vm2\] does not say host"),
        (('host = "two"', 'host = "two"\ncolour = "blue"'), "no use for colour"),
        (('host = "two"', 'host = "-oProxyCommand=touch x"'), "host cannot be"),
        (('host = "two"', 'host = "two\\u000aProxyCommand touch x"'), "host cannot be"),
        (('host = "two"', 'host = "two"\nport = "22"'), "port is a number"),
        (('host = "two"', "host = 2"), "host is text"),
        (('"10.0.0.12"', '"vm2.example.org"'), "private_address is an IPv4 address"),
        (('host = "one"', 'host = "one"\njump = "vm2"'), "cannot lead through a machine of the lab"),
        (("[vm1]", "exclusive = 1\n[vm1]"), "`exclusive` is true or false"),
        (("[vm1]", "[vm1"), "line 1"),
        ((SMALLEST, "[vm1]\n" + SMALLEST.split("\n", 1)[1].split("[vm2]")[0]), r"no table \[vm2\]"),
    ],
)
def test_what_is_wrong_is_named_and_the_example_shown(write, change, why):
    path = write(SMALLEST.replace(*change))
    with pytest.raises(LabError, match=why) as told:
        read_inventory()
    assert told.value.what == f"The inventory {path} cannot be used."
    assert EXAMPLE in told.value.help


def test_the_doctor_sees_a_key_that_is_not_there(write):
    write(SMALLEST.replace('host = "one"', 'host = "one"\nidentity_file = "/nowhere/key"'))
    assert check_inventory().text == "/nowhere/key is not there"


def settings(connection):
    """Return what ssh itself makes of a configuration."""
    said = subprocess.run(
        connection.command("-G", connection.destination), capture_output=True, text=True, check=True
    )
    return dict(line.partition(" ")[::2] for line in said.stdout.splitlines())


def test_ssh_compares_host_keys_whatever_else_is_said(write, tmp_path):
    key = tmp_path / "a 100% key"
    write(
        SMALLEST.replace(
            'host = "one"', f'host = "one"\nuser = "me"\nport = 2200\nidentity_file = "{key}"'
        ).replace('host = "two"', f'host = "two"\njump = "vm1"\nknown_hosts = "{tmp_path}/known"')
    )
    one, two = read_inventory().machines
    for path, text in config.files((one, two), tmp_path).items():
        path.write_text(text)
    first, second = (settings(config.carrier(machine, tmp_path)) for machine in (one, two))
    for found in (first, second):
        assert found["stricthostkeychecking"] == "true" and found["batchmode"] == "yes"
    assert (first["user"], first["port"], first["hostname"]) == ("me", "2200", "one")
    assert first["identityfile"].endswith("a 100%% key") and first["identitiesonly"] == "yes"
    assert second["userknownhostsfile"] == f"{tmp_path}/known"
    assert second["proxycommand"].endswith(f"-F {tmp_path}/vm1-engine.conf -W [%h]:%p one")
    assert "proxycommand" not in first


def test_a_persons_own_configuration_counts_but_opens_nothing(write, tmp_path):
    write(SMALLEST)
    one, two = read_inventory().machines
    for path, text in config.files((one, two), tmp_path).items():
        theirs = tmp_path / "theirs"
        theirs.write_text("Host one\n  HostName 192.0.2.1\n  User them\n  StrictHostKeyChecking no\n")
        path.write_text(text.replace("~/.ssh/config", str(theirs)))
    found = settings(config.student(one, tmp_path))
    assert (found["hostname"], found["user"], found["stricthostkeychecking"]) == ("192.0.2.1", "them", "true")


@pytest.mark.parametrize(
    ("said", "what", "help_"),
    [
        ("Host key verification failed.", "does not know the host key of VM1", "compare the fingerprint"),
        (
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            "another host key",
            "ssh-keygen -R one",
        ),
        ("me@one: Permission denied (publickey).", "does not let you in", "authorized_keys"),
        (
            "ssh: Could not resolve hostname one: Name or service not known",
            "no machine of the name one",
            "Host of",
        ),
        ("ssh: connect to host one port 22: Connection refused", "not reached at one", "ssh one"),
    ],
)
def test_sshs_words_are_explained(write, said, what, help_):
    write(SMALLEST)
    inventory = read_inventory()
    told = unreachable(inventory.machines[0], inventory, said)
    assert what in told.what and help_ in told.help and told.why == said


def test_a_socket_that_goes_while_somebody_logs_out_is_nobodys_fault(tmp_path):
    gone = SimpleNamespace(iterdir=lambda: [tmp_path / "gone"])
    SshLab._log_out(SimpleNamespace(_nodes=(), runtime=gone))
