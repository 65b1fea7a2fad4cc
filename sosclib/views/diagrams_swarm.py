"""The diagram of a swarm of two machines."""

from __future__ import annotations

from collections.abc import Iterator

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, ORANGE, PURPLE
from sosclib.views.svg import arrow, box, document, frame, text

SWARM_ALT = (
    "A swarm of two machines. VM1 is the manager: it keeps the desired state, five tasks of web_swarm, and "
    "sends tasks to both machines. VM1 runs tasks 1, 3 and 5, VM2, the worker, tasks 2 and 4. Port 8082 is "
    "open on both machines. A visitor calls it on VM1; the routing mesh, which spans both machines, passes "
    "the call on to some task, wherever it is."
)
TOP = {"VM1": (1, 3, 5), "VM2": (2, 4)}
WIDTH, LEFT = 440, {"VM1": 20, "VM2": 520}
TASK, PITCH = 120, 138


def swarm() -> Diagram:
    """Draw who decides, who works, and which way a visitor's call takes."""
    return document(
        980,
        560,
        SWARM_ALT,
        frame(LEFT["VM1"], 20, WIDTH, 390, "VM1: manager", colour=BLUE, size=22),
        frame(LEFT["VM2"], 20, WIDTH, 390, "VM2: worker", colour=GREY, size=22),
        box(40, 70, 400, 56, "desired state: web_swarm × 5", colour=PURPLE),
        *_tasks(),
        box(40, 250, 900, 60, colour=GREEN),
        text(240, 280, "routing mesh"),
        text(740, 280, "over an overlay network"),
        *(box(left + 130, 350, 180, 46, "`*:8082", colour=ORANGE) for left in LEFT.values()),
        arrow((440, 98), (518, 98), words="tasks", at=(490, 78)),
        arrow((240, 350), (240, 312)),
        arrow((740, 350), (740, 312)),
        arrow((240, 490), (240, 398)),
        text(240, 515, "a visitor calls one machine …", size=18),
        text(740, 515, "… or the other: the same five tasks", size=18),
        arrow((740, 490), (740, 398), dashed=True),
    )


def _tasks() -> Iterator[str]:
    for machine, numbers in TOP.items():
        for place, number in enumerate(numbers):
            left = LEFT[machine] + 20 + place * PITCH
            yield box(left, 160, TASK, 50, f"task {number}", colour=BLUE)
            yield arrow((left + TASK / 2, 250), (left + TASK / 2, 212))
