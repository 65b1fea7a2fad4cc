"""Volumes: each call does what its command line says, and a stranger's volumes survive all of them."""

import json
import re
import subprocess

import pytest
from docker.utils import version_gte

from sosclib.engine.cleaning import clean
from sosclib.lab.errors import NameTaken, NotFound, NotOurs, SoscError, VolumeInUse

pytestmark = pytest.mark.engine


def typed(line, folder=None):
    return subprocess.run(line, shell=True, capture_output=True, text=True, cwd=folder)


def content(vm1, image, volume, file):
    return vm1.containers.run(image, f"cat /v/{file}", remove=True, volumes=[f"{volume}:/v"]).output


def test_create_list_inspect_remove_show_what_the_command_line_shows(vm1, name, capsys):
    assert vm1.volumes.create(name).name == name
    listed = vm1.volumes.list()
    facts = vm1.volumes.inspect(name)
    vm1.volumes.remove(name)
    assert capsys.readouterr().out.splitlines() == [
        f"student@VM1:~$ docker volume create {name}",
        name,
        "student@VM1:~$ docker volume ls",
        f"student@VM1:~$ docker volume inspect {name}",
        f"student@VM1:~$ docker volume rm {name}",
        name,
    ]
    assert listed.values.tolist() == [["local", name]]
    assert list(listed.columns) == ["DRIVER", "VOLUME NAME"]
    assert facts["Labels"] == vm1.ownership.labels()
    with pytest.raises(NotFound, match=f"no volume {name}"):
        vm1.volumes.inspect(name)


def test_facts_are_those_of_the_cli_without_the_courses_labels(vm1, name):
    vm1.volumes.create(name, labels={"purpose": "a test"})
    shown = repr(vm1.volumes.get(name).inspect())
    [real] = json.loads(typed(f"docker volume inspect {name}").stdout)
    assert shown.splitlines()[0] == "[" and "sosc." not in shown
    [told] = json.loads(shown)
    assert {**told, "Labels": None, "Options": None} == {**real, "Labels": None, "Options": None}
    assert told["Labels"] == {"purpose": "a test"}
    assert list(told) == sorted(told)


def test_what_is_empty_is_shown_in_one_way(vm1, name):
    vm1.volumes.create(name)
    told = json.loads(repr(vm1.volumes.inspect(name)))[0]
    assert (told["Labels"], told["Options"]) == (None, None)


@pytest.mark.parametrize("about", [{}, {"options": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}])
def test_the_shown_line_makes_the_same_volume(vm1, name, client, capsys, about):
    vm1.volumes.create(name, labels={"a": "b c"}, **about)
    line = capsys.readouterr().out.splitlines()[0].partition("$ ")[2]
    by_library = vm1.volumes.get(name).attrs
    vm1.volumes.get(name).remove()
    assert typed(line).stdout == f"{name}\n"
    by_line = client.api.inspect_volume(name)
    client.api.remove_volume(name)
    assert (by_library["Options"] or {}) == (by_line["Options"] or {})
    assert by_line["Labels"] == {"a": "b c"}
    assert by_library["Driver"] == by_line["Driver"]


def test_a_name_that_is_there_is_told_again_but_not_with_other_options(vm1, name):
    vm1.volumes.create(name)
    assert vm1.volumes.create(name).name == name
    with pytest.raises(NameTaken, match="other options"):
        vm1.volumes.create(name, options={"type": "tmpfs", "device": "tmpfs"})
    assert len(vm1.volumes.list()) == 1


def test_a_volume_without_a_name_gets_one(vm1):
    assert re.fullmatch("[0-9a-f]{64}", vm1.volumes.create().name)


@pytest.mark.parametrize("bad", ["a", "not this one!"])
def test_a_name_that_cannot_be_is_told(vm1, bad):
    with pytest.raises(SoscError, match=f"cannot be called {bad}"):
        vm1.volumes.create(bad)


def test_a_volume_in_use_stays_and_its_users_are_named(vm1, image, name):
    vm1.containers.run(image, "true", name="sosc-test-user", volumes=[f"{name}:/data"])
    for force in (False, True):
        with pytest.raises(VolumeInUse, match="used by sosc-test-user") as caught:
            vm1.volumes.remove(name, force=force)
        assert "docker rm sosc-test-user" in str(caught.value)
    vm1.containers.remove("sosc-test-user")
    vm1.volumes.remove(name)
    assert vm1.volumes.list().empty


def test_a_volume_that_is_not_there_is_told_unless_forced(vm1, name, capsys):
    with pytest.raises(NotFound, match=f"no volume {name}"):
        vm1.volumes.remove(name)
    vm1.volumes.remove(name, force=True)
    assert capsys.readouterr().out.splitlines()[0] == f"student@VM1:~$ docker volume rm -f {name}"


def test_what_came_with_a_container_is_the_courses(vm1, image, name, decoys):
    vm1.containers.run(image, "touch /data/mine", volumes=[f"{name}:/data", "/nameless"])
    assert set(vm1.volumes.list()["VOLUME NAME"]) == vm1.ownership.entered("volume")
    assert len(vm1.ownership.entered("volume")) == 2 and name in vm1.ownership.entered("volume")
    assert vm1.system.df().set_index("TYPE")["TOTAL"]["Local Volumes"] == 2
    assert decoys.volume in set(vm1.volumes.list(everything=True)["VOLUME NAME"])


def test_a_volume_without_a_name_is_asked_for_as_the_cli_does(vm1, image, client):
    vm1.containers.run(image, "true", name="sosc-test-user", volumes=["/nameless"])
    by_library = client.api.inspect_container("sosc-test-user")
    typed(f"docker run --name sosc-test-typed -v /nameless {image} true")
    by_line = client.api.inspect_container("sosc-test-typed")
    client.api.remove_container("sosc-test-typed", v=True)
    assert by_library["Config"]["Volumes"] == by_line["Config"]["Volumes"] == {"/nameless": {}}
    assert not by_library["HostConfig"]["Binds"] and not by_line["HostConfig"]["Binds"]


def test_a_volume_that_was_there_does_not_become_the_courses_by_use(vm1, image, decoys):
    vm1.containers.run(image, "true", remove=True, volumes=[f"{decoys.volume}:/data"])
    assert vm1.ownership.entered("volume") == set()
    assert vm1.volumes.list().empty


def test_a_name_is_not_remembered_longer_than_its_volume(vm1, image, name, client):
    vm1.containers.run(image, "true", remove=True, volumes=[f"{name}:/data"])
    assert vm1.ownership.entered("volume") == {name}
    client.api.remove_volume(name)
    clean(vm1, section="05-other")
    assert vm1.ownership.entered("volume") == set()
    vm1.containers.run(image, "true", remove=True, volumes=[f"{name}:/data"])
    vm1.volumes.remove(name)
    assert vm1.ownership.entered("volume") == set()


def test_clean_takes_what_came_with_a_container_by_section(vm1, image, name, decoys, client):
    vm1.containers.run(image, "true", remove=True, volumes=[f"{name}:/data"])
    assert clean(vm1, section="05-other") == []
    assert clean(vm1, section="04-test", keep=(name,)) == []
    assert clean(vm1, section="04-test") == [f"volume {name}"]
    assert decoys.all_there(client)


def test_clean_passes_over_a_volume_that_a_strangers_container_uses(vm1, name, image, client):
    vm1.volumes.create(name)
    theirs = client.containers.create(image, "true", volumes=[f"{name}:/data"])
    try:
        assert clean(vm1, section="04-test") == []
    finally:
        theirs.remove()
    assert clean(vm1, section="04-test") == [f"volume {name}"]


@pytest.mark.parametrize("method", ["remove", "create"])
def test_a_strangers_volume_is_refused(vm1, decoys, client, method):
    with pytest.raises(NotOurs, match="not the course's own"):
        getattr(vm1.volumes, method)(decoys.volume)
    assert decoys.all_there(client)


def test_prune_of_all_takes_unused_ones_and_spares_used_ones_and_strangers(
    vm1, image, name, decoys, client, capsys
):
    vm1.volumes.create(f"{name}-named")
    vm1.containers.run(image, "true", name="sosc-test-user", volumes=[f"{name}-used:/data"])
    vm1.containers.run(image, "true", remove=True, volumes=[f"{name}-left:/data"])
    capsys.readouterr()
    vm1.volumes.prune(all=True)
    shown = capsys.readouterr().out
    flag = " -a" if version_gte(client.api.api_version, "1.42") else ""
    assert shown.startswith(
        f"student@VM1:~$ docker volume prune -f{flag}\nDeleted Volumes:\n{name}-left\n{name}-named\n\n"
    )
    assert shown.endswith("Total reclaimed space: 0B\n")
    assert set(vm1.volumes.list()["VOLUME NAME"]) == {f"{name}-used"}
    assert decoys.all_there(client)


def test_prune_tells_named_ones_apart_where_the_engine_does(vm1, image, name, client, decoys):
    apart = version_gte(client.api.api_version, "1.42")
    vm1.volumes.create(name)
    vm1.containers.run(image, "true", name="sosc-test-nameless", volumes=["/data"])
    vm1.containers.remove("sosc-test-nameless")
    assert len(vm1.volumes.list(dangling=True)) == 2
    vm1.volumes.prune()
    assert list(vm1.volumes.list()["VOLUME NAME"]) == ([name] if apart else [])
    assert decoys.all_there(client)


def test_prune_tells_what_it_freed(vm1, tools, name, capsys):
    vm1.containers.run(tools, ["sh", "-c", "echo 123456789 > /v/file"], remove=True, volumes=[f"{name}:/v"])
    vm1.volumes.prune(all=True)
    assert capsys.readouterr().out.endswith("Total reclaimed space: 10B\n")


def test_prune_of_the_system_spares_volumes(vm1, image, name):
    vm1.volumes.create(f"{name}-unused")
    vm1.containers.run(image, "true", volumes=[f"{name}-used:/data", "/nameless"])
    vm1.system.prune(all=True)
    assert vm1.containers.list(all=True).empty
    assert len(vm1.volumes.list(dangling=True)) == 3


def test_removing_a_container_spares_its_volumes_unless_told(vm1, image, name, capsys):
    for volumes in (False, True):
        vm1.containers.run(image, "true", name="sosc-test-user", volumes=[f"{name}:/data", "/nameless"])
        vm1.containers.get("sosc-test-user").remove(force=True, volumes=volumes)
    assert "$ docker rm -f sosc-test-user\n" in (shown := capsys.readouterr().out)
    assert "$ docker rm -f -v sosc-test-user\n" in shown
    assert len(vm1.volumes.list()) == 2


def test_mounts_of_a_container_are_a_table_of_all_kinds(vm1, image, name, capsys):
    vm1.node.sh("mkdir scratch").check()
    vm1.containers.run(
        image,
        "true",
        name="sosc-test-user",
        volumes=[f"{name}:/data", "$PWD/scratch:/in:ro"],
        tmpfs={"/fast": "", "/fixed": "ro,size=1m"},
    )
    capsys.readouterr()
    table = vm1.containers.get("sosc-test-user").mounts()
    assert table.values.tolist() == [
        ["volume", name, "/data", "rw"],
        ["tmpfs", "", "/fast", "rw"],
        ["tmpfs", "", "/fixed", "ro"],
        ["bind", "$PWD/scratch", "/in", "ro"],
    ]
    line = capsys.readouterr().out.strip().partition("$ ")[2]
    assert line == ("docker inspect --format '{{json .Mounts}} {{json .HostConfig.Tmpfs}}' sosc-test-user")
    answer = typed(line).stdout
    assert all(word in answer for word in (name, "/scratch", "/fast", "/fixed"))
    assert vm1.containers.inspect("sosc-test-user")["HostConfig"]["Tmpfs"]["/fast"] == ""


def test_mounts_without_tmpfs_are_the_part_that_the_lecture_shows(vm1, image, name, capsys):
    vm1.containers.run(image, "true", name="sosc-test-user", volumes=[f"{name}:/data"])
    vm1.containers.mounts("sosc-test-user")
    line = capsys.readouterr().out.splitlines()[-1].partition("$ ")[2]
    assert line == "docker inspect --format '{{json .Mounts}}' sosc-test-user"
    assert [mount["Name"] for mount in json.loads(typed(line).stdout)] == [name]
