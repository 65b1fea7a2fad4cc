"""Outputs are compared by nbval's rules: the same cells are run by the harness and by nbval itself."""

import re
import subprocess
import sys
from xml.etree import ElementTree as Xml

import pytest

from sosclib.harness.compare import IGNORED, MASKS, Masks, difference, is_compared
from sosclib.harness.result import Status
from sosclib.harness.runner import execute
from sosclib.lab.errors import SoscError
from tests.harness.books import PNG, code, printed, result, save, shown

WIDGET = "application/vnd.jupyter.widget-view+json"
MASKS_OF_CASES = """\
[time]
regex: \\d{9,}
replace: NUMBER

[duration]
regex: \\d+\\.\\d+ s
replace: DURATION

[twice, with another replacement]
regex: \\d+\\.\\d+ s
replace: SO LONG
"""
BOTH = (
    "import sys\nprint('o1', flush=True); print('e1', file=sys.stderr, flush=True); print('o2', flush=True)"
)
DOT, OTHER_DOT = {"image/png": PNG}, {"image/png": PNG[:-4] + "AA=="}
PICTURE = {"text/plain": "a picture"}


def displaying(*bundles):
    """Return the source of a cell that displays some data, each by its kind."""
    calls = [f"display({bundle!r}, raw=True)" for bundle in bundles]
    return "\n".join(["from IPython.display import display", *calls])


SAME, DIFFERS = True, False
CASES = {
    "the same text": (SAME, code("print('a')", printed("a\n"))),
    "the same result": (SAME, code("1 + 1", result("2"))),
    "no output, as before": (SAME, code("x = 1")),
    "another text": (DIFFERS, code("print('b')", printed("a\n"))),
    "another result": (DIFFERS, code("1 + 1", result("3"))),
    "a space more": (DIFFERS, code("print('a ')", printed("a\n"))),
    "no newline at the end": (DIFFERS, code("print('a', end='')", printed("a\n"))),
    "masked number": (SAME, code("print('at', 123456789012)", printed("at 987654321\n"))),
    "masked twice": (SAME, code("print('2.5 s and 3.5 s')", printed("10.0 s and 0.1 s\n"))),
    "masked result": (SAME, code("'1.25 s'", result("'9.75 s'"))),
    "masked and yet different": (DIFFERS, code("print('b', 123456789012)", printed("a 123456789012\n"))),
    "too short for the mask": (DIFFERS, code("print(12345678)", printed("87654321\n"))),
    "streams in another order": (SAME, code(BOTH, printed("e1\n", "stderr"), printed("o1\no2\n"))),
    "a stream in pieces": (SAME, code("print('a\\nb')", printed("a\n"), printed("b\n"))),
    "streams in pieces, mixed": (
        SAME,
        code(BOTH, printed("o1\n"), printed("e1\n", "stderr"), printed("o2\n")),
    ),
    "a text on the other stream": (DIFFERS, code("print('a')", printed("a\n", "stderr"))),
    "lines overwritten": (SAME, code("print('10 %\\r50 %\\r100 %')", printed("100 %\n"))),
    "text and result in another order": (SAME, code("print('a')\n1", result("1"), printed("a\n"))),
    "results in another order": (
        DIFFERS,
        code(
            displaying({"text/plain": "1"}, {"text/plain": "2"}),
            shown({"text/plain": "2"}),
            shown({"text/plain": "1"}),
        ),
    ),
    "ignored by its tag": (SAME, code("print('b')", printed("a\n"), tags=[IGNORED])),
    "ignored by a comment": (SAME, code("# NBVAL_IGNORE_OUTPUT\nprint('b')", printed("a\n"))),
    "left out": (SAME, code("print('b')", printed("a\n"), tags=["nbval-skip"])),
    "an output more": (DIFFERS, code("print('a')")),
    "another kind of output more": (DIFFERS, code("print('a')\n1", printed("a\n"))),
    "one more of the same kind": (DIFFERS, code(displaying(PICTURE, PICTURE), shown(PICTURE))),
    "an output missing": (DIFFERS, code("x = 1", printed("a\n"))),
    "one of two missing": (DIFFERS, code("print('a')", printed("a\n"), result("1"))),
    "another picture": (SAME, code(displaying(DOT | PICTURE), shown(OTHER_DOT | PICTURE))),
    "no picture any more": (SAME, code(displaying(PICTURE), shown(DOT | PICTURE))),
    "another text beside a picture": (
        DIFFERS,
        code(displaying(DOT | PICTURE), shown(DOT | {"text/plain": "a cat"})),
    ),
    "another alt text": (
        SAME,
        code(displaying(DOT | PICTURE), shown(DOT | PICTURE, **{"image/png": {"alt": "a dot"}})),
    ),
    "another widget": (
        SAME,
        code(displaying({WIDGET: {"model_id": "new"}}), shown({WIDGET: {"model_id": "old"}})),
    ),
    "the same page": (
        SAME,
        code(displaying({"text/html": "<b>1.5 s</b>"}), shown({"text/html": "<b>2.5 s</b>"})),
    ),
    "another page": (
        DIFFERS,
        code(displaying({"text/html": "<b>a</b>"}), shown({"text/html": "<i>a</i>"})),
    ),
    "other data": (
        DIFFERS,
        code(displaying({"application/json": {"a": 1}}), shown({"application/json": {"a": 2}})),
    ),
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Run all cases as cells of one notebook, by nbval and by the harness; give both verdicts by case."""
    folder = tmp_path_factory.mktemp("compared")
    masks = folder / "nbval.cfg"
    masks.write_text(MASKS_OF_CASES)
    path = save(folder / "97-cases.ipynb", *(cell for _, cell in CASES.values()))
    ours = execute(path, folder / "out" / path.name, timeout=60, masks=Masks.read(masks)).cells
    by_nbval = nbval(path, masks)
    return {name: (cell, fault) for name, cell, fault in zip(CASES, ours, by_nbval, strict=True)}


def nbval(path, masks):
    """Return nbval's complaint about each cell of a notebook; empty where it has none."""
    report = path.with_suffix(".xml")
    command = [sys.executable, "-m", "pytest", "--nbval", path, f"--nbval-sanitize-with={masks}"]
    command += ["-q", "-p", "no:cacheprovider", "--color=no", f"--junit-xml={report}", "-c", "/dev/null"]
    run = subprocess.run(command, cwd=path.parent, capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stdout + run.stderr
    cases = {case.get("name"): case for case in Xml.parse(report).iter("testcase")}
    faults = [cases[f"Cell {number}"].find("failure") for number in range(len(cases))]
    return ["" if fault is None else fault.text for fault in faults]


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_is_the_right_one_and_nbvals_own(judged, name):
    expected, _ = CASES[name]
    cell, fault = judged[name]
    assert (cell.status is Status.PASSED) == expected, cell.message
    assert (cell.status is Status.DIFFERS) != expected
    assert bool(cell.message) != expected, "a cell that differs says how"
    assert (fault == "") == expected, f"nbval says: {fault}"
    assert expected or "Cell outputs differ" in fault


def test_a_cell_that_was_never_run_differs_here_where_nbval_lets_anything_pass(tmp_path):
    path = tmp_path / "97-unrun.ipynb"
    masks = tmp_path / "nbval.cfg"
    masks.write_text(MASKS_OF_CASES)
    cell = code("print('a')")
    save(path, cell)
    path.write_text(path.read_text().replace('"execution_count": 1', '"execution_count": null'))
    assert nbval(path, masks) == [""]
    assert execute(path, tmp_path / "out.ipynb", masks=Masks.read(masks)).cells[0].status is Status.DIFFERS


def test_a_difference_names_what_differs_and_leaves_out_the_rest():
    stored = [printed("one\ntwo\nthree\nfour\nfive\n"), result("1")]
    found = [printed("one\ntwo\nthree\n4\nfive\n"), result("1")]
    assert difference(stored, found, Masks(())).splitlines() == [
        "stdout:", "@@ -3,3 +3,3 @@", " three", "-four", "+4", " five",
    ]  # fmt: skip
    assert difference(stored, [found[0]], Masks(())) == "stdout:\n" + "\n".join(
        ["@@ -3,3 +3,3 @@", " three", "-four", "+4", " five"]
    )
    assert difference(stored, stored[:1], Masks(())) == "text/plain: 1 outputs are stored, 0 came."


def test_comparing_changes_neither_side():
    stored = [printed("a\n"), printed("b\n")]
    for _ in range(2):
        assert difference(stored, [printed("a\nb\n")], Masks(())) == ""
    assert [output.text for output in stored] == ["a\n", "b\n"]


def test_the_projects_own_masks_are_all_read():
    masks = Masks.read()
    assert len(masks.patterns) == MASKS.read_text(encoding="utf-8").count("\nregex: ")


def test_a_mask_that_is_no_pattern_is_named(tmp_path):
    path = tmp_path / "nbval.cfg"
    path.write_text("regex: (?<=a|bc)d\nreplace: D\n")
    with pytest.raises(SoscError, match=re.escape("nbval.cfg has a mask that is no pattern: (?<=a|bc)d")):
        Masks.read(path)


def test_a_later_mask_sees_what_an_earlier_one_put():
    masks = Masks((("a", "b"), ("b", "c")))
    assert masks.apply("ab") == "cc"
    assert masks.apply({"a": "b"}) == {"a": "b"}


def test_what_nbval_would_not_compare_is_not_compared():
    assert is_compared(code("1"))
    assert is_compared(code("1", tags=["something else"]))
    assert not is_compared(code("1", tags=[IGNORED]))
    assert not is_compared(code("#   NBVAL_SKIP"))
