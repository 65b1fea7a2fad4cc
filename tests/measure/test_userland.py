"""What a container costs without Docker: really measured on this engine, and judged by the data alone."""

import subprocess
import uuid
from types import SimpleNamespace

import pytest

from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import NotFound
from sosclib.lab.host import HostLab
from sosclib.lab.node import CommandResult
from sosclib.lab.registry import start_registry
from sosclib.lab.udocker import NAME, udocker_archive
from sosclib.measure.timing import COLD, WARM
from sosclib.measure.userland import (
    CONTENDERS,
    CPU,
    DOCKER,
    METADATA,
    PLAIN,
    PROOT,
    SCRIPTS,
    SMALL,
    START,
    UDOCKER,
    WORKS,
    Claim,
    Way,
    _timed,
    times,
    userland,
)

ROUNDS = 2


@pytest.fixture(scope="module")
def vm1(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
        patch.setenv("SOSC_STATE", str(tmp_path_factory.mktemp("state")))
        lab = HostLab()
        node = lab.nodes["vm1"]
        ownership = Ownership(lab.name, "15-test", False, lab.ledger, node.docker.info()["ID"])
        yield Machine(node, ownership, Terminal())
        lab.close()


@pytest.fixture(scope="module")
def small(vm1):
    """Give the smallest image, in the engine and as a container ``box`` of udocker's."""
    reference = start_registry(vm1.docker).stock("small")
    present = {one.name for one in objects(vm1.docker)}
    vm1.images.pull(reference)
    vm1.copy_to(udocker_archive(), NAME)
    vm1.node.sh(f"tar -xzf {NAME}").check()
    vm1.udocker.install()
    vm1.node.cli("save", "-o", "small.tar", reference).check()
    vm1.udocker.load("small.tar", "small")
    vm1.udocker.create("small:1.37", "box")
    yield reference
    if reference not in present:
        vm1.images.remove(reference)


@pytest.fixture(scope="module")
def costs(vm1, small):
    before = objects(vm1.docker), set(vm1.node.sh("ls").stdout.split())
    told = []
    measured = userland(vm1, small, "box", repeats=ROUNDS, progress=told.append)
    assert (objects(vm1.docker), set(vm1.node.sh("ls").stdout.split())) == before, "nothing stays"
    assert told[0] == "cold round 1 of 1"
    return measured


@pytest.mark.engine
def test_everybody_does_every_work_in_every_round(costs):
    counted = costs.samples.groupby(["work", "contender", "phase"]).size()
    for work in WORKS:
        for name in CONTENDERS:
            assert counted[work, name, COLD] == 1
            assert counted[work, name, WARM] == (2 * ROUNDS if work == START else ROUNDS)
    assert set(costs.sizes) == set(SCRIPTS)
    assert (costs.samples["seconds"] > 0).all()


@pytest.mark.engine
def test_system_calls_are_what_costs(costs):
    assert costs.ratio(START, UDOCKER) > costs.ratio(START, PROOT) > 1
    assert costs.ratio(START, DOCKER) > 1
    assert costs.ratio(SMALL, UDOCKER) > 2 and costs.ratio(SMALL, PROOT) > 2
    assert costs.ratio(SMALL, UDOCKER) > costs.ratio(CPU, UDOCKER)
    # Two rounds tell a small cost only up to what the bare program differs from itself.
    assert costs.ratio(METADATA, PROOT) * costs.noise(METADATA) > 1
    assert all(ratio == 1 for work in WORKS for ratio in costs.ratios(work, PLAIN))


@pytest.mark.engine
def test_table_and_verdict_say_what_the_samples_say(costs):
    table, verdict = costs.table(), costs.verdict()
    assert list(table.index) == list(WORKS) and list(table.columns) == list(CONTENDERS)
    assert table.loc[SMALL, UDOCKER].endswith(f"(× {times(costs.ratio(SMALL, UDOCKER))})")
    assert verdict.loc["negligible cost in data, small blocks", "here it"] in ("does not hold", "undecided")
    assert all(costs.noise(work) >= 1 for work in WORKS)
    assert not costs.filtered, "Debian builds PRoot without seccomp"


@pytest.mark.engine
def test_a_container_that_is_not_there_is_told(vm1, small):
    with pytest.raises(NotFound):
        userland(vm1, small, "nosuch", repeats=1)


@pytest.mark.parametrize(
    ("ratios", "at_most", "word"),
    [
        ([1.0, 1.01, 1.02, 1.05], True, "holds"),
        ([1.3, 1.4, 1.5, 1.6], True, "does not hold"),
        ([0.9, 1.0, 1.3, 1.5], True, "undecided"),
        ([1.3, 1.4, 1.5, 1.6], False, "holds"),
        ([1.0, 1.01, 1.02, 1.05], False, "does not hold"),
        ([0.9, 1.0, 1.3, 1.5], False, "undecided"),
    ],
)
def test_a_claim_is_judged_by_the_middle_half_of_the_rounds(ratios, at_most, word):
    assert Claim("work", "it is said", 1.1, at_most=at_most).judge(ratios) == word


@pytest.mark.parametrize(
    ("ratio", "words"), [(0.987, "0.99"), (9.99, "9.99"), (12.34, "12.3"), (312.4, "312")]
)
def test_ratios_have_as_many_digits_as_mean_anything(ratio, words):
    assert times(ratio) == words


def test_a_folder_with_a_blank_in_its_name_is_measured_in(tmp_path, monkeypatch):
    folder = tmp_path / "a folder"
    folder.mkdir()
    box = folder / "box"
    box.write_text('#!/bin/sh\ncase $1 in sh) shift; exec bash "$@";; *) exec "$@";; esac\n')
    box.chmod(0o755)

    def sh(command):
        done = subprocess.run(command, shell=True, capture_output=True, text=True)
        return CommandResult(command, done.returncode, done.stdout, done.stderr)

    monkeypatch.setattr("sosclib.measure.userland.TRIES", 1)
    machine = SimpleNamespace(node=SimpleNamespace(sh=sh))
    took = _timed(machine, Way((), str(box), str(folder), "fork"), dict.fromkeys(SCRIPTS, 1))
    assert set(took) == set(SCRIPTS) and [one.name for one in folder.iterdir()] == ["box"]
