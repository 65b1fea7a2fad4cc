"""Sections run one after the other, each on its lab, with a leak check, and reported."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from sosclib.course.begin import kept_names, open_for
from sosclib.course.sections import Section
from sosclib.harness.compare import Masks
from sosclib.harness.leaks import holdings, leaks
from sosclib.harness.report import write_reports
from sosclib.harness.result import NotebookReport, Status
from sosclib.harness.runner import CELL_TIMEOUT, execute
from sosclib.harness.stored import store
from sosclib.lab.paths import ROOT

BUILD = ROOT / "build" / "notebooks"


def run_sections(
    sections: Sequence[Section],
    *,
    lab: str = "auto",
    images: str = "auto",
    parameters: Mapping[str, Any] | None = None,
    update: bool = False,
    output: Path = BUILD,
) -> int:
    """Run sections, print what becomes of them, and write the reports.

    Returns
    -------
    int
        How many did not pass.
    """
    console = Console(highlight=False)
    reports = []
    for section in sections:
        report = run_section(
            section,
            lab=lab,
            images=images,
            parameters=parameters,
            update=update,
            output=output,
            console=console,
        )
        reports.append(report)
    page = write_reports(reports, output)
    failed = [report for report in reports if not report.passed]
    console.print(f"{len(reports) - len(failed)} of {len(reports)} sections passed; report: {page}")
    return len(failed)


def run_section(
    section: Section,
    *,
    lab: str = "auto",
    images: str = "auto",
    parameters: Mapping[str, Any] | None = None,
    update: bool = False,
    output: Path = BUILD,
    timeout: int = CELL_TIMEOUT,
    console: Console | None = None,
) -> NotebookReport:
    """Run one section and judge it.

    With parameters of its own a section may rightly print something else: then outputs are not compared.
    The outputs are stored in the notebook where `update` says so and every cell ended well.
    """
    console = console or Console(quiet=True)
    opened = open_for(section, lab)
    try:
        before = holdings(opened)
        with console.status(f"{section.name} on {opened.provider}") as status:
            outcome = execute(
                section.path,
                output / f"{section.name}.{opened.provider}.ipynb",
                parameters=parameters,
                environment=_environment(opened.provider, images),
                timeout=timeout,
                masks=None if parameters or update else Masks.read(),
                told=lambda n, total, _: status.update(
                    f"{section.name} on {opened.provider}: cell {n} of {total}"
                ),
            )
        found = leaks(before, holdings(opened), kept_names(section, images))
    finally:
        opened.close()
    report = NotebookReport(
        section.name,
        opened.provider,
        outcome.cells,
        found,
        output / f"{section.name}.{opened.provider}.ipynb",
    )
    _say(console, report)
    if update and all(cell.status is Status.PASSED for cell in report.cells):
        store(section.path, outcome.notebook)
    return report


def _environment(provider: str, images: str) -> dict[str, str]:
    """Return the variables that pin a kernel to a lab and a source of images."""
    chosen = images if images != "auto" else os.environ.get("SOSC_IMAGES") or "auto"
    return {"SOSC_LAB": provider, "SOSC_IMAGES": chosen}


def _say(console: Console, report: NotebookReport) -> None:
    mark = "[green]✓[/]" if report.passed else "[red]✗[/]"
    console.print(f"{mark} {report.name} on {report.lab}: {report.verdict()} ({report.seconds:.0f} s)")
    fault = report.first_fault
    if fault is not None:
        console.print(f"  cell {fault.number} ({fault.id}): {fault.status}", markup=False)
        console.print("    " + fault.message.replace("\n", "\n    "), markup=False)
