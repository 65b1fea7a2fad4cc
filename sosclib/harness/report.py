"""Reports on runs: a page to read, and JUnit's XML for machines."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

from sosclib.harness.result import FAULTS, CellReport, NotebookReport, Status

PAGE, JUNIT = "report.html", "junit.xml"
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1f2933; }
table { border-collapse: collapse; width: 100%; }
tr { border-bottom: 1px solid #e4e7eb; }
td, th { text-align: left; padding: .3rem .8rem; vertical-align: top; }
pre { white-space: pre-wrap; background: #f5f7fa; padding: .6rem; margin: .3rem 0; }
.cell { display: inline-block; width: 1.5em; text-align: center; border: 1px solid #cbd2d9; margin: 1px;
        border-radius: 3px; }
.ok { background: #e3f4ee; }
.bad { background: #b34700; color: #fff; font-weight: bold; }
.none { color: #52606d; }
"""


def write_reports(reports: Sequence[NotebookReport], folder: Path) -> Path:
    """Write both reports into a folder, and return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(page(reports, folder), encoding="utf-8")
    Xml.ElementTree(junit(reports)).write(folder / JUNIT, encoding="utf-8", xml_declaration=True)
    return folder / PAGE


def plain(text: str) -> str:
    """Leave out what neither XML nor a page can hold, such as a terminal's colours."""
    return NOT_XML.sub("", ESCAPES.sub("", text))


def page(reports: Sequence[NotebookReport], folder: Path) -> str:
    """Return the page; all text of notebooks and engines is escaped."""
    passed = sum(report.passed for report in reports)
    skipped = sum(bool(report.skipped) for report in reports)
    head = f"{passed} of {len(reports)} sections passed" + (f", {skipped} skipped" if skipped else "")
    rows = "\n".join(_row(report, folder) for report in reports)
    legend = " · ".join(f"{status.mark} {status}" for status in Status)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Sections</title>'
        f"<style>{STYLE}</style></head><body>\n<h1>{head}</h1>\n"
        f"<p>{legend}</p>\n<table><tr><th>section</th><th>lab</th><th>cells</th><th>seconds</th></tr>\n"
        f"{rows}\n</table></body></html>\n"
    )


def junit(reports: Sequence[NotebookReport]) -> Xml.Element:
    """Return a test suite for each notebook: a test case for each code cell, two for the run as a whole."""
    root = Xml.Element("testsuites")
    for report in reports:
        suite = Xml.SubElement(
            root,
            "testsuite",
            name=plain(f"{report.name}.{report.lab}"),
            tests=str(len(report.cells) + 2),
            failures=str(report.count(*FAULTS) + bool(report.leaks)),
            errors=str(int(bool(report.trouble))),
            skipped=str(report.count(Status.NOT_RUN) + bool(report.skipped)),
            time=f"{report.seconds:.3f}",
        )
        case = _case(suite, report.name, "it can be run and judged")
        if report.skipped:
            Xml.SubElement(case, "skipped", message=plain(report.skipped))
        if report.trouble:
            Xml.SubElement(case, "error", message="trouble").text = plain(report.trouble)
        for cell in report.cells:
            case = _case(suite, report.name, f"cell {cell.number} {cell.id}", cell.seconds)
            if cell.status in FAULTS:
                Xml.SubElement(case, "failure", message=cell.status.value).text = plain(cell.message)
            elif cell.status is Status.NOT_RUN:
                Xml.SubElement(case, "skipped", message=plain(cell.message))
        case = _case(suite, report.name, "nothing is left behind")
        if report.leaks:
            Xml.SubElement(case, "failure", message="left behind").text = plain("\n".join(report.leaks))
    return root


def _case(suite: Xml.Element, notebook: str, name: str, seconds: float = 0) -> Xml.Element:
    names = {"classname": plain(notebook), "name": plain(name)}
    return Xml.SubElement(suite, "testcase", names, time=f"{seconds:.3f}")


def _row(report: NotebookReport, folder: Path) -> str:
    name = _escaped(report.name)
    if report.executed:
        name = f'<a href="{_escaped(os.path.relpath(report.executed, folder))}">{name}</a>'
    cells = "".join(_cell(cell) for cell in report.cells)
    faults = "".join(_fault(cell) for cell in report.cells if cell.status in FAULTS)
    leaked = "".join(f"<li>{_escaped(leak)}</li>" for leak in report.leaks)
    told = report.trouble or report.skipped
    trouble = f"<pre>{_escaped(told)}</pre>" if told else ""
    below = trouble + faults + (f"<p>Left behind:</p><ul>{leaked}</ul>" if leaked else "")
    return (
        f"<tr><td>{name}</td><td>{_escaped(report.lab)}</td>"
        f"<td>{cells}{below}</td><td>{report.seconds:.1f}</td></tr>"
    )


def _cell(cell: CellReport) -> str:
    kind = {Status.PASSED: "ok", Status.NOT_RUN: "none"}.get(cell.status, "bad")
    title = _escaped(f"cell {cell.number}, {cell.id}: {cell.status}, {cell.seconds:.1f} s")
    return f'<span class="cell {kind}" title="{title}">{cell.status.mark}</span>'


def _fault(cell: CellReport) -> str:
    head = _escaped(f"Cell {cell.number} ({cell.id}): {cell.status}")
    return f"<p>{head}</p><pre>{_escaped(cell.source)}</pre><pre>{_escaped(cell.message)}</pre>"


def _escaped(text: str) -> str:
    return html.escape(plain(text), quote=True)
