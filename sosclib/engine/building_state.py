"""What is known of a build, while it runs and afterwards: plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sosclib.engine.dockerfile import FROM, Dockerfile
from sosclib.engine.shown import AlreadyShown
from sosclib.engine.sizes import human_size
from sosclib.engine.words import ellipsis

if TYPE_CHECKING:
    from sosclib.engine.table import Table

WAITING, RUNNING, DONE, CACHED, FAILED = "waiting", "running", "done", "cached", "failed"
NOTED, SKIPPED = "noted", "skipped"
OVER = frozenset({DONE, CACHED, FAILED, NOTED, SKIPPED})
TAIL = 8
"""Lines of output that are shown of a step that failed."""
STEP_COLUMNS = ("STEP", "INSTRUCTION", "STATE", "SECONDS", "SIZE")


@dataclass(frozen=True)
class BuildStep:
    """One instruction of a Dockerfile, and what became of it.

    Attributes
    ----------
    number : int
        From 1, in the order of the Dockerfile.
    instruction : str
        As the Dockerfile has it, on one line.
    line : int
        Where it begins in the Dockerfile.
    state : str
        waiting, running, done, cached or failed; noted for what changes no file, skipped where the image does
        not need it.
    seconds : float
    size : int
        Bytes that the step added to the image.
    output : str
    """

    number: int
    instruction: str
    line: int
    state: str = WAITING
    seconds: float = 0.0
    size: int = 0
    output: str = ""

    @property
    def cached(self) -> bool:
        """Whether the result of an earlier build was taken."""
        return self.state == CACHED

    @property
    def is_from(self) -> bool:
        """Whether it only names the image to start from."""
        return self.instruction.startswith(f"{FROM} ")

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in OVER

    @property
    def tail(self) -> str:
        """The last lines of its output."""
        return "\n".join(self.output.rstrip().splitlines()[-TAIL:])


@dataclass(frozen=True)
class BuildState:
    """A build on its way.

    Attributes
    ----------
    name : str
        What the image is to be called.
    steps : tuple of BuildStep
    error : str
        The builder's own words, where it gave up.
    """

    name: str
    steps: tuple[BuildStep, ...]
    error: str = ""

    @classmethod
    def of(cls, name: str, dockerfile: Dockerfile) -> BuildState:
        """Return the state before anything has happened."""
        steps = [
            BuildStep(
                one.number, str(one), one.line, WAITING if one.works or dockerfile.names_image(one) else NOTED
            )
            for one in dockerfile.instructions
        ]
        return cls(name, tuple(steps))

    @property
    def failed(self) -> BuildStep | None:
        """The step that failed."""
        return next((step for step in self.steps if step.state == FAILED), None)

    def marked(self, number: int, state: str, seconds: float = 0.0) -> BuildState:
        """Return it with a step in another state; what is only noted stays so.

        Parameters
        ----------
        number : int
            The step's, from 1.
        state : str
        seconds : float
            That it took.
        """
        step = self.steps[number - 1]
        if step.state == NOTED and state != FAILED:
            return self
        # A FROM does no work of its own: whether its image was here says nothing of the Dockerfile.
        state = DONE if state == CACHED and step.is_from else state
        return self._with(replace(step, state=state, seconds=seconds))

    def saying(self, number: int, text: str) -> BuildState:
        """Return it with a step that has written something more."""
        step = self.steps[number - 1]
        return self._with(replace(step, output=step.output + text))

    def _with(self, step: BuildStep) -> BuildState:
        return replace(self, steps=(*self.steps[: step.number - 1], step, *self.steps[step.number :]))


WatchBuild = Callable[[BuildState], None]
"""Is told the state of a build whenever it changes."""


@dataclass(frozen=True)
class Build(AlreadyShown):
    """A build that succeeded.

    Attributes
    ----------
    name : str
        The image's name with its tag.
    id : str
        The image's id.
    steps : tuple of BuildStep
    seconds : float
    builder : str
        ``BuildKit`` or ``classic``.
    """

    name: str
    id: str
    steps: tuple[BuildStep, ...]
    seconds: float
    builder: str

    @property
    def ran(self) -> tuple[BuildStep, ...]:
        """The steps that did work: neither taken from an earlier build nor only noted."""
        return tuple(step for step in self.steps if step.state == DONE and not step.is_from)

    def table(self) -> Table:
        """Return the steps with their times and sizes."""
        from sosclib.engine.table import table

        rows = [
            {
                "STEP": step.number,
                "INSTRUCTION": ellipsis(step.instruction, 60),
                "STATE": step.state,
                "SECONDS": f"{step.seconds:.1f}",
                "SIZE": human_size(step.size, digits=3),
            }
            for step in self.steps
        ]
        return table(rows, STEP_COLUMNS)
