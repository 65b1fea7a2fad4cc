"""Each status is seen on the page, in JUnit's XML and in one line; hostile text stays text."""

import re
from xml.etree import ElementTree as Xml

import pytest

from sosclib.harness.report import junit, page, plain, write_reports
from sosclib.harness.result import FAULTS, CellReport, NotebookReport, Status

HOSTILE = '<script>alert("1")</script>\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link & "quoted" \x00\ud800\uffff'
TAMED = '<script>alert("1")</script>red link & "quoted" '


def report(*statuses, message="why", leaks=(), trouble="", folder=None):
    cells = tuple(
        CellReport(
            f"97-{number}",
            number,
            status,
            0.25,
            "" if status is Status.PASSED else message,
            f"source {number}",
        )
        for number, status in enumerate(statuses, start=1)
    )
    executed = folder / "97-a-test.host.ipynb" if folder else None
    return NotebookReport("97-a-test", "host", cells, tuple(leaks), executed, trouble)


def judged(case):
    """Return what a test case says became of it."""
    found = [child.tag for child in case]
    return found[0] if found else "passed"


@pytest.mark.parametrize("status", Status)
def test_every_status_is_told_in_all_three_places(tmp_path, status):
    one = report(Status.PASSED, status, folder=tmp_path)
    assert one.passed == (status is Status.PASSED)
    assert one.verdict() == ("passed" if status is Status.PASSED else f"1 passed; 1 {status}")
    html = page([one], tmp_path)
    assert f"cell 2, 97-2: {status}, 0.2 s" in html
    assert f">{status.mark}</span>" in html
    assert ("Cell 2 (97-2)" in html and "source 2" in html) == (status in FAULTS)
    case = next(case for case in junit([one]).iter("testcase") if case.get("name") == "cell 2 97-2")
    expected = {Status.PASSED: "passed", Status.NOT_RUN: "skipped"}.get(status, "failure")
    assert judged(case) == expected
    if expected == "failure":
        assert (case[0].get("message"), case[0].text) == (status.value, "why")


def test_every_status_has_a_mark_of_its_own():
    assert len({status.mark for status in Status}) == len(Status)


def test_the_counts_add_up(tmp_path):
    reports = [
        report(*Status, *Status, leaks=["container a on vm1", "image b on vm1"]),
        report(Status.PASSED),
        report(Status.NOT_RUN, Status.NOT_RUN, trouble="no engine"),
    ]
    write_reports(reports, tmp_path)
    suites = Xml.parse(tmp_path / "junit.xml").findall("testsuite")
    assert len(suites) == len(reports)
    for suite in suites:
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases)
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(count)) == len(suite.findall(f"testcase/{tag}")), count
        seconds = sum(float(case.get("time")) for case in cases)
        assert float(suite.get("time")) == pytest.approx(seconds)
    counts = [(s.get("tests"), s.get("failures"), s.get("errors"), s.get("skipped")) for s in suites]
    assert counts == [("14", "9", "0", "2"), ("3", "0", "0", "0"), ("4", "0", "1", "2")]
    assert "<h1>1 of 3 sections passed</h1>" in (tmp_path / "report.html").read_text()


def test_a_leak_fails_a_notebook_whose_cells_all_passed(tmp_path):
    one = report(Status.PASSED, leaks=["container forgotten on vm1"], folder=tmp_path)
    assert not one.passed
    assert one.first_fault is None
    assert one.verdict() == "1 passed; left behind: container forgotten on vm1"
    assert "<li>container forgotten on vm1</li>" in page([one], tmp_path)
    failures = junit([one]).findall(".//failure")
    assert [failure.text for failure in failures] == ["container forgotten on vm1"]


def test_a_notebook_that_could_not_run_fails_although_no_cell_did(tmp_path):
    one = report(Status.NOT_RUN, trouble="The lab does not open.\nWhat helps: sosc up")
    assert not one.passed
    assert one.verdict() == "1 not run; The lab does not open."
    assert "sosc up" in page([one], tmp_path)
    assert [error.text for error in junit([one]).findall(".//error")] == [one.trouble]


def test_seconds_are_the_sum_of_the_cells():
    assert report(Status.PASSED, Status.RAISED, Status.PASSED).seconds == pytest.approx(0.75)


def test_hostile_text_is_escaped_on_the_page_and_in_the_xml(tmp_path):
    cell = CellReport("97-a", 1, Status.RAISED, 0, HOSTILE, HOSTILE)
    one = NotebookReport(HOSTILE, "host", (cell,), (HOSTILE,), tmp_path / "a&b.ipynb", HOSTILE)
    target = write_reports([one], tmp_path)
    html = target.read_text(encoding="utf-8")
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;red link &amp; ") == 5
    assert 'href="a&amp;b.ipynb"' in html
    assert not re.search(r"[\x00\x1b\uffff]", html)
    root = Xml.parse(tmp_path / "junit.xml").getroot()
    assert [child.text for child in root.iter("failure")] == [TAMED, TAMED]
    assert [child.text for child in root.iter("error")] == [TAMED]
    assert all("\x1b" not in value for child in root.iter() for value in child.attrib.values())


def test_plain_text_keeps_lines_and_letters():
    assert plain("ä\t→\n😀\r\n") == "ä\t→\n😀\r\n"


def test_the_page_names_the_executed_notebook_relative_to_itself(tmp_path):
    assert 'href="97-a-test.host.ipynb"' in page([report(Status.PASSED, folder=tmp_path)], tmp_path)
    assert "href" not in page([report(Status.PASSED)], tmp_path)
