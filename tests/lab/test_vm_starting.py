"""The start of the virtual machines, without any: what its fault leaves, and which accelerator is taken."""

import json
import time
from types import SimpleNamespace

import pytest

from sosclib.course.doctor import WARN
from sosclib.course.doctor_checks import check_accelerator
from sosclib.lab.errors import CommandFailed, LabError
from sosclib.lab.lab import quiet
from sosclib.lab.vm import accelerator as accelerator_module
from sosclib.lab.vm import starting
from sosclib.lab.vm.accelerator import AGAIN_AFTER, Accelerator, accelerator, known
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.record import Record


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), LabError("It does not boot.")])
def test_no_machine_outlives_a_start_that_did_not_come_to_its_end(tmp_path, monkeypatch, fault):
    class Switch:
        where = Folders("test", tmp_path, tmp_path)
        done = ()

        def off(self):
            self.done += ("off",)

    def boot(power, *_):
        power.done += ("on",)
        raise fault

    for name in ("machine_image", "hardware", "_with_disks", "_resumed"):
        monkeypatch.setattr(starting, name, lambda *_: None)
    monkeypatch.setattr(starting, "_booted", boot)
    monkeypatch.setattr(starting, "accelerator", lambda _: Accelerator("tcg", "for this test"))
    switch = Switch()
    with pytest.raises(type(fault)):
        starting.start(switch, 1024, quiet)
    assert switch.done == ("off", "on", "off") and not starting.ready_mark(switch.where)


@pytest.mark.parametrize("fault", [LabError("They are silent.", "No answer."), CommandFailed("No clock.")])
def test_machines_that_cannot_be_resumed_are_booted(tmp_path, monkeypatch, fault):
    class Switch:
        where = Folders("test", tmp_path, tmp_path)

        def off(self):
            pass

        def resume(self, *_):
            raise fault

    saved = Record(resume="last", checkpoints={"last": {"tag": "1"}})
    booted, told = [], []
    monkeypatch.setattr(starting, "machine_image", lambda *_: None)
    monkeypatch.setattr(starting, "hardware", lambda *_: SimpleNamespace(differences=lambda _: []))
    monkeypatch.setattr(starting, "_with_disks", lambda *_: saved)
    monkeypatch.setattr(starting, "_booted", lambda *_: booted.append("both"))
    monkeypatch.setattr(starting, "write_contexts", lambda _: None)
    monkeypatch.setattr(starting, "accelerator", lambda _: Accelerator("tcg", "for this test"))
    starting.start(Switch(), 1024, told.append)
    assert booted == ["both"]
    assert told[-1].endswith(f"booting afresh, files are kept. {fault.why or fault.what}")


@pytest.fixture
def tries(tmp_path, monkeypatch):
    """Let there be a KVM under which no guest boots, until told otherwise; give what was tried."""
    (tmp_path / "kvm").touch()
    monkeypatch.delenv("SOSC_ACCELERATOR", raising=False)
    monkeypatch.setattr(accelerator_module, "DEVICE", tmp_path / "kvm")
    monkeypatch.setattr(accelerator_module, "cache_dir", lambda: tmp_path)
    monkeypatch.setattr(accelerator_module.qemu, "version", lambda: "10.0")
    answers = ["tcg"]
    done = []

    def try_kvm(_):
        done.append(answers[-1])
        return Accelerator(answers[-1], "for this test")

    monkeypatch.setattr(accelerator_module, "_try_kvm", try_kvm)
    return done, answers


def test_a_no_to_kvm_is_asked_again_after_a_day_or_when_told_and_a_yes_is_kept(tries, tmp_path, monkeypatch):
    done, answers = tries
    begin = time.time()
    assert accelerator().name == accelerator().name == "tcg" and done == ["tcg"]
    monkeypatch.setattr(time, "time", lambda: begin + AGAIN_AFTER + 60)
    assert known() is None and accelerator().name == "tcg" and done == ["tcg"] * 2
    answers.append("kvm")
    assert accelerator().name == "tcg"
    assert accelerator(again=True).name == accelerator().name == "kvm" and len(done) == 3
    monkeypatch.setattr(time, "time", lambda: begin + 9 * AGAIN_AFTER)
    assert accelerator().name == "kvm" and len(done) == 3


def test_a_no_of_which_nobody_knows_the_day_is_asked_again(tries, tmp_path):
    done, _ = tries
    accelerator()
    file = tmp_path / "accelerator.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({key: {"name": "tcg", "evidence": "long ago"} for key in kept}))
    assert accelerator().evidence == "for this test" and len(done) == 2


def test_the_doctor_boots_no_machine_where_the_answer_is_another_qemus(tries, monkeypatch):
    done, _ = tries
    accelerator()
    found = check_accelerator()
    assert found.text.startswith("tcg: ") and found.status == WARN and "--again" in found.fix
    monkeypatch.setattr(accelerator_module.qemu, "version", lambda: "10.1")
    assert check_accelerator().text == "not tried yet"
    assert len(done) == 1
