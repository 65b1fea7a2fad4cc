"""The harness can fail: each fault in a notebook is reported for what it is, and no kernel stays behind."""

import os
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from sosclib.harness.compare import Masks
from sosclib.harness.result import Status
from sosclib.harness.runner import execute, require_parameters
from sosclib.lab.errors import SoscError
from tests.harness.books import code, parameters, printed, result, save, text

NO_MASKS = Masks(())


@pytest.fixture(autouse=True)
def no_process_stays():
    before = set(psutil.Process().children(recursive=True))
    yield
    assert not set(psutil.Process().children(recursive=True)) - before


@pytest.fixture
def run(tmp_path):
    """Give a function that runs a notebook of some cells, its outputs compared."""

    def run_cells(*cells, timeout=60, masks=NO_MASKS, **options):
        path = save(tmp_path / "97-tiny.ipynb", *cells)
        return execute(path, tmp_path / "out" / path.name, timeout=timeout, masks=masks, **options)

    return run_cells


def statuses(outcome):
    return [cell.status for cell in outcome.cells]


def is_there(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


HANG = 600
"""Seconds that a cell hangs for where nobody ends it."""
KERNEL = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid()))"


def test_a_notebook_that_does_what_it_did_passes(run):
    outcome = run(text("# Title"), code("print('a')", printed("a\n")), code("1 + 1", result("2")))
    assert statuses(outcome) == [Status.PASSED, Status.PASSED]
    assert [cell.number for cell in outcome.cells] == [1, 2]
    assert [cell.id for cell in outcome.cells] == ["97-cell-1", "97-cell-2"]
    assert not any(cell.message for cell in outcome.cells)


def test_an_output_that_differs_is_shown_and_the_later_cells_run(run):
    outcome = run(code("print('b')", printed("a\n")), code("1 + 1", result("2")))
    assert statuses(outcome) == [Status.DIFFERS, Status.PASSED]
    assert "-a" in outcome.cells[0].message
    assert "+b" in outcome.cells[0].message
    assert outcome.cells[0].source == "print('b')"


def test_a_cell_that_raises_is_named_and_the_later_ones_are_not_run(run):
    outcome = run(code("1 + 1", result("2")), code("1 / 0"), code("print('never')", printed("never\n")))
    assert statuses(outcome) == [Status.PASSED, Status.RAISED, Status.NOT_RUN]
    assert outcome.cells[1].message == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("source", ["import sys; sys.exit(0)", "raise KeyboardInterrupt", "%nonsense", "("])
def test_whatever_ends_a_cell_early_counts_as_raised(run, source):
    assert statuses(run(code(source), code("1"))) == [Status.RAISED, Status.NOT_RUN]


@pytest.mark.parametrize(
    "hang",
    [
        f"time.sleep({HANG})",
        "while True: pass",
        f"import signal\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)\ntime.sleep({HANG})",
        f"import subprocess\nsubprocess.run(['sleep', '{HANG}'])",
    ],
    ids=["sleeps", "spins", "is deaf", "waits for a child"],
)
def test_a_cell_that_hangs_is_ended_promptly_with_its_kernel(run, tmp_path, hang):
    begin = time.monotonic()
    outcome = run(code("print(1)", printed("1\n")), code(f"{KERNEL}\n{hang}"), code("1"), timeout=5)
    assert statuses(outcome) == [Status.PASSED, Status.TIMED_OUT, Status.NOT_RUN]
    assert outcome.cells[1].message == "The cell did not end within 5 s."
    assert 5 <= outcome.cells[1].seconds <= time.monotonic() - begin < HANG / 4
    assert not is_there(int((tmp_path / "pid").read_text()))


def test_a_cell_that_kills_its_kernel_is_told_from_one_that_raises(run, tmp_path):
    outcome = run(code("print(1)", printed("1\n")), code(f"{KERNEL}\nos.kill(os.getpid(), 9)"), code("1"))
    assert statuses(outcome) == [Status.PASSED, Status.KERNEL_DIED, Status.NOT_RUN]
    assert not is_there(int((tmp_path / "pid").read_text()))


def test_a_kernel_that_dies_between_cells_fails_the_next_one(run):
    later = "import os, threading\nthreading.Timer(0.5, os.kill, (os.getpid(), 9)).start()"
    outcome = run(code(later), code("import time; time.sleep(60)"), code("1"))
    assert statuses(outcome) == [Status.PASSED, Status.KERNEL_DIED, Status.NOT_RUN]


def test_a_kernel_that_does_not_start_is_told_in_words(run, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "ipykernel_launcher.py").write_text("raise SystemExit(3)")
    with pytest.raises(SoscError, match="kernel does not start"):
        run(code("1"), environment={"PYTHONPATH": str(broken)})


@pytest.mark.parametrize(
    "fault", ["1 / 0", "import os; os.kill(os.getpid(), 9)", "import time; time.sleep(60)"]
)
def test_the_executed_notebook_is_written_whatever_happens(run, tmp_path, fault):
    run(code("print('so far')"), code(fault), code("1"), timeout=5)
    written = nbformat.read(tmp_path / "out" / "97-tiny.ipynb", as_version=4)
    nbformat.validate(written)
    by_id = {cell.id: cell for cell in written.cells}
    assert by_id["97-cell-0"].outputs[0].text == "so far\n"
    assert by_id["97-cell-1"].source == fault
    assert not by_id["97-cell-2"].outputs


def test_the_notebook_itself_is_left_alone(run, tmp_path):
    path = save(tmp_path / "97-tiny.ipynb", code("print('b')", printed("a\n")))
    before = path.read_bytes()
    run(code("print('b')", printed("a\n")))
    assert path.read_bytes() == before


class TestParameters:
    CELLS = (
        text("# Title"),
        parameters("COUNT = 1\nNAME = 'a'"),
        code("print(NAME * COUNT)", printed("a\n")),
        code("1 + 1", result("2")),
    )

    def test_a_known_one_changes_the_run_and_ids_still_tell_the_cells(self, run):
        outcome = run(*self.CELLS, parameters={"COUNT": 3, "NAME": "it's"})
        assert [(cell.number, cell.id, cell.status) for cell in outcome.cells] == [
            (1, "00-parameters", Status.PASSED),
            (2, "97-cell-2", Status.DIFFERS),
            (3, "97-cell-3", Status.PASSED),
        ]
        executed = {cell.id: cell for cell in outcome.notebook.cells}
        assert executed["97-cell-2"].outputs[0].text == "it'sit'sit's\n"
        assert len(outcome.notebook.cells) == len(self.CELLS) + 1, "papermill puts a cell in"

    def test_an_unknown_one_is_refused_with_those_that_there_are(self, run, tmp_path):
        with pytest.raises(SoscError, match=r"no parameter CUONT.*\n.*COUNT, NAME"):
            run(*self.CELLS, parameters={"CUONT": 3})
        assert not (tmp_path / "out").exists()

    def test_a_notebook_without_any_says_so(self, tmp_path):
        path = save(tmp_path / "97-tiny.ipynb", code("1"))
        with pytest.raises(SoscError, match="no parameters at all"):
            require_parameters(path, {"COUNT": 3})

    def test_without_comparison_a_changed_run_passes(self, run):
        outcome = run(*self.CELLS, parameters={"COUNT": 3}, masks=None)
        assert set(statuses(outcome)) == {Status.PASSED}

    def test_a_kernel_that_dies_in_papermills_own_cell_is_not_overlooked(self, run):
        deadly = "import os\nCOUNT = 1\n"
        deadly += "get_ipython().events.register('pre_run_cell', lambda info: os.kill(os.getpid(), 9))"
        outcome = run(parameters(deadly), code("print(COUNT)"), parameters={"COUNT": 2})
        assert statuses(outcome) == [Status.KERNEL_DIED, Status.NOT_RUN]


def test_what_varies_is_masked_and_nothing_else(run):
    masks = Masks(((r"\d{6,}", "NUMBER"),))
    outcome = run(
        code("import time; print('ns', time.time_ns())", printed("ns 123456789\n")),
        code("print('took', time.time_ns())", printed("needed 123456789\n")),
        masks=masks,
    )
    assert statuses(outcome) == [Status.PASSED, Status.DIFFERS]


def test_an_ignored_cell_is_run_and_not_compared(run):
    outcome = run(
        code("print('b')", printed("a\n"), tags=["nbval-ignore-output"]),
        code("1 / 0", tags=["nbval-ignore-output"]),
    )
    assert statuses(outcome) == [Status.PASSED, Status.RAISED]


def test_a_cell_that_was_never_run_has_nothing_to_be_compared_with(run):
    outcome = run(code("print('b')"))
    assert statuses(outcome) == [Status.DIFFERS]
    assert outcome.cells[0].message == "stdout: 0 outputs are stored, 1 came."


def test_progress_is_told_cell_by_cell_with_the_final_status(run):
    told = []
    run(
        parameters("X = 1"),
        code("print('b')", printed("a\n")),
        code("1 / 0"),
        code("1"),
        parameters={"X": 2},
        told=lambda cell, total: told.append((cell.number, total, cell.status)),
    )
    assert told == [(1, 4, Status.PASSED), (2, 4, Status.DIFFERS), (3, 4, Status.RAISED)]


def test_seconds_are_those_of_the_cells_alone(run):
    begin = time.monotonic()
    outcome = run(code("import time; time.sleep(1.5)"), code("1 + 1", result("2")))
    whole = time.monotonic() - begin
    assert 1.5 <= outcome.cells[0].seconds < outcome.cells[0].seconds + outcome.cells[1].seconds < whole
    assert outcome.cells[1].seconds < outcome.cells[0].seconds / 2


def test_the_kernel_works_in_the_notebooks_folder_with_its_environment(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SOSC_TEST_OUTER", "outer")
    here = Path.cwd()
    source = "import os\nprint(os.getcwd(), os.environ['SOSC_TEST_OUTER'], os.environ['SOSC_TEST_INNER'])"
    outcome = run(
        code(source, printed(f"{tmp_path} outer inner\n")), environment={"SOSC_TEST_INNER": "inner"}
    )
    assert statuses(outcome) == [Status.PASSED]
    assert "SOSC_TEST_INNER" not in os.environ
    assert Path.cwd() == here


def test_a_relative_path_is_one_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "books").mkdir()
    path = save(tmp_path / "books" / "97-tiny.ipynb", code("1 + 1", result("2")))
    outcome = execute(path.relative_to(tmp_path), path.relative_to(tmp_path).with_suffix(".out.ipynb"))
    assert statuses(outcome) == [Status.PASSED]
    assert (tmp_path / "books" / "97-tiny.out.ipynb").exists()
