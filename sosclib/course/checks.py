"""Exercises: a task, hints, a solution, and a check that looks at the engine."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sosclib.course.catalogue import ROLES
from sosclib.course.claims import claim, foreign, note_scene
from sosclib.course.desk import HOLDER, Desk
from sosclib.course.doctor import plain
from sosclib.course.stacks import WORDPRESS
from sosclib.engine.faults import teaching
from sosclib.lab.errors import NotFound, SoscError

PASSED, FAILED, UNTRIED = "passed", "failed", "not attempted"
STACK = re.compile(r"\{stack(?::(?P<name>\w+))?\}")
"""Stands in a text for what the engine calls a stack: that of WordPress where no other is named."""
SIGNS = {PASSED: "✔", FAILED: "✘", UNTRIED: "○"}


@dataclass(frozen=True)
class Result:
    """What a check says.

    Attributes
    ----------
    status : str
        ``passed``, ``failed`` or ``not attempted``.
    reason : str
        What was seen, and what it means.
    """

    status: str
    reason: str = ""

    def __repr__(self) -> str:
        return f"{SIGNS[self.status]} {self.status}" + (f": {self.reason}" if self.reason else "")

    def _repr_markdown_(self) -> str:
        return f"{SIGNS[self.status]} **{self.status}**" + (f": {plain(self.reason)}" if self.reason else "")


def passed(reason: str) -> Result:
    """Return that the exercise is solved."""
    return Result(PASSED, reason)


def failed(reason: str) -> Result:
    """Return that something was tried, and why it is not it."""
    return Result(FAILED, reason)


def untried(reason: str) -> Result:
    """Return that nothing was tried yet."""
    return Result(UNTRIED, reason)


@dataclass(frozen=True)
class Text:
    """A few lines of Markdown that read well as plain text too."""

    markdown: str

    def __repr__(self) -> str:
        return "\n".join(
            line for line in self.markdown.replace("**", "").splitlines() if not line.startswith("```")
        )

    def _repr_markdown_(self) -> str:
        return self.markdown


@dataclass(frozen=True)
class Exercise:
    """One exercise; the course's own part of it.

    Attributes
    ----------
    id : str
        Section and number, ``04.1``.
    task : str
        What to do, in Markdown. Here and in the next three ``{base}`` and other roles stand for images,
        ``{own}`` for what the names of one's own images begin with at the section's registry,
        ``{login}`` for the login there, ``{stack}`` and ``{stack:services}`` for the name of a stack,
        ``{vm1}`` and ``{vm2}`` for the machines' private addresses.
    hints : tuple of str
        Each helps a little more.
    solution, shell : str
        One way to do it with the library, and the same in a shell.
    judge : callable
        Looks at the engine and says what it sees.
    makes : tuple of (str, str)
        Kind and name of what a solution makes.
    mistakes : mapping of str to str
        Plausible wrong answers, as code: for the tests, that each is told apart from the solution.
    start : str
        Code that sets the scene; empty where none is needed.
    scene : tuple of (str, str)
        Kind and name of what that code makes; the last of them tells whether the scene is set.
    ready : callable
        Tells whether a scene whose last part is there is still of use: a swarm may have lost a node.
    files : tuple of str
        What a student is asked to write over the scene's files, or beside them: it stays as it is where the
        scene is set anew. Where the first of them is gone, the scene is not set.
    """

    id: str
    task: str
    hints: tuple[str, ...]
    solution: str
    shell: str
    judge: Callable[[Desk], Result]
    makes: tuple[tuple[str, str], ...]
    mistakes: Mapping[str, str] = field(default_factory=dict)
    start: str = ""
    scene: tuple[tuple[str, str], ...] = ()
    ready: Callable[[Desk], bool] = lambda _: True
    files: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        """The section's number."""
        return self.id.partition(".")[0]

    def perform(self, code: str, desk: Desk) -> None:
        """Run the exercise's own code, as a student would in a cell."""
        import sosclib

        exec(compile(filled(code, desk), f"<exercise {self.id}>", "exec"), {"sosc": sosclib, **desk.nodes})

    def solve(self, desk: Desk) -> None:
        """Do it the way that `solution` shows."""
        self.perform(self.solution, desk)

    def look(self, desk: Desk) -> Result:
        """Judge what is there now; what a student typed by hand is entered as the section's own."""
        asked_for = [(kind, filled(name, desk)) for kind, name in self.makes]
        claim(desk, asked_for)
        for kind, name in asked_for:
            if foreign(desk, kind, name):
                return untried(
                    f"the {kind} {name} was here before this section began, and is left alone;"
                    " the exercise needs that name"
                )
        return self.judge(desk)


class Task:
    """An exercise in a student's hands.

    Parameters
    ----------
    exercise : Exercise
    """

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._hints_given = 0

    def start(self) -> None:
        """Set the scene, where the exercise needs one."""
        if not self._exercise.start:
            print("This exercise needs no preparation.")
            return
        with teaching():
            self._set(HOLDER.desk)

    def _set(self, desk: Desk) -> None:
        from sosclib.course.files import exists, set_aside

        scene = [(kind, filled(name, desk)) for kind, name in self._exercise.scene]
        files = self._exercise.files
        there = _exists(desk, *scene[-1]) and all(exists(desk.vm1, name) for name in files[:1])
        if there and self._exercise.ready(desk):
            print("The scene is set already.")
            return
        claim(desk, made_in(desk))
        with desk.vm1.terminal.quietly():
            for kind, name in scene:
                if _exists(desk, kind, name):
                    _remove(desk, kind, name)
        with set_aside(desk.vm1, files) as kept:
            self._exercise.perform(self._exercise.start, desk)
        if kept:
            anew = f"For the given {files[0]}, remove yours and .start() again." if files[0] in kept else ""
            print(f"Left as you wrote it: {', '.join(kept)}. {anew}".rstrip())
        note_scene(desk, self._exercise.id)

    def check(self) -> Result:
        """Look at the engine, and say whether the exercise is solved."""
        from sosclib.course.progress import note_solved

        with teaching():
            result = self._exercise.look(HOLDER.desk)
        if result.status == PASSED:
            note_solved(self._exercise.id)
        return result

    def hint(self) -> Text:
        """Help a little more each time."""
        hints = self._exercise.hints
        self._hints_given = min(self._hints_given + 1, len(hints))
        number = self._hints_given
        return Text(f"**Hint {number} of {len(hints)}.** {filled(hints[number - 1], HOLDER.desk)}")

    def solution(self) -> Text:
        """Show one way to do it."""
        code, shell = (filled(text, HOLDER.desk) for text in (self._exercise.solution, self._exercise.shell))
        return Text(
            f"**One way to do it:**\n```python\n{code.strip()}\n```\n"
            f"**The same in a shell:**\n```sh\n{shell.strip()}\n```"
        )

    def __repr__(self) -> str:
        return repr(Text(self._repr_markdown_()))

    def _repr_markdown_(self) -> str:
        return f"**Exercise {html.escape(self._exercise.id)}.** {filled(self._exercise.task, HOLDER.desk)}"


def exercise(id: str) -> Task:
    """Return an exercise of the section that is open, ``04.1``.

    Raises
    ------
    NotFound
        Where there is none; the message lists those that there are.
    SoscError
        Where another section is open.
    """
    from sosclib.course.exercises import EXERCISES

    if id not in EXERCISES:
        raise NotFound(f"There is no exercise {id!r}.", help=f"The exercises are {', '.join(EXERCISES)}.")
    open_section = HOLDER.desk.section.id
    if EXERCISES[id].section != open_section:
        raise SoscError(
            f"Exercise {id} belongs to another section.", f"The one that is open is {open_section}."
        )
    task: Task = HOLDER.tasks.setdefault(id, Task(EXERCISES[id]))
    return task


def made_in(desk: Desk) -> list[tuple[str, str]]:
    """Return kind and name of all that the exercises of a desk's section ask for."""
    from sosclib.course.exercises import EXERCISES

    own = [one for one in EXERCISES.values() if one.section == desk.section.id]
    return [(kind, filled(name, desk)) for one in own for kind, name in one.makes]


def _exists(desk: Desk, kind: str, name: str) -> bool:
    from sosclib.engine.snapshot import objects

    return any((one.kind, one.name) == (kind, name) for one in objects(desk.vm1.docker))


def _remove(desk: Desk, kind: str, name: str) -> None:
    """Remove a part of a scene that is made anew; a swarm and its services are mended instead."""
    if kind == "container":
        desk.vm1.containers.remove(name, force=True)
    elif kind == "volume":
        desk.vm1.volumes.remove(name)
    elif kind == "image":
        # A container that has ended may still be of it: it keeps the layers, and the name is free.
        desk.vm1.images.remove(name, force=True)


def filled(text: str, desk: Desk) -> str:
    """Put the images of this desk into a text of an exercise."""
    for role in ROLES:
        if f"{{{role}}}" in text:
            text = text.replace(f"{{{role}}}", desk.catalogue.resolve(role))
    text = STACK.sub(lambda found: desk.vm1.ownership.project(found["name"] or WORDPRESS), text)
    for name, machine in desk.nodes.items():
        text = text.replace(f"{{{name}}}", machine.node.private_address)
    if "{own}" in text:
        text = text.replace("{own}", desk.vm1.registry.prefix)
    if "{login}" in text:
        text = text.replace("{login}", desk.vm1.registry.account.login)
    return text
