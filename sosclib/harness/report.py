"""Reports on runs: a page to read, and JUnit's XML for machines."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

from sosclib.harness.result import CellReport, NotebookReport, Status

PAGE, JUNIT = "report.html", "junit.xml"
FAULTS = (Status.DIFFERS, Status.RAISED, Status.TIMED_OUT, Status.KERNEL_DIED)
MARKS = {
    Status.PASSED: "✓", Status.DIFFERS: "≠", Status.RAISED: "!", Status.TIMED_OUT: "⏱",
    Status.KERNEL_DIED: "†", Status.NOT_RUN: "–",
}  # fmt: skip
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3rem .8rem; vertical-align: top; }
tr { border-bottom: 1px solid #e4e7eb; } pre { white-space: pre-wrap; background: #f5f7fa; padding: .6rem; margin: .3rem 0; }
.cell { display: inline-block; width: 1.5em; text-align: center; border: 1px solid #cbd2d9; margin: 1px; border-radius: 3px; }
.ok { background: #e3f4ee; } .bad { background: #D55E00; color: #fff; font-weight: bold; } .none { color: #52606d; }
"""


def write_reports(reports: Sequence[NotebookReport], folder: Path) -> Path:
    """Write both reports into a folder, and return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(page(reports, folder), encoding="utf-8")
    Xml.ElementTree(junit(reports)).write(folder / JUNIT, encoding="utf-8", xml_declaration=True)
    return folder / PAGE


def page(reports: Sequence[NotebookReport], folder: Path) -> str:
    """Return the page; all text of notebooks and engines is escaped."""
    passed = sum(report.passed for report in reports)
    rows = "\n".join(_row(report, folder) for report in reports)
    legend = " · ".join(f"{mark} {status}" for status, mark in MARKS.items())
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Sections</title>'
        f"<style>{STYLE}</style></head><body>\n<h1>{passed} of {len(reports)} sections passed</h1>\n"
        f"<p>{legend}</p>\n<table><tr><th>section</th><th>lab</th><th>cells</th><th>seconds</th></tr>\n"
        f"{rows}\n</table></body></html>\n"
    )


def junit(reports: Sequence[NotebookReport]) -> Xml.Element:
    """Return a test suite for each notebook, a test case for each code cell and one for the leak check."""
    root = Xml.Element("testsuites")
    for report in reports:
        suite = Xml.SubElement(
            root,
            "testsuite",
            name=f"{report.name}.{report.lab}",
            tests=str(len(report.cells) + 1),
            failures=str(sum(cell.status in FAULTS for cell in report.cells) + bool(report.leaks)),
            skipped=str(sum(cell.status is Status.NOT_RUN for cell in report.cells)),
            time=f"{report.seconds:.3f}",
        )
        for cell in report.cells:
            case = _case(suite, report.name, f"cell {cell.number} {cell.id}", cell.seconds)
            if cell.status in FAULTS:
                Xml.SubElement(case, "failure", message=str(cell.status)).text = _plain(cell.message)
            elif cell.status is Status.NOT_RUN:
                Xml.SubElement(case, "skipped", message=str(cell.status))
        case = _case(suite, report.name, "nothing is left behind", 0)
        if report.leaks:
            Xml.SubElement(case, "failure", message="leaked").text = _plain("\n".join(report.leaks))
    return root


def _case(suite: Xml.Element, notebook: str, name: str, seconds: float) -> Xml.Element:
    return Xml.SubElement(suite, "testcase", classname=notebook, name=name, time=f"{seconds:.3f}")


def _plain(text: str) -> str:
    """Leave out what XML cannot hold, such as a terminal's escape characters."""
    return "".join(c for c in text if c in "\t\n\r" or ord(c) >= 32)


def _row(report: NotebookReport, folder: Path) -> str:
    link = html.escape(os.path.relpath(report.executed, folder), quote=True)
    cells = "".join(_cell(cell) for cell in report.cells)
    faults = "".join(_fault(cell) for cell in report.cells if cell.status in FAULTS)
    leaked = "".join(f"<li>{html.escape(leak)}</li>" for leak in report.leaks)
    below = faults + (f"<p>Left behind:</p><ul>{leaked}</ul>" if leaked else "")
    return (
        f'<tr><td><a href="{link}">{html.escape(report.name)}</a></td><td>{html.escape(report.lab)}</td>'
        f"<td>{cells}{below}</td><td>{report.seconds:.1f}</td></tr>"
    )


def _cell(cell: CellReport) -> str:
    kind = {Status.PASSED: "ok", Status.NOT_RUN: "none"}.get(cell.status, "bad")
    title = html.escape(f"cell {cell.number}, {cell.id}: {cell.status}, {cell.seconds:.1f} s", quote=True)
    return f'<span class="cell {kind}" title="{title}">{MARKS[cell.status]}</span>'


def _fault(cell: CellReport) -> str:
    head = html.escape(f"Cell {cell.number} ({cell.id}): {cell.status}")
    return f"<p>{head}</p><pre>{html.escape(cell.source)}</pre><pre>{html.escape(cell.message)}</pre>"
