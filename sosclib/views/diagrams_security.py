"""The diagram of what stands between a program in a container and the kernel of its machine."""

from __future__ import annotations

from collections.abc import Iterator

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY
from sosclib.views.svg import arrow, box, document, frame, text

WALLS_ALT = (
    "Left: a program in a container. Right: the machine's kernel, the same for all, and its files. Between "
    "them stand thin walls, each with the option that raises it: the user it runs as (--user, user "
    "namespaces), a file system that cannot be written (--read-only), capabilities (--cap-drop, "
    "no-new-privileges), the filter of system calls (seccomp), and limits (--pids-limit, --memory, --cpus). "
    "Below, one arrow goes past all walls: the engine's socket, behind which the daemon works as root."
)
WALLS = (
    ("user", "`--user\n`userns-remap", BLUE),
    ("files", "`--read-only\n`--tmpfs", GREEN),
    ("rights", "`--cap-drop\n`no-new-\n`privileges", ORANGE),
    ("system\ncalls", "`seccomp", PURPLE),
    ("limits", "`--pids-limit\n`--memory\n`--cpus", SKY),
)
"""What each wall is about, the options that raise it, its colour."""
LEFT, STEP, WIDE = 222, 152, 142


def walls() -> Diagram:
    """Draw the walls around a container, and the way past them."""
    return document(
        1180,
        400,
        WALLS_ALT,
        frame(20, 20, 186, 270, "container", colour=BLUE),
        box(38, 120, 150, 70, "program", colour=BLUE, bold=True),
        *_walls(),
        frame(990, 20, 170, 360, "machine", colour=GREY),
        box(1005, 90, 140, 120, "kernel,\nfiles,\ndevices", colour=GREY),
        box(1005, 306, 140, 60, "daemon\n(root)", colour=RED, size=18, bold=True),
        arrow((188, 155), (1005, 155)),
        arrow((113, 290), (113, 336), (1005, 336), colour=RED),
        text(
            560, 362, "the engine's socket, mounted into the container: past all walls", size=18, colour=RED
        ),
        arrow((1075, 306), (1075, 210), colour=RED),
    )


def _walls() -> Iterator[str]:
    for number, (about, options, colour) in enumerate(WALLS):
        left = LEFT + number * STEP
        yield box(left, 20, WIDE, 270, colour=colour)
        yield text(left + WIDE / 2, 66, about, bold=True)
        yield text(left + WIDE / 2, 230, options, size=18)
