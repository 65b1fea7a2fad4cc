"""Sections come from the notebooks' own metadata."""

import json

import pytest

from sosclib.course import sections as module
from sosclib.course.sections import find, read, sections
from sosclib.lab.errors import NotFound, SoscError


def notebook(folder, name, **about):
    path = folder / f"{name}.ipynb"
    path.write_text(
        json.dumps({"cells": [], "metadata": {"sosc": about}, "nbformat": 4, "nbformat_minor": 5})
    )
    return path


def test_the_course_begins_with_start_here_and_is_in_order():
    numbers = [section.number for section in sections()]
    assert numbers[:4] == [0, 1, 2, 3]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("name", ["03", "3", "03-preparing", "notebooks/03-preparing.ipynb"])
def test_a_section_is_found_by_number_name_or_path(name):
    section = find(name)
    assert section.name == "03-preparing"
    assert section.nodes == 2
    assert section.objectives


def test_an_unknown_section_names_those_that_there_are():
    with pytest.raises(NotFound, match="00-start-here"):
        find("77")


def test_the_table_is_the_same_as_text_frame_and_html(tmp_path):
    notebook(tmp_path, "04-hostile", title="<b>bold</b> & so on", minutes=30, nodes=1, labs=["host"])
    table = sections(tmp_path)
    assert repr(table).splitlines() == [
        "section  title                minutes  machines  lab",
        "04       <b>bold</b> & so on  30       1         host",
    ]
    assert list(table.frame["title"]) == ["<b>bold</b> & so on"]
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; so on" in table._repr_html_()
    assert "<b>" not in table._repr_html_()


@pytest.mark.parametrize("text", ["", "{}", '{"metadata": {"sosc": {"title": "no minutes"}}}'])
def test_a_notebook_that_does_not_say_what_it_is_is_named(tmp_path, text):
    path = tmp_path / "09-broken.ipynb"
    path.write_text(text)
    with pytest.raises(SoscError, match=r"09-broken\.ipynb"):
        read(path)


def test_what_is_no_section_is_left_out(tmp_path):
    notebook(tmp_path, "scratch", title="mine", minutes=1)
    notebook(tmp_path, "01-one", title="One", minutes=1)
    assert [section.name for section in module.sections(tmp_path)] == ["01-one"]


@pytest.mark.parametrize(
    ("labs", "nodes", "providers"),
    [
        (["host", "vm"], 1, ("host", "vm", "ssh")),
        (["vm", "dind"], 2, ("vm", "dind", "ssh")),
        (["vm"], 1, ("vm",)),
        (["host"], 1, ("host",)),
        (["vm", "ssh"], 1, ("vm", "ssh")),
    ],
)
def test_real_machines_serve_what_somebodys_own_engine_serves_and_what_needs_two(
    tmp_path, labs, nodes, providers
):
    section = read(notebook(tmp_path, "04-any", title="Any", minutes=1, nodes=nodes, labs=labs))
    assert section.providers == providers
    assert section.needs_own_engines == ("host" not in labs)


def test_attacks_stay_away_from_real_machines():
    assert "ssh" not in find("14").providers and "ssh" in find("04").providers


def test_nobody_cuts_the_power_of_real_machines():
    assert "ssh" not in find("18").providers and "ssh" in find("17").providers


def test_where_vm1_logs_in_to_vm2_by_itself_real_machines_do_not_serve():
    assert find("11").providers == ("vm", "host")
