"""Each rule catches the notebook that breaks it, and no other rule does."""

import json

import pytest
from nbformat.v4 import new_output

from sosclib.harness.hygiene import WIDGET, problems
from sosclib.harness.notebook import read
from tests.harness.books import PNG, code, parameters, printed, result, save, shown, text

ABOUT = {
    "title": "A test",
    "minutes": 5,
    "nodes": 1,
    "labs": ["host"],
    "leaves": [],
    "needs": [],
    "objectives": ["pass"],
}
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
    "sosc": ABOUT,
}


def clean():
    """Return the cells of a notebook with which all is well."""
    cells = [
        text("# Title\n\n![two boxes](boxes.png) and <img src='x.svg' alt='a box'>"),
        parameters(),
        code("import sosclib as sosc\nlab = sosc.begin('97', lab=LAB)", printed("Section 97\n")),
        code("1 + 1", result("2")),
        code("x = 1", tags=["no-output"]),
        code("y = 1", tags=["no-output"]),
        *(code(f"print({number})", printed(f"{number}\n")) for number in range(2)),
        code("sosc.end()", printed("Nothing to clean up.\n")),
    ]
    for cell in cells:
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    return cells


TITLE, PARAMETERS, _, SUM, SILENT = range(5)
HOME_OF_ROOT = "/" + "root"
TOKEN = "SWMTKN-1-" + "0a1b2" * 10 + "-" + "z9y8x" * 5


@pytest.fixture
def found(tmp_path):
    """Give a function that spoils a clean notebook in one way and returns the problems found."""

    def spoilt(change, metadata=lambda metadata: metadata):
        cells = clean()
        change(cells)
        path = save(tmp_path / "97-a-test.ipynb", *cells, **metadata(dict(METADATA)))
        return problems(path)

    return spoilt


def keep(cells):
    pass


def test_a_clean_notebook_has_no_problem(found):
    assert found(keep) == []


def tagged(cell, tag, **about):
    cell.metadata["tags"] = [*cell.metadata.get("tags", []), tag]
    if about:
        cell.metadata["sosc"] = about


def outputs(place, *new):
    def change(cells):
        cells[place].outputs = list(new)

    return change


def source(place, more):
    def change(cells):
        cells[place].source += more

    return change


CELLS = {
    "too many ignored": (
        lambda cells: [tagged(cells[n], "nbval-ignore-output", reason="r") for n in (SUM, 6)],
        "The output of 2 of 5 cells is ignored; at most a fifth may be.",
    ),
    "nothing stored": (outputs(SUM), "97-cell-3 has nothing stored to compare with (tag `no-output`"),
    "an output that is not to be": (
        outputs(SILENT, printed("a")),
        "97-cell-4 is to have no output, and has some.",
    ),
    "no reason": (
        lambda cells: tagged(cells[SUM], "nbval-ignore-output"),
        "97-cell-3 ignores its output without a reason",
    ),
    "ignored by a comment": (source(SUM, "\n# NBVAL_IGNORE_OUTPUT"), "97-cell-3 ignores its output without"),
    "skipped by a comment": (source(SUM, "\n# NBVAL_SKIP"), "97-cell-3 ignores its output without a reason"),
    "a tag that skips": (
        lambda cells: tagged(cells[SILENT], "raises-exception"),
        "97-cell-4 has tags that are not in use here: raises-exception.",
    ),
    "an error": (
        outputs(SUM, new_output("error", ename="E", evalue="e", traceback=[])),
        "97-cell-3 has stored an error.",
    ),
    "a warning": (
        outputs(SUM, printed("careful", "stderr")),
        "97-cell-3 wrote to the standard error: 'careful'",
    ),
    "a widget": (outputs(SUM, shown({WIDGET: {"model_id": "x"}})), "97-cell-3 has stored a widget"),
    "a picture without alt": (
        outputs(SUM, shown({"image/png": PNG})),
        "97-cell-3: a picture (image/png) has no alt text.",
    ),
    "an img without alt": (
        outputs(SUM, shown({"text/html": "<p><img src='x'></p>"})),
        "97-cell-3: a picture (text/html) has no alt text.",
    ),
    "an empty alt": (source(TITLE, "\n![ ](x.png)"), "97-cell-0: a picture has no alt text."),
    "an img in the text": (source(TITLE, "\n<img src='x.png'>"), "97-cell-0: a picture has no alt text."),
    "a file's name as alt": (source(TITLE, "\n![image.png](x.png)"), "97-cell-0: a picture has no alt text."),
    "no slide type": (
        lambda cells: cells[TITLE].metadata.pop("slideshow"),
        "97-cell-0 has no slide type.",
    ),
    "metadata of a run": (
        lambda cells: cells[SUM].metadata.update(execution={}, collapsed=True),
        "97-cell-3 has metadata of a run: collapsed, execution.",
    ),
    "somebody's home": (
        outputs(SUM, printed("at /home/ada/x")),
        "97-cell-3 names a folder of somebody's machine: /home/ada",
    ),
    "somebody's cache": (
        source(SUM, f"  # {HOME_OF_ROOT}/.cache/sosc"),
        f"97-cell-3 names a folder of somebody's machine: {HOME_OF_ROOT}/.cache",
    ),
    "somebody's Windows": (
        source(TITLE, r" C:\Users\ada"),
        r"97-cell-0 names a folder of somebody's machine: C:\Users",
    ),
    "no parameters": (
        lambda cells: cells[PARAMETERS].update(source="LAB = 'auto'"),
        "There must be one cell tagged `parameters`, with LAB and IMAGES.",
    ),
    "two cells of parameters": (
        lambda cells: tagged(cells[SILENT], "parameters"),
        "There must be one cell tagged `parameters`",
    ),
    "a token in an output": (
        outputs(SUM, printed(f"docker swarm join --token {TOKEN} 172.16.0.11:2377\n")),
        "97-cell-3 has a swarm's token",
    ),
    "a token as a value": (
        outputs(SUM, result(repr(TOKEN))),
        "97-cell-3 has a swarm's token",
    ),
    "a token in a cell": (
        lambda cells: cells[SUM].update(source=f"token = '{TOKEN}'"),
        "97-cell-3 has a swarm's token",
    ),
    "an id that tells nothing": (
        lambda cells: cells[SUM].update(id="97-Sum_"),
        "The id '97-Sum_' does not tell section and content",
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_broken_rule_is_named_and_no_other(found, name):
    change, expected = CELLS[name]
    [problem] = found(change)
    assert problem.startswith(expected)


METADATA_RULES = {
    "widgets": (lambda m: m | {"widgets": {}}, "Metadata of a run or a machine: widgets."),
    "version": (
        lambda m: m | {"language_info": {"name": "python", "version": "3.11"}},
        "language_info holds more or less",
    ),
    "kernel": (
        lambda m: m | {"kernelspec": m["kernelspec"] | {"name": "mine"}},
        "The kernel is not python3.",
    ),
    "no title": (
        lambda m: m | {"sosc": {k: v for k, v in ABOUT.items() if k != "title"}},
        "metadata.sosc must have exactly",
    ),
    "something else": (lambda m: m | {"sosc": ABOUT | {"colour": "red"}}, "metadata.sosc must have exactly"),
    "no objectives": (lambda m: m | {"sosc": ABOUT | {"objectives": []}}, "Objectives, minutes or labs"),
    "no minutes": (lambda m: m | {"sosc": ABOUT | {"minutes": 0}}, "Objectives, minutes or labs"),
    "fewer minutes than its cells take": (
        lambda m: m | {"sosc": ABOUT | {"minutes": 2}},
        "2 minutes are too few: to read it and run its cells takes 4.",
    ),
    "no labs": (lambda m: m | {"sosc": ABOUT | {"labs": []}}, "Objectives, minutes or labs"),
}


@pytest.mark.parametrize("name", METADATA_RULES)
def test_metadata_that_break_a_rule_are_named_and_no_other(found, name):
    change, expected = METADATA_RULES[name]
    [problem] = found(keep, change)
    assert problem.startswith(expected)


@pytest.mark.parametrize("call", ["begin", "end"])
def test_a_section_begins_and_ends_once(found, call):
    def without(cells):
        for cell in cells:
            cell.source = cell.source.replace(f"sosc.{call}(", "print(")

    assert found(without) == [f"There must be one cell with sosc.{call}(…)."]
    assert found(source(SUM, f"\nsosc.{call}('97')")) == [f"There must be one cell with sosc.{call}(…)."]


def test_images_may_be_said_to_be_unneeded(found):
    assert found(keep, lambda m: m | {"sosc": ABOUT | {"images": False}}) == []


def test_an_ignored_output_with_a_reason_is_allowed_for_a_fifth(found):
    assert found(lambda cells: tagged(cells[SUM], "nbval-ignore-output", reason="it varies")) == []


def test_folders_of_containers_and_of_the_labs_user_are_nobodys(found):
    allowed = f"/home/student/x {HOME_OF_ROOT}/my_new_file https://example.org/home/ada"
    assert found(source(TITLE, allowed)) == []


def test_a_coded_picture_may_spell_anything(found):
    html = f'<img alt="a dot" src="data:image/png;base64,{"AB" * 20}/home/ada/AB==">'
    assert found(outputs(SUM, shown({"text/html": html, "text/plain": "a dot"}))) == []


class TestOfTheFile:
    @pytest.fixture
    def edited(self, tmp_path):
        """Give a function that edits the JSON of a clean notebook and returns the problems found."""

        def edit(change):
            path = save(tmp_path / "97-a-test.ipynb", *clean(), **METADATA)
            book = json.loads(path.read_text())
            change(book)
            path.write_text(json.dumps(book))
            return problems(path)

        return edit

    def test_it_is_run_from_top_to_bottom(self, edited):
        assert edited(lambda book: book["cells"][SUM].update(execution_count=9)) == [
            "Not run once from top to bottom: the counts are [1, 2, 9, 4, 5, 6, 7, 8]."
        ]
        assert len(edited(lambda book: book["cells"][SUM].update(execution_count=None))) == 1

    def test_an_id_is_there_once_although_readers_mend_it(self, edited, tmp_path):
        with pytest.warns(match="Non-unique cell id"):
            assert edited(lambda book: book["cells"][SUM].update(id="97-cell-4")) == [
                "The id 97-cell-4 is not unique."
            ]
            ids = [cell.id for cell in read(tmp_path / "97-a-test.ipynb").cells]
        assert len(set(ids)) == len(ids)

    def test_a_missing_id_is_seen_although_readers_make_one_up(self, edited):
        with pytest.warns(match="missing an id"):
            assert edited(lambda book: book["cells"][SUM].pop("id")) == [
                "The id '' does not tell section and content, as 04-pull does."
            ]

    def test_an_older_format_has_no_stable_ids(self, edited):
        def age(book):
            book["nbformat_minor"] = 4
            for cell in book["cells"]:
                del cell["id"]

        assert edited(age) == ["The format is older than 4.5, which has stable cell ids."]

    def test_it_is_a_valid_notebook(self, edited, tmp_path):
        [problem] = edited(lambda book: book["cells"][SUM].pop("outputs"))
        assert problem.startswith("Not a valid notebook: ")
        for content in ("", "{}", '{"cells": 1}', "[]"):
            (tmp_path / "97-a-test.ipynb").write_text(content)
            [problem] = problems(tmp_path / "97-a-test.ipynb")
            assert problem.startswith("Not a valid notebook: "), content
