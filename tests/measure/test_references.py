"""Reference times say what was measured where, and can be replaced by newer ones."""

import pytest

from sosclib.measure import references
from sosclib.measure.contenders import KINDS, MACHINE
from sosclib.measure.references import Reference

SHIPPED = references.machines() + references.published()


@pytest.mark.parametrize("reference", SHIPPED, ids=lambda reference: reference.contender)
def test_a_shipped_reference_says_what_was_measured_where_and_by_whom(reference):
    assert reference.seconds
    assert all(seconds > 0 for seconds in reference.seconds)
    assert reference.start and reference.end and reference.environment and reference.provenance


def test_the_lab_s_references_are_contenders_of_the_race():
    assert {KINDS[reference.contender] for reference in references.machines()} == {MACHINE}
    assert not {reference.contender for reference in references.published()} & set(KINDS)


def test_recording_replaces_a_contender_and_keeps_the_others(tmp_path):
    def made(contender, seconds):
        return Reference(contender, seconds, "on", "off", "a machine", "a test")

    file = tmp_path / "new" / "times.json"
    references.record([made("a", (1.0,)), made("b", (2.0, 3.0))], file)
    references.record([made("b", (4.0,))], file)
    assert references._read(file) == (made("a", (1.0,)), made("b", (4.0,)))


def test_a_frame_has_a_line_per_sample():
    frame = references.frame([Reference("a", (1.0, 2.0), "on", "off", "a machine", "a test")])
    assert frame["seconds"].tolist() == [1.0, 2.0]
    assert frame["contender"].tolist() == ["a", "a"]
