"""Figures are kept across restarts, the newest of each name, with the section that measured them."""

import json

import pandas as pd
import pytest

import sosclib
from sosclib.course.desk import Holder
from sosclib.course.figures import Figure, figures, note_figure
from sosclib.course.measuring import noting
from sosclib.lab.paths import lab_dir
from sosclib.measure.timing import Contender, compare


@pytest.fixture(autouse=True)
def no_section_is_open(tmp_path, monkeypatch):
    monkeypatch.setenv("SOSC_STATE", str(tmp_path))
    monkeypatch.setattr("sosclib.course.figures.HOLDER", Holder())


def test_nothing_measured_yet():
    assert len(figures()) == 0
    assert repr(figures()) == "Nothing has been measured yet."
    assert figures().frame.empty
    assert figures()._repr_html_() == "<p>Nothing has been measured yet.</p>"


def test_the_newest_of_each_name_is_kept_and_shown_in_words():
    note_figure("a killed task replaced", 6.0)
    note_figure("a killed task replaced", 0.25)
    note_figure("requests lost", 3, "requests")
    assert [one.words for one in figures()] == ["250 ms", "3 requests"]
    assert figures()[0] == Figure("a killed task replaced", 0.25, "s")
    assert figures().frame["value"].tolist() == [0.25, 3.0]
    assert "a killed task replaced  250 ms" in repr(figures())


def test_names_are_shown_as_text():
    note_figure("<b>bold</b>", 1.0)
    assert "&lt;b&gt;bold" in figures()._repr_html_()


@pytest.mark.parametrize("text", ["", "{half", "[]", '{"odd": 3}', '{"odd": {"value": "many"}}'])
def test_a_spoilt_file_does_not_stop_the_course(text):
    (lab_dir() / "figures.json").write_text(text)
    assert len(figures()) == 0
    note_figure("mended", 1.0)
    assert [one.name for one in figures()] == ["mended"]


def test_a_measurement_keeps_its_figures_and_is_returned_as_it_is():
    timings = compare([Contender("one", lambda: 0.5), Contender("two", lambda: 2.0)], repeats=3)

    def measure(what, *, repeats=1):
        """Say what it measures."""
        return (what, repeats, timings)

    measured = noting(measure, lambda outcome: {f"{outcome[0]}: one": outcome[2].median("one")})
    assert measured("race", repeats=2) == ("race", 2, timings)
    assert measured.__doc__ == "Say what it measures."
    assert [(one.name, one.value) for one in figures()] == [("race: one", 0.5)]
    assert json.loads((lab_dir() / "figures.json").read_text())["race: one"]["unit"] == "s"


def test_what_sections_measure_is_kept():
    from sosclib.course import measuring

    data = pd.DataFrame({"repaired": [5.0, 6.0, 9.0]})
    assert measuring._of_repair(data) == {"a killed task replaced by the swarm": 6.0}
    for name in ("rebuilds", "repair", "stops", "userland"):
        assert getattr(sosclib, name) is getattr(measuring, name)
