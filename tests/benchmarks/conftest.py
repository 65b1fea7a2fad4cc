"""Every benchmark enters its figures into one table, which is printed when all are done."""

import io
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import docker
import pytest
from docker.errors import DockerException
from rich.console import Console
from rich.table import Table

from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.terminal import Terminal
from sosclib.lab.ledger import Ledger
from sosclib.measure.durations import duration
from sosclib.measure.environment import environment

COLUMNS = ("benchmark", "what", "median", "spread (IQR)", "runs", "ratio or figure", "bar")


@dataclass
class Report:
    """The lines of the table, and the facts below it."""

    lines: list[tuple[str, ...]] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def timings(self, benchmark, timings, *, figure, bar):
        """Enter a comparison: a line per contender, the figure beside the first."""
        for row, (name, line) in enumerate(timings.summary().iterrows()):
            head = (benchmark, figure, bar) if row == 0 else ("", "", "")
            times = (duration(line["median"]), duration(line["iqr"]), str(int(line["n"])))
            self.lines.append((head[0], name, *times, *head[1:]))

    def line(self, benchmark, what, seconds, *, figure="", bar=""):
        """Enter a single time."""
        self.lines.append((benchmark, what, duration(seconds), "", "1", figure, bar))


REPORT = pytest.StashKey[Report]()


def pytest_addoption(parser):
    parser.addoption("--record", action="store_true", help="ship the machines' times as references")


def pytest_configure(config):
    config.stash[REPORT] = Report()


def pytest_terminal_summary(config):
    report = config.stash[REPORT]
    if not report.lines:
        return
    table = Table(*COLUMNS, title="Benchmarks")
    for line in report.lines:
        table.add_row(*line)
    console = Console(width=max(Console().width, 120))
    console.print(table)
    for fact, value in report.facts.items():
        console.print(f"{fact}: {value}", highlight=False)


@pytest.fixture(scope="session")
def report(pytestconfig) -> Report:
    report = pytestconfig.stash[REPORT]
    report.facts |= environment().facts()
    return report


@dataclass(frozen=True)
class EngineNode:
    """This machine's engine as a node: what the library's calls go through."""

    docker: docker.DockerClient
    name: str = "vm1"
    title: str = "VM1"
    home: str = "/"


@pytest.fixture(scope="session")
def client(report) -> Iterator[docker.DockerClient]:
    try:
        client = docker.from_env()
        client.ping()
    except DockerException as error:
        pytest.skip(f"no Docker Engine answers here: {error}")
    report.facts |= environment(client).facts()
    with closing(client):
        yield client


@pytest.fixture
def machine(client, tmp_path) -> Machine:
    """A machine of a lab that has nothing yet, on this machine's engine."""
    lab = f"bench-{uuid.uuid4().hex[:8]}"
    ownership = Ownership(lab, "bench", False, Ledger(tmp_path / "ledger.json"), client.info()["ID"])
    return Machine(EngineNode(client), ownership, Terminal())


def archive(files: dict[str, bytes]) -> bytes:
    """Return a tar archive of some files that may be executed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
