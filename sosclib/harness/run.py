"""Sections run one after the other, each on its lab, with a leak check, and reported."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console

from sosclib.course.begin import open_for
from sosclib.course.sections import Section
from sosclib.harness import notebook
from sosclib.harness.compare import MASKS, Masks
from sosclib.harness.leaks import holdings, left_behind
from sosclib.harness.report import plain, write_reports
from sosclib.harness.result import CellReport, NotebookReport, Status
from sosclib.harness.runner import CELL_TIMEOUT, execute, not_run, require_parameters
from sosclib.harness.stored import store
from sosclib.lab.errors import SoscError, WrongLab
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
    console: Console | None = None,
) -> int:
    """Run sections, print what becomes of them, and write the reports.

    A section that cannot be run, because its lab does not open, fails; the others run all the same. One that
    is not made for the lab is skipped, and the report says why.

    Parameters
    ----------
    sections : sequence of Section
    lab, images : str
        As for `sosclib.course.begin.begin`.
    parameters : mapping, optional
        For the cells of parameters.
    update : bool
        Whether the outputs are stored in the notebooks.
    output : Path
        The folder of the reports, and of the notebooks as they ran.
    console : Console, optional

    Returns
    -------
    int
        How many did not pass.

    Raises
    ------
    SoscError
        For a parameter that one of them does not have, before any has run.
    """
    console = console or Console(highlight=False)
    for section in sections:
        require_parameters(section.path, parameters or {})
    reports = []
    for section in sections:
        try:
            report = run_section(
                section,
                lab=lab,
                images=images,
                parameters=parameters,
                update=update,
                output=output,
                console=console,
            )
        except WrongLab as error:
            report = _not_begun(section, lab, skipped=str(error))
            _say(console, report)
        except SoscError as error:
            report = _not_begun(section, lab, trouble=str(error))
            _say(console, report)
        reports.append(report)
        page = write_reports(reports, output)
    passed = sum(report.passed for report in reports)
    skipped = sum(bool(report.skipped) for report in reports)
    if reports:
        left_out = f", {skipped} skipped" if skipped else ""
        _write(console, f"{passed} of {len(reports)} sections passed{left_out}; report: {page}")
    return len(reports) - passed - skipped


def run_section(
    section: Section,
    *,
    lab: str = "auto",
    images: str = "auto",
    parameters: Mapping[str, Any] | None = None,
    update: bool = False,
    output: Path = BUILD,
    timeout: int = CELL_TIMEOUT,
    masks: Path = MASKS,
    console: Console | None = None,
) -> NotebookReport:
    """Run one section and judge it.

    With parameters of its own a section may rightly print something else: then outputs are not compared.
    The outputs are stored in the notebook where `update` says so and every cell ended well.

    Parameters
    ----------
    section : Section
    lab, images : str
    parameters : mapping, optional
    update : bool
    output : Path
        As for `run_sections`.
    timeout : int
        Seconds for each cell.
    masks : Path
        nbval's file of what truly varies.
    console : Console, optional
        Silent by default.

    Raises
    ------
    SoscError
        Where the lab does not open, for an unknown parameter, and for an update with changed parameters.
    """
    if update and parameters:
        raise SoscError(
            "Outputs are stored for the parameters that stand in the notebook.",
            help="Leave out either --update or --parameter.",
        )
    console = console or Console(quiet=True)
    parameters = parameters or {}
    lab, images = parameters.get("LAB", lab), parameters.get("IMAGES", images)
    with closing(open_for(section, lab)) as opened:
        provider, before = opened.provider, holdings(opened)
    executed = output / f"{section.name}.{provider}.ipynb"
    head = f"{section.name} on {provider}"
    _write(console, head)
    with console.status(head) as status:

        def told(cell: CellReport, total: int) -> None:
            status.update(f"{head}: {cell.number} of {total} cells have run")
            _say_cell(console, cell, total)

        outcome = execute(
            section.path,
            executed,
            parameters=parameters,
            environment=_environment(provider, images),
            timeout=timeout,
            masks=None if parameters or update else Masks.read(masks),
            told=told,
        )
        found, trouble = _look_around(section, provider, images, before)
    report = NotebookReport(section.name, provider, outcome.cells, found, executed, trouble)
    _say(console, report)
    if update and report.first_fault is None:
        store(section.path, outcome.notebook)
    return report


def _look_around(section: Section, provider: str, images: str, before: Any) -> tuple[tuple[str, ...], str]:
    """Return what is left behind, and why that could not be found out.

    The lab is opened anew: a section may have taken down and set up again the engine that it works on.
    """
    try:
        with closing(open_for(section, provider)) as opened:
            return left_behind(opened, before, section.leaves), ""
    except SoscError as error:
        return (), str(error)


def _not_begun(section: Section, lab: str, *, trouble: str = "", skipped: str = "") -> NotebookReport:
    cells = not_run(notebook.code_cells(notebook.read(section.path)), "The section did not begin.")
    return NotebookReport(section.name, lab, cells, trouble=trouble, skipped=skipped)


def _environment(provider: str, images: str) -> dict[str, str]:
    """Return the variables that pin a kernel to a lab and a source of images."""
    chosen = images if images != "auto" else os.environ.get("SOSC_IMAGES") or "auto"
    return {"SOSC_LAB": provider, "SOSC_IMAGES": chosen}


def _say_cell(console: Console, cell: CellReport, total: int) -> None:
    colour = "green" if cell.status is Status.PASSED else "red"
    place = f"{cell.number:>{len(str(total))}}/{total}"
    console.print(f"  {place} [{colour}]{cell.status.mark}[/] {cell.id} ({cell.seconds:.1f} s)")


def _say(console: Console, report: NotebookReport) -> None:
    mark = "–" if report.skipped else "[green]✓[/]" if report.passed else "[red]✗[/]"
    console.print(mark, end=" ")
    _write(console, f"{report.name} on {report.lab}: {report.verdict()} ({report.seconds:.0f} s)")
    fault = report.first_fault
    if report.skipped:
        return
    if report.trouble:
        _write(console, report.trouble, indent=4)
    elif fault:
        _write(console, f"cell {fault.number} ({fault.id}): {fault.status}", indent=2)
        _write(console, fault.message, indent=4)


def _write(console: Console, text: str, indent: int = 0) -> None:
    """Print a text as it is: no markup in it, and its lines not broken."""
    console.print(textwrap.indent(plain(text), " " * indent), markup=False, soft_wrap=True)
