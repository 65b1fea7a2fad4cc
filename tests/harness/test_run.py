"""Sections run on a real engine: judged, looked after, reported."""

import io
import os
import uuid
from contextlib import closing
from xml.etree import ElementTree as Xml

import docker
import pytest
from rich.console import Console

from sosclib.course.sections import read
from sosclib.harness import notebook
from sosclib.harness.result import Status
from sosclib.harness.run import run_section, run_sections
from sosclib.lab.errors import LabError, SoscError
from tests.harness.books import code, parameters, printed, save
from tests.true_image import true_image

PINNED = "import os; print(os.environ['SOSC_LAB'], os.environ['SOSC_IMAGES'])"


@pytest.fixture
def name():
    return f"sosc-test-run-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=40, highlight=False)


@pytest.fixture
def section(tmp_path, monkeypatch):
    """Give a function that makes a section of some cells, in a lab of the test's own."""
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("SOSC_IMAGES", "offline")
    monkeypatch.delenv("SOSC_LAB", raising=False)
    (tmp_path / "masks").touch()

    def make(*cells, title="97-a-test", **about):
        about = {"title": "A test", "minutes": 1, "nodes": 1, "labs": ["host"]} | about
        return read(save(tmp_path / f"{title}.ipynb", parameters(), *cells, sosc=about))

    return make


@pytest.fixture
def run(tmp_path, console):
    """Give a function that runs a section on this machine's engine, its outputs compared without masks."""

    def run_one(section, **options):
        options = {"lab": "host", "output": tmp_path / "out", "masks": tmp_path / "masks"} | options
        return run_section(section, console=console, **options)

    return run_one


@pytest.fixture
def client():
    with closing(docker.from_env()) as client:
        yield client


pytestmark = pytest.mark.engine


def test_a_section_that_does_what_it_did_passes_on_the_lab_that_was_asked_for(section, run, tmp_path):
    report = run(section(code(PINNED, printed("host offline\n")), code("x = 1")))
    assert [cell.status for cell in report.cells] == [Status.PASSED] * 3, report.first_fault
    assert report.passed, report.verdict()
    assert (report.name, report.lab) == ("97-a-test", "host")
    assert report.executed == tmp_path / "out" / "97-a-test.host.ipynb"
    assert notebook.read(report.executed).cells[1].outputs[0].text == "host offline\n"
    assert "SOSC_LAB" not in os.environ


def test_progress_is_printed_cell_by_cell_with_what_is_wrong(section, run, console):
    report = run(section(code("print('b')", printed("[red]a\n")), code("1 / 0"), code("1")))
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "97-a-test on host"
    assert [line.rpartition(" (")[0] for line in lines[1:4]] == [
        "  1/4 ✓ 00-parameters",
        "  2/4 ≠ 97-cell-1",
        "  3/4 ! 97-cell-2",
    ]
    assert lines[4].startswith("✗ 97-a-test on host: 1 passed; 1 differs; 1 raised; 1 not run (")
    assert lines[5:] == [
        "  cell 2 (97-cell-1): differs",
        "    stdout:",
        "    @@ -1 +1 @@",
        "    -[red]a",
        "    +b",
    ]
    assert not report.passed


def test_a_container_that_is_left_behind_is_reported_as_such(section, run, console, client, name):
    with true_image(client) as image:
        forget = (
            f"import docker\nmade = docker.from_env().containers.create('{image}', 'true', name='{name}')"
        )
        try:
            report = run(section(code(forget)))
        finally:
            client.containers.get(name).remove()
    assert {cell.status for cell in report.cells} == {Status.PASSED}
    assert f"container {name} on vm1" in report.leaks
    assert not report.passed
    assert f"left behind: container {name} on vm1" in console.file.getvalue()


def test_a_leak_is_seen_also_where_the_kernel_died(section, run, client, name):
    forget = f"import docker, os\nmade = docker.from_env().volumes.create('{name}')\nos.kill(os.getpid(), 9)"
    try:
        report = run(section(code(forget)))
    finally:
        client.volumes.get(name).remove()
    assert report.cells[-1].status is Status.KERNEL_DIED
    assert f"volume {name} on vm1" in report.leaks


def test_what_a_section_says_it_leaves_is_no_leak(section, run, client, name):
    leave = f"import docker\nmade = docker.from_env().volumes.create('{name}')"
    try:
        report = run(section(code(leave), leaves=[name]))
    finally:
        client.volumes.get(name).remove()
    assert report.passed, report.verdict()


def test_an_engine_that_is_gone_afterwards_is_told_and_the_cells_are_not_lost(
    section, run, tmp_path, monkeypatch, console
):
    socket = tmp_path / "docker.sock"
    socket.symlink_to(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    report = run(section(code(f"import os\nos.unlink('{socket}')")))
    assert {cell.status for cell in report.cells} == {Status.PASSED}
    assert not report.passed
    assert report.trouble.startswith("No Docker Engine answers")
    assert "What helps: " in console.file.getvalue()


def test_with_parameters_outputs_may_differ(section, run):
    one = section(code("print(LAB)", printed("auto\n")))
    assert run(one).passed
    assert run(one, lab="auto", parameters={"LAB": "host"}).passed
    assert notebook.read(run(one, parameters={"LAB": "host"}).executed).cells[2].outputs[0].text == "host\n"


class TestUpdate:
    def test_outputs_are_stored_and_the_next_run_passes(self, section, run):
        one = section(code("print('new')", printed("old\n")))
        assert not run(one).passed
        assert run(one, update=True).passed
        assert notebook.read(one.path).cells[1].outputs[0].text == "new\n"
        assert run(one).passed

    def test_of_a_run_that_failed_nothing_is_stored(self, section, run):
        one = section(code("print('new')", printed("old\n")), code("1 / 0"))
        before = one.path.read_bytes()
        assert not run(one, update=True).passed
        assert one.path.read_bytes() == before

    def test_of_changed_parameters_neither(self, section, run):
        with pytest.raises(SoscError, match="Leave out either --update"):
            run(section(code("1")), update=True, parameters={"LAB": "host"})


class TestSeveral:
    def test_all_are_run_and_counted_and_reported(self, section, tmp_path, console, name):
        good = section(code("x = 1"), title="97-good")
        bad = section(code("1 / 0"), title="98-bad")
        elsewhere = section(code("1"), title="99-elsewhere", labs=["vm"], labs_reason="It is loud.")
        failed = run_sections(
            [bad, elsewhere, good],
            lab="host",
            parameters={"IMAGES": "offline"},
            output=tmp_path / "out",
            console=console,
        )
        assert failed == 1
        suites = Xml.parse(tmp_path / "out" / "junit.xml").findall("testsuite")
        assert [
            (s.get("name"), s.get("tests"), s.get("failures"), s.get("errors"), s.get("skipped"))
            for s in suites
        ] == [
            ("98-bad.host", "4", "1", "0", "0"),
            ("99-elsewhere.host", "4", "0", "0", "3"),
            ("97-good.host", "4", "0", "0", "0"),
        ]
        page = (tmp_path / "out" / "report.html").read_text()
        assert "1 of 3 sections passed, 1 skipped" in page and "It is loud." in page
        assert "ZeroDivisionError: division by zero" in page
        said = console.file.getvalue()
        why = "skipped: Section 99 cannot run on the lab `host`. Why: It is loud. What helps: Set LAB to"
        assert f"– 99-elsewhere on host: {why}" in said
        assert "✓ 97-good on host: passed" in said
        assert said.rstrip().endswith(
            f"1 of 3 sections passed, 1 skipped; report: {tmp_path}/out/report.html"
        )

    def test_an_unknown_parameter_is_refused_before_any_has_run(self, section, tmp_path, console):
        known = section(code("TARGET = 1", tags=["parameters"]), title="97-known")
        with pytest.raises(SoscError, match=r"97-known\.ipynb has no parameter TARGTE"):
            run_sections([known], lab="host", parameters={"TARGTE": 1}, output=tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_none_is_no_failure(self, tmp_path, console):
        assert run_sections([], output=tmp_path, console=console) == 0


def test_a_lab_that_does_not_open_is_an_error_of_its_own(section, run):
    with pytest.raises(LabError, match="cannot run on the lab `host`"):
        run(section(code("1"), labs=["vm"]))
