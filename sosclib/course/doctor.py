"""Whether this computer is ready for the course: one line, and one fix, for each thing it needs."""

from __future__ import annotations

import html
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from sosclib.engine.html import to_the_left
from sosclib.lab.errors import SoscError

OK, WARN, FAIL = "ok", "warn", "fail"
SIGNS = {OK: "✔", WARN: "!", FAIL: "✘"}
LIMIT = 3.0
"""Seconds after which a check that has not answered is reported as such."""


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    name : str
        What was looked at.
    status : str
        ``ok``; ``warn``: the course works, with something less; ``fail``: it does not.
    text : str
        What was found, in one line.
    fix : str
        What to do, in one line; empty where nothing needs doing.
    """

    name: str
    status: str
    text: str
    fix: str = ""


Check = Callable[[], Finding]


@dataclass(frozen=True)
class Report:
    """All findings, in order.

    Attributes
    ----------
    findings : tuple of Finding
    """

    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """1 where something failed, else 0."""
        return int(any(finding.status == FAIL for finding in self.findings))

    def to_json(self) -> str:
        """Return the findings as JSON."""
        return json.dumps(
            {"ready": not self.exit_code, "findings": [asdict(finding) for finding in self.findings]},
            indent=1,
            ensure_ascii=False,
        )

    def __repr__(self) -> str:
        width = max((len(finding.name) for finding in self.findings), default=0)
        lines = []
        for finding in self.findings:
            lines.append(f"{SIGNS[finding.status]} {finding.name:<{width}}  {finding.text}")
            if finding.fix:
                lines.append(f"{'':<{width + 2}}  → {finding.fix}")
        return "\n".join([*lines, "", self._verdict()])

    def _repr_html_(self) -> str:
        cells = (
            (f"{SIGNS[finding.status]} {finding.status}", finding.name, finding.text, finding.fix)
            for finding in self.findings
        )
        head = "".join(f"<th>{name}</th>" for name in ("", "what", "found", "what helps"))
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in cells
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f"{to_the_left(table)}<p>{html.escape(self._verdict())}</p>"

    def _repr_markdown_(self) -> str:
        lines = ["| | what | found | what helps |", "|---|---|---|---|"]
        for finding in self.findings:
            cells = (f"{SIGNS[finding.status]} {finding.status}", finding.name, finding.text, finding.fix)
            lines.append("| " + " | ".join(map(plain, cells)) + " |")
        return "\n".join([*lines, "", self._verdict()])

    def _verdict(self) -> str:
        failed = sum(finding.status == FAIL for finding in self.findings)
        warned = sum(finding.status == WARN for finding in self.findings)
        if failed:
            return f"Not ready yet: {failed} to mend."
        return f"Ready, with {warned} to know about." if warned else "Ready."


def doctor() -> Report:
    """Look at everything the course needs on this computer.

    Returns
    -------
    Report
        Shown as a table; ``exit_code`` and ``to_json()`` are for programs.
    """
    from sosclib.course.doctor_checks import checks

    return Report(examine(checks()))


def examine(checks: Mapping[str, Check], limit: float = LIMIT) -> tuple[Finding, ...]:
    """Run checks side by side and return their findings in order; one that hangs holds up nothing."""
    found: dict[str, Finding] = {}

    def run(name: str, check: Check) -> None:
        found[name] = _safely(name, check)

    # Daemon threads: neither this call nor the end of the program waits for a check that hangs.
    threads = [threading.Thread(target=run, args=item, daemon=True) for item in checks.items()]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + limit
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    silent = f"no answer within {limit:g} s"
    return tuple(found.get(name) or Finding(name, WARN, silent, "Look again later.") for name in checks)


def plain(text: str) -> str:
    """Return text that Markdown shows as it stands, in a table too."""
    escaped = html.escape(text, quote=False)
    for sign in "\\`*_[]|~$":
        escaped = escaped.replace(sign, f"\\{sign}")
    return " ".join(escaped.split())


def _safely(name: str, check: Check) -> Finding:
    try:
        return check()
    except SoscError as error:
        return Finding(name, FAIL, error.what, _first_line(error.help))
    except Exception as error:  # a check's own fault is a finding too: the other checks still count
        return Finding(name, WARN, f"could not be checked: {type(error).__name__}: {_first_line(str(error))}")


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
