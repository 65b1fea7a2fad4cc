"""What a saved memory fits, and what it does not."""

from dataclasses import asdict, replace

import pytest

from sosclib.lab.vm import machine
from sosclib.lab.vm.machine import Hardware, hardware


@pytest.fixture
def on(monkeypatch):
    """Give the hardware that machines have on a computer with a processor."""
    monkeypatch.setattr(machine.qemu, "version", lambda: "10.0")

    def made_of(processor, accelerator="kvm"):
        monkeypatch.setattr(machine, "processor_name", lambda: processor)
        return hardware(accelerator, 1024)

    return made_of


def test_a_memory_saved_under_kvm_does_not_fit_another_processor(on):
    saved = asdict(on("A"))
    assert on("A").differences(saved) == []
    assert on("B").differences(saved) == ["saved on another processor: A, here is B"]


def test_the_processor_below_does_not_matter_where_it_is_emulated(on):
    assert on("B", "tcg").differences(asdict(on("A", "tcg"))) == []


@pytest.mark.parametrize("accelerator", ["kvm", "tcg"])
def test_what_was_saved_before_the_name_was_noted_is_read_and_fits(on, accelerator):
    saved = asdict(on("A", accelerator))
    del saved["below"]
    assert on("A", accelerator).differences(saved) == []
    old = Hardware(**saved)
    assert on("A", accelerator).differences(asdict(old)) == [], "as `sosc down` enters it"


def test_each_other_difference_is_told(on):
    here = on("A")
    saved = asdict(replace(here, memory_mib=2048, below="B"))
    assert here.differences(saved) == [
        "memory mib was 2048, is 1024",
        "saved on another processor: B, here is A",
    ]
