"""A section begins from a known state, whatever was before, and leaves what it says it leaves."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import docker.errors
import pytest

from sosclib.course.begin import begin, clear, end, image, in_words, open_for
from sosclib.course.checks import exercise
from sosclib.course.claims import foreign
from sosclib.course.desk import Desk, Holder
from sosclib.course.needs import STOPPED, WITH_PING, has_image
from sosclib.course.preparing import prepare
from sosclib.course.progress import progress
from sosclib.course.tidying import tidy
from sosclib.lab.errors import LabError, SoscError, WrongLab
from sosclib.lab.host import HostLab
from tests.course.conftest import of_the_course, section


def test_what_was_removed_is_counted_by_kind():
    assert in_words(["container b", "image x", "container a"]) == "2 containers, 1 image"


def test_without_a_section_the_first_cell_is_named():
    with pytest.raises(SoscError, match=r"sosc\.begin"):
        Holder().desk.vm1  # noqa: B018


def test_a_section_refuses_a_lab_that_it_cannot_run_on():
    with pytest.raises(LabError, match="Set LAB to one of: vm"):
        open_for(replace(section("09"), labs=("vm",)), "host")


def test_a_section_with_attacks_refuses_this_computer_and_says_why(own_lab, monkeypatch):
    with pytest.raises(WrongLab, match=r"attacks.*must not leave") as refused:
        begin("14", lab="host")
    assert refused.value.help == "Set LAB to one of: vm."
    assert "cannot run on the lab `host`" in str(refused.value)
    monkeypatch.setenv("SOSC_LAB", "host")
    with pytest.raises(WrongLab):
        begin("14")


@pytest.mark.vm
def test_a_section_for_virtual_machines_takes_them_though_an_engine_answers(vm_lab):
    lab = open_for(replace(section("09"), labs=("vm",)))
    assert (lab.provider, lab.name) == ("vm", vm_lab.name)
    lab.close()


@pytest.mark.vm
def test_an_engine_with_other_settings_gets_its_own_back(vm_lab):
    node = vm_lab.nodes["vm1"]
    settings = """echo '{"userns-remap": "student"}' | sudo tee /etc/docker/daemon.json"""
    node.sh(f"{settings} && sudo systemctl restart docker").check()
    prepare(node, 14, lambda _: None)
    assert node.sh("test -e /etc/docker/daemon.json").exit_code
    assert "name=userns" not in node.docker.info()["SecurityOptions"]
    assert node.sh("sudo ls /var/lib/docker | grep -c '^[0-9]'").stdout.strip() == "0"


class Busy:
    """An engine that has one container, which goes by itself at this moment."""

    def __init__(self):
        self.gone = []

    def remove_container(self, id_, **_):
        raise docker.errors.APIError("409", explanation=f"removal of container {id_} is already in progress")

    def wait(self, id_, **_):
        self.gone.append(id_)


def test_containers_go_from_all_machines_that_are_somebodys_though_one_goes_already(monkeypatch):
    for name in ("claims.release", "claims.release_all", "files.remove_files"):
        monkeypatch.setattr(f"sosclib.course.{name}", lambda *_: [])
    monkeypatch.setattr("sosclib.engine.cleaning.clean", lambda *_, **__: [])
    engines = {"vm1": Busy(), "vm2": Busy()}
    machines = {
        name: SimpleNamespace(
            docker=SimpleNamespace(api=engine),
            containers=SimpleNamespace(raw=lambda **_: [{"Id": "going", "Names": ["/left"]}]),
        )
        for name, engine in engines.items()
    }
    desk = Desk(section("77", nodes=2), SimpleNamespace(exclusive=False), machines, None)
    assert clear(desk, keep_leaves=False) == ["container left", "container left"]
    assert [engine.gone for engine in engines.values()] == [["going"], ["going"]]
    assert clear(desk) == []


@pytest.mark.engine
@pytest.mark.apart
def test_what_another_section_left_goes_from_engines_of_the_labs_own(lay_desk):
    earlier = lay_desk("18")
    earlier.vm1.containers.run(
        earlier.catalogue.resolve("small"), "sleep 600", detach=True, name="forgotten", ports={"80/tcp": 8080}
    )
    later = lay_desk("19", needs=("small",))
    assert "container forgotten" in clear(later, keep_leaves=False)
    assert later.vm1.containers.list(all=True).empty


@pytest.mark.engine
class TestOnTheHost:
    @pytest.fixture
    def begun(self, own_lab, client):
        """Give a function that begins a real section; what it leaves is looked at, and removed."""
        desks = []

        def open_section(name="05"):
            desks.append(begin(name, lab="host"))
            return desks[-1]

        yield open_section
        for desk in desks:
            clear(desk, keep_leaves=False)
            assert not of_the_course(client, desk), "left behind"

    def test_the_first_lines_tell_lab_and_images_and_are_the_same_each_time(self, begun, capsys):
        begun()
        first = capsys.readouterr().out
        end()
        capsys.readouterr()
        begun()
        assert capsys.readouterr().out == first
        lines = first.splitlines()
        assert lines[0].startswith("Section 05: ")
        assert lines[1].startswith("Lab: host, ") and "Debian packages" in lines[1]
        assert lines[2].startswith("From earlier sections: image ")
        assert len(lines) == 3

    def test_beginning_twice_removes_what_was_made_in_between(self, begun, capsys):
        desk = begun()
        desk.vm1.containers.run(image("base"), "true", name="sosc-test-begun")
        capsys.readouterr()
        again = begun()
        assert "another section, and removed: 1 container" in capsys.readouterr().out
        assert isinstance(again, Desk)
        assert again.vm1.containers.raw(all=True) == []

    def test_beginning_twice_removes_what_was_typed_in_between(self, begun, client):
        """What an exercise asks for and nobody has looked at yet is the section's all the same."""
        desk = begun("04")
        desk.vm1.images.pull(image("base"))
        desk.vm1.node.sh(f"docker create --name sleeper {image('base')} sleep 600").check()
        again = begun("04")
        assert not client.api.containers(all=True, filters={"name": "sleeper"})
        assert not foreign(again, "container", "sleeper")

    def test_what_is_made_after_the_end_is_somebodys_own(self, begun, client):
        """An exercise's name is the section's until it ends: the kernel that stays open says nothing."""
        if client.volumes.list(filters={"name": "^board$"}):
            pytest.skip("somebody has a volume board here, which is theirs")
        begun("09").vm1.images.pull(image("small"))
        client.images.get(image("small")).tag(kept := "sosc-test-kept", "1")
        end()
        report = client.api.create_container(f"{kept}:1", "true", name="report")["Id"]
        theirs = client.volumes.create("board")
        try:
            end()
            again = begun("09")
            assert foreign(again, "volume", "board") and foreign(again, "container", "report")
            end()
            assert client.volumes.get("board").name == theirs.name
            assert client.api.inspect_container(report)["Id"] == report
        finally:
            client.api.remove_container(report, force=True)
            client.images.remove(f"{kept}:1")
            theirs.remove()

    def test_what_another_section_left_running_goes_and_its_other_things_stay(self, begun, capsys, client):
        """One that was never ended has names and ports that the next one wants."""
        earlier = begun("04")
        earlier.vm1.containers.run(image("base"), "sleep 600", detach=True, name="sosc-test-left")
        earlier.vm1.volumes.create("sosc-test-left")
        earlier.vm1.node.sh(f"docker create --name sleeper {image('base')} sleep 600").check()
        exercise("04.1").check()
        theirs = client.api.create_container(image("base"), "true", name="sosc-test-theirs")["Id"]
        capsys.readouterr()
        try:
            begun("05")
            assert "another section, and removed: 2 containers." in capsys.readouterr().out
            ours_and_theirs = {"name": "/sosc-test-(left|theirs)$"}
            (stays,) = client.api.containers(all=True, filters=ours_and_theirs)
            assert stays["Id"] == theirs
            assert client.volumes.get("sosc-test-left")
        finally:
            client.api.remove_container(theirs)

    def test_the_end_removes_what_was_made_and_keeps_the_progress(self, begun, capsys):
        desk = begun()
        desk.vm1.containers.run(image("base"), "true", name="sosc-test-begun")
        desk.vm1.containers.commit("sosc-test-begun", "sosc-test-begun")
        capsys.readouterr()
        end()
        assert capsys.readouterr().out == "Removed what this section made: 1 container, 2 images.\n"
        end()
        assert capsys.readouterr().out == "Nothing to clean up.\n"
        assert progress().finished == ("05",)

    def test_what_somebody_else_has_survives(self, begun, client):
        desk = begun()
        name = f"sosc-test-{desk.lab.name}"
        theirs = client.api.create_container(image("base"), "true", name=name)["Id"]
        volume = client.volumes.create(name)
        network = client.networks.create(name)
        try:
            end()
            begun()
            end()
            assert client.api.inspect_container(theirs)["Id"] == theirs
            assert client.volumes.get(name) and client.networks.get(name)
        finally:
            client.api.remove_container(theirs)
            volume.remove()
            network.remove()

    def test_earlier_sections_results_are_there_when_a_later_one_is_opened_first(self, begun, capsys):
        desk = begun("06")
        assert has_image(desk.vm1, f"{WITH_PING}:latest")
        assert {row["Names"][0].lstrip("/") for row in desk.vm1.containers.raw(all=True)} == set(STOPPED)
        with_ping = desk.vm1.containers.run(WITH_PING, "ping -c 1 127.0.0.1", remove=True)
        assert with_ping.exit_code == 0

    def test_one_machine_has_no_second(self, begun):
        desk = begun()
        with pytest.raises(LabError, match='LAB = "vm"'):
            desk.vm2  # noqa: B018

    def test_logging_in_again_needs_nothing_on_this_computer(self, begun, capsys):
        desk = begun()
        capsys.readouterr()
        desk.log_in_again("vm1")
        assert capsys.readouterr().out == "VM1 is this computer: you stay logged in.\n"

    def test_a_killed_kernel_leaves_something_and_the_next_one_cleans_it(self, begun, capsys, client):
        code = "import os, sosclib as sosc\nvm1 = sosc.begin('05', lab='host').vm1\n"
        code += "vm1.containers.run(sosc.image('base'), 'sleep 300', name='sosc-test-killed', detach=True)\n"
        code += "os.kill(os.getpid(), 9)"
        assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == -9
        assert client.api.containers(filters={"name": "sosc-test-killed"})
        begun()
        assert "Left over from an earlier run" in capsys.readouterr().out
        assert not client.api.containers(filters={"name": "sosc-test-killed"})

    def test_tidying_removes_every_sections_things(self, begun, client):
        desk = begun("06")
        lab = HostLab()
        removed = tidy(lab)
        assert f"image {WITH_PING}:latest" in removed
        assert not of_the_course(client, desk)
        assert tidy(lab) == []
        lab.close()
