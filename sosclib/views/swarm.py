"""A swarm drawn: nodes as columns, tasks as boxes by state; and kept up to date while somebody looks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sosclib.engine.shown import AlreadyShown
from sosclib.engine.swarm_state import LOST, SILENT, SwarmNodeState, SwarmState, read_swarm
from sosclib.engine.tasks import ENDED, FAILED, RUNNING, Task
from sosclib.engine.wakeups import Wakeups
from sosclib.lab.node import Node
from sosclib.views.live import LiveFrame, Show
from sosclib.views.picture import Diagram
from sosclib.views.style import GREEN, GREY, INK, ORANGE, RED
from sosclib.views.svg import box, document, frame, text

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine

COLUMN, GAP, MARGIN = 330, 20, 20
HEAD, ROW = 100, 54
RESYNC = 2.0
"""Seconds after which the swarm is looked at even where no engine has said anything."""
ENDED_SHOWN = 3
NO_TASK = "no task"
WORDS = {RUNNING: "running", LOST: "lost: the node does not answer"}


def draw(state: SwarmState) -> Diagram:
    """Draw a swarm.

    A box says its task's name and state in words and by colour: green for running, orange for on its way, red
    for failed or lost, grey for ended.
    """
    if not state.nodes:
        return document(COLUMN + 2 * MARGIN, 120, "There is no swarm.", text(185, 60, "There is no swarm."))
    columns = [(node, _of(state, node.hostname)) for node in state.nodes]
    waiting = [task for task in state.tasks if not task.node and task.state not in ENDED]
    rows = max(len(tasks) for _, tasks in columns) if columns else 0
    height = HEAD + max(rows, 1) * ROW + 3 * MARGIN + (ROW if waiting else 0)
    width = MARGIN * 2 + len(columns) * COLUMN + (len(columns) - 1) * GAP
    parts = [
        _column(MARGIN + number * (COLUMN + GAP), height - 2 * MARGIN, node, tasks)
        for number, (node, tasks) in enumerate(columns)
    ]
    if waiting:
        parts.append(text(width / 2, height - MARGIN - 12, _waiting(waiting), size=16, colour=INK))
    return replace(document(width, height, described(state), *parts), text=summary(state))


def described(state: SwarmState) -> str:
    """Say in words what is drawn."""
    columns = []
    for node in state.nodes:
        tasks = ", ".join(f"{_called(task)} {task.state}" for task in _of(state, node.hostname)) or NO_TASK
        columns.append(f"{node.hostname} ({_about(node)}): {tasks}")
    return "Swarm. " + "; ".join(columns) + "."


def _called(task: Task) -> str:
    """Return its name; that of a global service's task without the id of the node, in whose column it is."""
    return task.name if task.slot else task.service


def summary(state: SwarmState) -> str:
    """Say in words what does not depend on which node a task has come to."""
    silent = [node.hostname for node in state.nodes if not node.answers]
    services = ", ".join(f"{name} {number}" for name, number in sorted((state.replicas or {}).items()))
    return (
        f"<swarm of {len(state.nodes)} nodes{'; ' + services if services else ''}"
        f"{'; silent: ' + ', '.join(silent) if silent else ''}>"
    )


class SwarmView(AlreadyShown):
    """Shows a swarm, and follows it until it is closed.

    Parameters
    ----------
    machines : sequence of Machine
        The first that manages the swarm is asked; the others say themselves what runs on them.
    show : callable, optional
        Is given the widget; IPython's ``display`` by default.
    """

    def __init__(self, machines: Sequence[Machine], show: Show | None = None) -> None:
        self._nodes = [machine.node for machine in machines]
        self._live = LiveFrame(show)
        self._over = threading.Event()
        self._wakeups = Wakeups(self._nodes)
        self._state = SwarmState()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._draw()
        self._thread.start()

    def __repr__(self) -> str:
        return summary(self._state)

    @property
    def open(self) -> bool:
        """Whether it follows the swarm."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop following; the last picture stays."""
        self._over.set()
        self._wakeups.wake()
        self._thread.join(timeout=10)

    def _follow(self) -> None:
        with self._wakeups as wakeups:
            while not self._over.is_set():
                wakeups.wait(RESYNC)
                self._draw()

    def _draw(self) -> None:
        state = look(self._nodes, self._state)
        if not self._over.is_set():
            self._state = state
            self._live.draw(lambda: draw(state).svg, last=True)


def look(nodes: Sequence[Node], before: SwarmState | None = None) -> SwarmState:
    """Return the state of the swarm that some nodes belong to, asked at the first that manages it.

    Parameters
    ----------
    nodes : sequence of Node
    before : SwarmState, optional
        What was known: where no manager answers any more its nodes stay in view, and all are silent.
    """
    for node in nodes:
        try:
            return read_swarm(node, nodes)
        except SILENT:
            continue
    known = before or SwarmState()
    return SwarmState(
        tuple(replace(node, answers=False) for node in known.nodes),
        tuple(replace(task, state=LOST) if task.state == RUNNING else task for task in known.tasks),
        known.replicas,
    )


def _column(x: float, height: float, node: SwarmNodeState, tasks: Sequence[Task]) -> str:
    colour = GREY if node.answers else RED
    parts = [
        frame(x, MARGIN, COLUMN, height, node.hostname, colour=colour),
        text(x + 14, MARGIN + 52, _about(node), anchor="start", size=16, colour=colour),
    ]
    for row, task in enumerate(tasks):
        words = f"{_called(task)}\n{WORDS.get(task.state, task.state)}"
        y = MARGIN + HEAD - 20 + row * ROW
        dashed = task.state != RUNNING
        parts.append(
            box(x + 14, y, COLUMN - 28, ROW - 8, words, colour=_colour(task), dashed=dashed, size=15)
        )
    if not tasks:
        parts.append(text(x + COLUMN / 2, MARGIN + HEAD + 4, NO_TASK, size=16, colour=GREY))
    return "\n".join(parts)


def _about(node: SwarmNodeState) -> str:
    if not node.answers:
        return f"{node.role}, does not answer"
    return node.role if node.availability == "active" else f"{node.role}, {node.availability}"


def _of(state: SwarmState, hostname: str) -> list[Task]:
    """Return a node's tasks: those that are to run, then the few that failed last."""
    mine = [task for task in state.tasks if task.node == hostname]
    meant = [task for task in mine if task.desired not in ("shutdown", "remove") and task.state not in ENDED]
    lost = [task for task in mine if task.state == LOST and task not in meant]
    failed = sorted((task for task in mine if task.state in FAILED), key=lambda task: -task.since)
    return meant + lost + failed[:ENDED_SHOWN]


def _colour(task: Task) -> str:
    if task.state == RUNNING:
        return GREEN
    if task.state in FAILED or task.state == LOST:
        return RED
    return GREY if task.state in ENDED else ORANGE


def _waiting(tasks: Sequence[Task]) -> str:
    return f"{len(tasks)} waiting for a node: {tasks[0].error or tasks[0].state}"
