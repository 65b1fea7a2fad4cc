"""The race runs for real; whoever cannot run here is named, with the reason, and has a reference time."""

from shutil import which

import pytest

from sosclib.course.racing import race as of_the_course
from sosclib.lab.errors import ImageError, LabError
from sosclib.lab.paths import lab_dir
from sosclib.lab.vm import qemu
from sosclib.measure import race as racing
from sosclib.measure.contenders import (
    BOOT_DOCKER,
    BOOT_SSH,
    CONTAINER,
    DOCKER,
    FLOOR,
    FULL_VMS,
    KINDS,
    MACHINE,
    MAKERS,
    RESUME_DOCKER,
    RUNC,
    TINY_VM,
    TRUE,
)
from sosclib.measure.race import MEASURED, REFERENCE, race
from sosclib.measure.timing import Contender
from tests.measure.machine import machine

pytestmark = pytest.mark.engine
NEEDED = ("sh", "true", "unshare", "runc", "tar", "mkdir", "sed", "rm")


@pytest.fixture(scope="module")
def without_qemu(bench, true_image, tmp_path_factory):
    """A race on a machine whose PATH has everything but QEMU."""
    programs = tmp_path_factory.mktemp("programs")
    for name in NEEDED:
        if found := which(name) or which(name, path="/usr/sbin:/sbin"):
            (programs / name).symlink_to(found)
    qemu.version.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(programs))
        outcome = race(bench, image=true_image, repeats=5, seed=1, full_vm=True)
    qemu.version.cache_clear()
    return outcome


def test_floor_and_containers_are_measured_here(without_qemu):
    sources = without_qemu.summary()["source"]
    for name in (TRUE, DOCKER):
        assert sources[name] == MEASURED
        assert len(without_qemu.timings.seconds(name)) == 5
    assert (without_qemu.samples["seconds"] > 0).all()


def test_a_container_costs_more_than_a_process(without_qemu):
    assert without_qemu.ratio(DOCKER, to=TRUE) > 10
    order = without_qemu.order()
    assert order.index(TRUE) < order.index(DOCKER)


def test_without_qemu_it_says_how_to_get_it_and_takes_labelled_references(without_qemu):
    missing = {one.contender: one for one in without_qemu.absent}
    for name in (TINY_VM, *FULL_VMS):
        assert "qemu" in missing[name].reason
        assert "sosc setup" in missing[name].help
    machines = without_qemu.summary().query("kind == @MACHINE")
    assert set(machines["source"]) == {REFERENCE}
    assert TINY_VM in machines.index and BOOT_DOCKER in machines.index
    assert "Not run here" in repr(without_qemu)
    assert without_qemu.environment.accelerator == ""


def test_the_facts_stand_beside_every_sample(without_qemu, client):
    measured = without_qemu.samples.query("source == @MEASURED")
    info = client.info()
    assert set(measured["engine"]) == {info["ServerVersion"]}
    assert set(measured["storage driver"]) == {info["Driver"]}
    assert set(measured["kernel"]) == {info["KernelVersion"]}
    assert set(measured["image present"]) == {True}


def test_kinds_stand_in_their_order(without_qemu):
    kinds = list(dict.fromkeys(without_qemu.summary()["kind"]))
    assert kinds == [FLOOR, CONTAINER, MACHINE]
    assert set(without_qemu.summary().index) <= set(KINDS)


def test_nothing_is_left_behind(without_qemu, client):
    labels = [f"{key}={value}" for key, value in racing.LABELS.items()]
    assert client.containers.list(all=True, filters={"label": labels}) == []


def test_who_took_no_part_has_no_median(without_qemu):
    with pytest.raises(LabError, match="took no part"):
        without_qemu.median("sleigh")


def test_a_pull_is_no_part_of_the_race(bench):
    field = racing.Field(bench.docker, "nobody/has-this:1", racing.Here(), racing.LABELS)
    for name in (RUNC, DOCKER):
        with pytest.raises(ImageError, match="not present"):
            MAKERS[name](field)


def test_what_a_killed_race_leaves_is_known_as_the_sections(true_image, monkeypatch, tmp_path):
    seen = []

    def maker(name):
        def make(field):
            seen.append(field.labels)
            return Contender(name, lambda: 1.0, "a", "b")

        return make

    monkeypatch.setattr(racing, "MAKERS", {name: maker(name) for name in MAKERS})
    with machine(monkeypatch, tmp_path) as vm1:
        of_the_course(vm1, image=true_image, repeats=1)
        assert seen and all(racing.LABELS | vm1.ownership.labels() == labels for labels in seen)


@pytest.mark.vm
def test_the_smallest_machine_takes_part_where_qemu_is(bench, true_image):
    outcome = race(bench, image=true_image, repeats=3, seed=1)
    assert outcome.summary().loc[TINY_VM, "source"] == MEASURED
    assert outcome.faster(TRUE, TINY_VM)
    # In a machine whose instructions are translated a container may take as long as the smallest one here.
    if outcome.environment.engine_kernel == outcome.environment.kernel:
        assert outcome.faster(DOCKER, TINY_VM)
    assert outcome.environment.accelerator in ("kvm", "tcg")
    assert outcome.as_references("a machine", "a test")[0].contender == TINY_VM


@pytest.mark.vm
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_full_machines_take_part_where_asked_for(bench, true_image):
    labs = set(lab_dir().parent.iterdir())
    outcome = race(bench, image=true_image, repeats=1, seed=1, full_vm=True)
    assert set(outcome.summary().loc[list(FULL_VMS), "source"]) == {MEASURED}
    assert not outcome.references and not {one.contender for one in outcome.absent} & set(FULL_VMS)
    assert outcome.faster(RESUME_DOCKER, BOOT_SSH) and outcome.faster(BOOT_SSH, BOOT_DOCKER)
    assert set(lab_dir().parent.iterdir()) == labs, "its lab is gone"
