"""What a container costs without Docker: the same program, bare, under PRoot, by udocker and by Docker.

udocker's own papers say of PRoot: almost no cost in computing, negligible cost in reading and writing data,
sensible cost in metadata (files made, looked at, removed). `Userland.verdict` holds that against the data.
"""

from __future__ import annotations

import itertools
import secrets
import shlex
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sosclib.engine.udocker import PROGRAM
from sosclib.lab.errors import LabError
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.udocker import FILES
from sosclib.measure.durations import duration
from sosclib.measure.environment import Environment, environment, is_present
from sosclib.measure.places import Place, place_of
from sosclib.measure.timing import WARM, Contender, Timings, compare, spread

if TYPE_CHECKING:
    import pandas as pd

    from sosclib.engine.machine import Machine

PLAIN, AGAIN, PROOT, UDOCKER, DOCKER = (
    "no container",
    "once more without",
    "PRoot alone",
    "udocker run",
    "docker run",
)
CONTENDERS = (PLAIN, AGAIN, PROOT, UDOCKER, DOCKER)
"""The bare program takes part twice: how it differs from itself is what the machine's noise does."""
START, CPU, DATA, SMALL, METADATA = (
    "start-up",
    "computing",
    "data, 1 MiB blocks",
    "data, 4 KiB blocks",
    "metadata",
)
WORKS = (START, CPU, DATA, SMALL, METADATA)
SCRIPTS = {
    CPU: "i=0; while [ $i -lt {size} ]; do i=$((i + 1)); done",
    DATA: '"$box" dd if=/dev/zero of=data bs=1048576 count={size} 2>/dev/null'
    '; "$box" dd if=data of=/dev/null bs=1048576 2>/dev/null',
    SMALL: '"$box" dd if=/dev/zero of=data bs=4096 count={size} 2>/dev/null'
    '; "$box" dd if=data of=/dev/null bs=4096 2>/dev/null',
    METADATA: '"$box" mkdir many; i=0'
    "; while [ $i -lt {size} ]; do : > many/$i; [ -s many/$i ] || i=$((i + 1)); done"
    '; "$box" ls -l many >/dev/null; "$box" rm -r many',
}
"""What each work does, by a shell and tools that are the same file everywhere, in a folder of the machine."""
SIZES = {CPU: (20_000, 100_000_000), DATA: (16, 192), SMALL: (512, 16_384), METADATA: (100, 20_000)}
"""The least and the most that is asked for: turns, blocks, files."""
TARGETS = {CPU: 0.25, DATA: 0.15, SMALL: 0.05, METADATA: 0.05}
"""Seconds that a work is to take without a container."""
ENOUGH = 0.03
"""Seconds from which on a first try says how large the work must be."""
TRIES = 3
"""Each work is done so often in a run, and the quickest counts: a disturbance only ever adds."""
CLOCK = "echo $EPOCHREALTIME"
"""BusyBox's shell tells microseconds."""


@dataclass(frozen=True)
class Claim:
    """What is said about udocker, as a bound on a ratio to the bare program.

    Attributes
    ----------
    work : str
    says : str
    bound : float
    at_most : bool
        Whether the ratio is to stay below the bound, or to reach it.
    """

    work: str
    says: str
    bound: float
    at_most: bool

    def judge(self, ratios: list[float], noise: float = 1.0) -> str:
        """Return ``holds``, ``does not hold``, or ``undecided`` where the rounds do not tell.

        Parameters
        ----------
        ratios : list of float
        noise : float
            The factor by which the bare program differs from itself: what is above the bound by less than
            that may be the machine's doing.
        """
        about = spread(ratios)
        below, above = about["q3"] <= self.bound, about["q1"] > self.bound * noise
        if below or above:
            return "holds" if below == self.at_most else "does not hold"
        return "undecided"


CLAIMS = (
    Claim(CPU, "almost no cost in computing", 1.1, at_most=True),
    Claim(DATA, "negligible cost in data, large blocks", 1.1, at_most=True),
    Claim(SMALL, "negligible cost in data, small blocks", 1.1, at_most=True),
    Claim(METADATA, "noticeable cost in metadata", 1.25, at_most=False),
)


@dataclass(frozen=True)
class Userland:
    """What was measured.

    Attributes
    ----------
    timings : mapping of str to Timings
        Of each work in `WORKS`.
    sizes : mapping of str to int
        How much of each work was done.
    environment : Environment
    place : str
        The machine.
    filtered : bool
        Whether this PRoot lets the kernel pick the system calls that it looks at (seccomp), or stops at all.
    """

    timings: Mapping[str, Timings]
    sizes: Mapping[str, int]
    environment: Environment
    place: str
    filtered: bool

    @property
    def samples(self) -> pd.DataFrame:
        """All samples: work, contender, phase, round, place, seconds."""
        import pandas as pd

        frames = [one.samples.assign(work=work) for work, one in self.timings.items()]
        return pd.concat(frames, ignore_index=True)[
            ["work", "contender", "phase", "round", "place", "seconds"]
        ]

    def ratios(self, work: str, contender: str) -> list[float]:
        """Return, round by round, how many times as long something took as without a container."""
        rounds = {
            (one.contender, one.round): one.seconds
            for one in self.timings[work].measured
            if one.phase == WARM
        }
        return [
            seconds / rounds[PLAIN, turn] for (name, turn), seconds in rounds.items() if name == contender
        ]

    def ratio(self, work: str, contender: str) -> float:
        """Return the median of `ratios`."""
        return statistics.median(self.ratios(work, contender))

    def noise(self, work: str) -> float:
        """Return the factor, 1 or more, by which the bare program differs from itself in the middle half."""
        about = spread(self.ratios(work, AGAIN))
        return max(about["q3"], 1 / about["q1"], 1.0)

    def table(self) -> pd.DataFrame:
        """Return medians in words, one line per work and one column per contender, with the ratios."""
        import pandas as pd

        lines = {
            work: {
                name: duration(self.timings[work].median(name)) + self._times(work, name)
                for name in CONTENDERS
            }
            for work in WORKS
        }
        return pd.DataFrame.from_dict(lines, orient="index").rename_axis("work")

    def verdict(self) -> pd.DataFrame:
        """Return what is said about udocker, what was measured, and whether the one bears out the other."""
        import pandas as pd

        lines = []
        for claim in CLAIMS:
            ratios = self.ratios(claim.work, UDOCKER)
            about = spread(ratios)
            lines.append(
                {
                    "it is said": claim.says,
                    "that would be": f"{'at most' if claim.at_most else 'more than'} × {claim.bound:g}",
                    "measured": f"× {times(about['median'])}",
                    "middle half": f"× {times(about['q1'])} to × {times(about['q3'])}",
                    "noise": f"× {times(self.noise(claim.work))}",
                    "here it": claim.judge(ratios, self.noise(claim.work)),
                }
            )
        return pd.DataFrame(lines).set_index("it is said")

    def _times(self, work: str, name: str) -> str:
        return "" if name == PLAIN else f" (× {times(self.ratio(work, name))})"


def times(ratio: float) -> str:
    """Return a ratio with as many digits as mean anything: ``1.02``, ``12.3``, ``310``."""
    return f"{ratio:.2f}" if ratio < 9.995 else f"{ratio:.1f}" if ratio < 99.95 else f"{ratio:.0f}"


def userland(
    machine: Machine, image: str, container: str, *, repeats: int = 5, progress: Progress = quiet
) -> Userland:
    """Measure start-up, computing, data and metadata without a container, under PRoot, udocker and Docker.

    Parameters
    ----------
    machine : Machine
    image : str
        In the engine, with BusyBox as ``/bin/busybox`` that is linked to no library.
    container : str
        A container of udocker made from the same image.
    repeats : int
        Rounds. In each, everybody runs once, in an order drawn anew.
    progress : callable, optional

    Raises
    ------
    NotFound, ToolMissing
        Where udocker, the container or the image is missing.
    LabError
        Where the engine's kernel is another one than the machine's.
    """
    with machine.terminal.quietly():
        root = machine.udocker.root(container)
        if not is_present(machine.docker, image):
            machine.images.fetch(image)
    facts = environment(machine.docker, image=image, network="bridge")
    place = place_of(facts.engine_kernel, machine.node)
    with _folder(machine) as folder:
        ways = _ways(machine, image, container, root, folder)
        starts = compare(_starting(place, ways), repeats=2 * repeats, progress=progress)
        sizes = {work: _size(machine, ways[PLAIN], work) for work in SCRIPTS}
        works = _working(machine, ways, sizes, repeats, progress)
    bin_ = f"{machine.node.home}/{FILES}/repo/bin"
    about = machine.node.sh(f"{shlex.quote(bin_)}/proot --version").output
    return Userland({START: starts, **works}, sizes, facts, place.name, "seccomp_filter = yes" in about)


@dataclass(frozen=True)
class Way:
    """One way to run a program: the words before it, where BusyBox and the folder are, and two events."""

    words: tuple[str, ...]
    box: str
    folder: str
    start: str

    def command(self, script: str) -> list[str]:
        """Return the words that run a script of BusyBox's shell this way."""
        return [*self.words, self.box, "sh", "-ec", script]


def _ways(machine: Machine, image: str, container: str, root: str, folder: str) -> dict[str, Way]:
    home = machine.node.home
    inside, box = "/bench", "/bin/busybox"
    owner = ":".join(machine.node.sh("id -u; id -g").stdout.split())
    labels = [f"--label={key}={value}" for key, value in machine.ownership.labels().items()]
    bound = f"{folder}:{inside}"
    proot = (f"{home}/{FILES}/repo/bin/proot", "-b", bound, "-b", "/proc", "-b", "/dev", "-r", root)
    udocker = (f"{home}/{PROGRAM.removeprefix('./')}", "run", "--nobanner", "-v", bound, container)
    docker = ("docker", "run", "--rm", *labels, f"--user={owner}", "-v", bound, image)
    bare = Way((), root + box, folder, "fork")
    return {
        PLAIN: bare,
        AGAIN: bare,
        PROOT: Way(proot, box, inside, "fork of proot"),
        UDOCKER: Way(udocker, box, inside, "fork of udocker"),
        DOCKER: Way(docker, box, inside, "fork of docker"),
    }


def _starting(place: Place, ways: Mapping[str, Way]) -> list[Contender]:
    """Return everybody with a program that does nothing."""

    def starter(way: Way) -> Callable[[], float]:
        return lambda: place.time(*way.words, way.box, "true")

    return [Contender(name, starter(way), way.start, "exit status known") for name, way in ways.items()]


def _working(
    machine: Machine, ways: Mapping[str, Way], sizes: Mapping[str, int], repeats: int, progress: Progress
) -> dict[str, Timings]:
    """Return the timings of all works; everybody does all of them in one run, by the clock inside."""
    took: list[dict[str, float]] = []

    def worker(way: Way) -> Callable[[], float]:
        def run() -> float:
            took.append(_timed(machine, way, sizes))
            return sum(took[-1].values())

        return run

    entered = [
        Contender(name, worker(way), "the work begins", "the work is done") for name, way in ways.items()
    ]
    whole = compare(entered, repeats=repeats, progress=progress)
    return {
        work: replace(
            whole,
            measured=tuple(
                replace(sample, seconds=one[work]) for sample, one in zip(whole.measured, took, strict=True)
            ),
        )
        for work in sizes
    }


def _timed(machine: Machine, way: Way, sizes: Mapping[str, int]) -> dict[str, float]:
    """Do works of given sizes one way, and return the seconds of each, as the shell's clock inside tells."""
    works = [SCRIPTS[work].format(size=size) for work, size in sizes.items() for _ in range(TRIES)]
    begin = f"box={shlex.quote(way.box)}; cd {shlex.quote(way.folder)}; {CLOCK}"
    script = "\n".join([begin, *(f"{work}\n{CLOCK}" for work in works), '"$box" rm -f data'])
    said = machine.node.sh(shlex.join(way.command(script))).check().stdout.split()
    if len(said) != len(works) + 1:
        raise LabError("A measurement told no times.", " ".join(said))
    marks = [float(word) for word in said]
    took = [after - before for before, after in itertools.pairwise(marks)]
    return {work: min(took[turn * TRIES : (turn + 1) * TRIES]) for turn, work in enumerate(sizes)}


def _size(machine: Machine, way: Way, work: str) -> int:
    """Return how much of a work takes its target without a container."""
    size, most = SIZES[work]
    while True:
        seconds = _timed(machine, way, {work: size})[work]
        if seconds >= ENOUGH or size >= most:
            return max(1, min(most, round(size * TARGETS[work] / seconds)))
        size = min(most, 4 * size)


@contextmanager
def _folder(machine: Machine) -> Iterator[str]:
    """Give a folder in the home that is removed afterwards."""
    name = f"userland-{secrets.token_hex(4)}"
    machine.node.sh(f"mkdir {name}").check()
    try:
        yield f"{machine.node.home}/{name}"
    finally:
        machine.node.sh(f"rm -rf {name}").check()


def facts(userland: Userland) -> dict[str, Any]:
    """Return what belongs beside the numbers, in words."""
    about = userland.environment
    return {
        "Docker Engine": about.engine,
        "storage driver": about.storage_driver,
        "kernel": about.engine_kernel,
        "PRoot": "looks at the system calls it must (seccomp)"
        if userland.filtered
        else "stops at every system call",
        "sizes": ", ".join(f"{size} ({work})" for work, size in userland.sizes.items()),
    }
