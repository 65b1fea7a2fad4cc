"""Networks: each call does what its command line says, and a stranger's networks survive all of them."""

import json
import subprocess

import pytest

from sosclib.engine.cleaning import clean
from sosclib.lab.errors import NameTaken, NetworkInUse, NotFound, NotOurs

pytestmark = pytest.mark.engine


def typed(line):
    return subprocess.run(line, shell=True, capture_output=True, text=True).stdout


def test_create_list_inspect_remove_show_what_the_command_line_shows(vm1, name, capsys):
    made = vm1.networks.create(name, internal=True, labels={"purpose": "a test"})
    listed = vm1.networks.list()
    facts = vm1.networks.inspect(name)
    made.remove()
    shown = capsys.readouterr().out.splitlines()
    assert shown == [
        f"student@VM1:~$ docker network create --internal --label 'purpose=a test' {name}",
        facts["Id"],
        "student@VM1:~$ docker network ls",
        f"student@VM1:~$ docker network inspect {name}",
        f"student@VM1:~$ docker network rm {name}",
        name,
    ]
    assert list(listed["NAME"]) == sorted([name, "bridge", "host", "none"])
    assert facts["Internal"] is True and facts["Labels"]["purpose"] == "a test"
    assert "sosc." not in repr(facts)
    with pytest.raises(NotFound, match=f"no network {name}"):
        vm1.networks.get(name)


def test_who_is_connected_is_what_the_cli_prints(vm1, image, name, capsys):
    network = vm1.networks.create(name)
    for member in ("sosc-test-two", "sosc-test-one"):
        vm1.containers.run(image, "sleep 600", name=member, detach=True, init=True)
        network.connect(member, aliases=["store"])
    table = vm1.networks.connected(name)
    line = capsys.readouterr().out.splitlines()[-1].partition("$ ")[2]
    assert sorted(filter(None, typed(line).splitlines())) == [" ".join(row) for row in table.values]
    assert list(table["NAME"]) == ["sosc-test-one", "sosc-test-two"]
    network.disconnect("sosc-test-one")
    assert list(vm1.networks.connected(name)["NAME"]) == ["sosc-test-two"]
    aliases = vm1.containers.get("sosc-test-two").attrs["NetworkSettings"]["Networks"][name]["Aliases"]
    assert "store" in aliases


def test_the_shown_lines_do_the_same(vm1, image, name, capsys, client):
    vm1.containers.run(image, "sleep 600", name="sosc-test-member", detach=True, init=True)
    vm1.networks.create(name)
    vm1.networks.connect(name, "sosc-test-member")
    vm1.networks.disconnect(name, "sosc-test-member")
    vm1.networks.remove(name)
    lines = [
        line.partition("$ ")[2] for line in capsys.readouterr().out.splitlines() if "docker network" in line
    ]
    typed(lines[0])
    try:
        typed(lines[1])
        assert name in client.api.inspect_container("sosc-test-member")["NetworkSettings"]["Networks"]
        typed(lines[2])
        assert name not in client.api.inspect_container("sosc-test-member")["NetworkSettings"]["Networks"]
    finally:
        typed(lines[3])
    assert json.loads(typed(f"docker network inspect {name}") or "[]") == []


def test_a_network_in_use_stays_and_its_members_are_named(vm1, image, name):
    vm1.networks.create(name)
    vm1.containers.run(image, "sleep 600", name="sosc-test-member", detach=True, init=True)
    vm1.networks.connect(name, "sosc-test-member")
    with pytest.raises(NetworkInUse, match=f"{name} is in use") as told:
        vm1.networks.remove(name)
    assert "sosc-test-member" in told.value.why
    assert vm1.networks.get(name).attrs["Name"] == name


def test_a_name_is_given_once(vm1, name):
    vm1.networks.create(name)
    with pytest.raises(NameTaken, match=name):
        vm1.networks.create(name)


def test_a_strangers_network_and_those_of_every_engine_are_left_alone(vm1, decoys, client):
    assert decoys.network not in set(vm1.networks.list()["NAME"])
    assert decoys.network in set(vm1.networks.list(everything=True)["NAME"])
    for theirs in (decoys.network, "bridge"):
        with pytest.raises(NotOurs):
            vm1.networks.remove(theirs)
        with pytest.raises(NotOurs):
            vm1.networks.connect(theirs, decoys.running)
    clean(vm1, section=None)
    assert decoys.all_there(client)


def test_a_strangers_container_is_not_connected(vm1, decoys, name, client):
    vm1.networks.create(name)
    with pytest.raises(NotOurs, match=decoys.running):
        vm1.networks.connect(name, decoys.running)
    assert decoys.all_there(client)
