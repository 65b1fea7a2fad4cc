"""The diagram of a load balancer in front of a swarm."""

from __future__ import annotations

from collections.abc import Iterator

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, ORANGE, PURPLE
from sosclib.views.svg import arrow, box, document, frame, text

ALT = (
    "A visitor calls port 8080 of VM1, the only machine with a public address. There the load balancer, a "
    "container of nginx, passes each request on to port 8082 of VM1 or of VM2, by turns, at their private "
    "addresses. Behind that port the swarm's routing mesh passes it on to one of five tasks of web_swarm: "
    "three on VM1, two on VM2."
)
WIDTH, LEFT = 440, {"VM1": 20, "VM2": 520}
TASKS = {"VM1": (1, 3, 5), "VM2": (2, 4)}
TASK, PITCH = 120, 138


def load_balancer() -> Diagram:
    """Draw a request's way: to the load balancer, to a node, to a task."""
    return document(
        980,
        560,
        ALT,
        text(240, 36, "a visitor", size=20, bold=True),
        frame(LEFT["VM1"], 100, WIDTH, 440, "VM1", colour=BLUE, size=22),
        frame(LEFT["VM2"], 100, WIDTH, 440, "VM2", colour=GREY, size=22),
        box(110, 128, 260, 66, "load balancer\n`*:8080", colour=PURPLE, bold=True),
        *(box(left + 130, 280, 180, 46, "`*:8082", colour=ORANGE) for left in LEFT.values()),
        arrow((240, 54), (240, 126), words="public address", at=(254, 76), anchor="start"),
        arrow(
            (240, 194), (240, 278), words="by turns, at the\nprivate addresses", at=(256, 238), anchor="start"
        ),
        arrow((370, 161), (740, 161), (740, 278)),
        *(arrow((left + 220, 326), (left + 220, 376)) for left in LEFT.values()),
        box(40, 378, 900, 54, colour=GREEN),
        text(340, 405, "routing mesh"),
        text(740, 405, "of the swarm"),
        *_tasks(),
    )


def _tasks() -> Iterator[str]:
    for machine, numbers in TASKS.items():
        for place, number in enumerate(numbers):
            left = LEFT[machine] + 20 + place * PITCH
            yield arrow((left + TASK / 2, 432), (left + TASK / 2, 474))
            yield box(left, 476, TASK, 50, f"task {number}", colour=BLUE)
