"""On somebody's own engine the course sees and removes what is the course's, and nothing else."""

import subprocess
import sys
import threading
from pathlib import Path

import docker.errors
import pytest

from sosclib.engine.cleaning import clean

pytestmark = pytest.mark.engine
SOSC = Path(sys.executable).with_name("sosc")


@pytest.fixture
def work(vm1, image):
    """Leave something of the course's own of every kind beside the decoys."""
    labels = vm1.ownership.labels()
    vm1.containers.run(image, "touch /mark", name="sosc-test-ended")
    vm1.containers.commit("sosc-test-ended", "sosc-test-mine")
    vm1.docker.volumes.create("sosc-test-volume", labels=labels)
    vm1.docker.networks.create("sosc-test-network", labels=labels)


def test_prune_spares_strangers(vm1, work, decoys, client, capsys):
    vm1.system.prune()
    assert decoys.all_there(client)
    assert vm1.containers.list(all=True).empty
    assert "Deleted Networks:\nsosc-test-network\n" in capsys.readouterr().out
    assert len(vm1.images.list()) == 1


def test_prune_of_all_images_spares_strangers(vm1, work, decoys, client):
    vm1.system.prune(all=True)
    assert decoys.all_there(client)
    assert vm1.images.list().empty


def test_clean_removes_every_kind_and_spares_strangers(vm1, work, decoys, client):
    removed = clean(vm1, section="04-test")
    assert decoys.all_there(client)
    assert set(removed) == {
        "container sosc-test-ended",
        "volume sosc-test-volume",
        "network sosc-test-network",
        "image sosc-test-mine:latest",
    }
    assert clean(vm1, section="04-test") == []


def test_sosc_reset_removes_every_kind_and_spares_strangers(vm1, work, decoys, client):
    done = subprocess.run([SOSC, "reset", "--lab", "host"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert decoys.all_there(client)
    assert set(done.stdout.splitlines()) == {
        "removed container sosc-test-ended",
        "removed volume sosc-test-volume",
        "removed network sosc-test-network",
        "removed image sosc-test-mine:latest",
    }


def test_clean_keeps_what_is_declared_and_other_sections_things(vm1, work, decoys, client):
    kept = ("sosc-test-mine:latest", "sosc-test-volume")
    assert set(clean(vm1, section="04-test", keep=kept)) == {
        "container sosc-test-ended",
        "network sosc-test-network",
    }
    assert clean(vm1, section="05-other") == []
    assert set(clean(vm1, section=None)) == {"image sosc-test-mine:latest", "volume sosc-test-volume"}
    assert decoys.all_there(client)


def test_lists_and_df_show_the_courses_share_and_the_whole_on_request(vm1, work, decoys):
    assert decoys.running not in set(vm1.containers.list(all=True)["NAMES"])
    assert decoys.running in set(vm1.containers.list(all=True, everything=True)["NAMES"])
    share = vm1.system.df().set_index("TYPE")["TOTAL"]
    whole = vm1.system.df(everything=True).set_index("TYPE")["TOTAL"]
    assert (share["Images"], share["Containers"], share["Local Volumes"]) == (1, 1, 1)
    assert whole["Images"] >= 4
    assert whole["Containers"] >= 3
    assert whole["Local Volumes"] >= 3


def test_df_of_the_whole_engine_is_the_clis(vm1, work, decoys):
    def theirs():
        shown = "{{.Type}}|{{.TotalCount}}|{{.Active}}|{{.Size}}"
        return vm1.node.cli("system", "df", "--format", shown).check().stdout.splitlines()

    # The engine may still be about something of its own: compared is what it says while it stands still.
    for _ in range(20):
        before, ours, after = theirs(), vm1.system.df(everything=True), theirs()
        if before == after:
            break
    else:
        pytest.fail("the engine never stood still long enough to compare two answers")
    assert ["|".join(map(str, row)) for row in ours[["TYPE", "TOTAL", "ACTIVE", "SIZE"]].values] == after


def test_calls_of_the_section_leave_every_decoy(vm1, image, decoys, client):
    result = vm1.containers.run(image, "true")
    vm1.containers.latest()
    vm1.containers.logs(result.container)
    vm1.containers.list(all=True, size=True)
    vm1.system.version()
    vm1.system.info()
    vm1.system.df_verbose()
    vm1.system.prune(all=True)
    assert decoys.all_there(client)


def test_clean_waits_for_a_container_that_goes_already(vm1, image, monkeypatch):
    """An engine that leaves a swarm removes its tasks itself; here a timer does, half a second later."""
    vm1.containers.run(image, "true", name="going")
    api = vm1.docker.api
    remove = api.remove_container

    def busy(id_, **options):
        threading.Timer(0.5, remove, (id_,), options).start()
        raise docker.errors.APIError("409", explanation=f"removal of container {id_} is already in progress")

    with monkeypatch.context() as patch:
        patch.setattr(api, "remove_container", busy)
        assert clean(vm1, section=None) == ["container going"]
    assert vm1.containers.list(all=True).empty
