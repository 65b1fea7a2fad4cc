"""A race whose samples are known, so that a test can say what must be drawn."""

import pytest

from sosclib.measure.contenders import DOCKER, RUNC, TINY_VM, TRUE
from sosclib.measure.environment import Environment
from sosclib.measure.race import Race
from sosclib.measure.references import Reference
from sosclib.measure.timing import Events, Sample, Timings

SECONDS = {TRUE: (0.001, 0.002, 0.009), RUNC: (0.02, 0.02, 0.03), DOCKER: (0.2, 0.4, 0.3)}
ELSEWHERE = Reference(TINY_VM, (1.5, 3.0), "on", "off", "a machine <of> others", "a test")


@pytest.fixture(scope="session")
def seconds():
    """The warm samples of those who ran."""
    return SECONDS


@pytest.fixture(scope="session")
def race():
    samples = [
        Sample(name, phase, turn, 1, seconds)
        for name, row in SECONDS.items()
        for turn, seconds in enumerate((99.0, *row))
        for phase in ("cold" if turn == 0 else "warm",)
    ]
    return Race(
        Timings(tuple(Events(name, "start", "end") for name in SECONDS), tuple(samples), 1),
        absent=(),
        references=(ELSEWHERE,),
        environment=Environment("6.1", "x86_64", 2, engine="26.1", storage_driver="overlay2"),
        place="this machine",
    )
