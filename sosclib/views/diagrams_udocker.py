"""The diagram of how a program gets into a container: by Docker's daemon, or by one's own processes."""

from __future__ import annotations

from collections.abc import Iterator

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, RED
from sosclib.views.svg import arrow, box, document, frame, text

UDOCKER_ALT = (
    "Left: Docker. Your command asks a daemon that belongs to root; the daemon makes namespaces in the "
    "kernel, and the program runs in them, walled off. Right: udocker. Your command unpacks the image into "
    "a folder of yours and starts PRoot; PRoot starts the program, stops it at its system calls and swaps "
    "the paths, so that / becomes that folder. All of these are processes of yours; the kernel builds no "
    "wall."
)
STEPS = (
    (
        30,
        "Docker",
        BLUE,
        (
            ("`docker run", "yours", GREEN),
            ("daemon", "root's", RED),
            ("namespaces", "the kernel's wall", GREY),
            ("program", "behind the wall", BLUE),
        ),
    ),
    (
        510,
        "udocker",
        GREEN,
        (
            ("`udocker run", "yours", GREEN),
            ("image in a folder", "yours", GREEN),
            ("PRoot swaps paths", "yours", GREEN),
            ("program", "yours, no wall", GREEN),
        ),
    ),
)
"""Left edge, title, colour; then, downwards, what it is, whose it is, and in which colour."""


def udocker() -> Diagram:
    """Draw Docker's way beside udocker's."""
    return document(980, 480, UDOCKER_ALT, *_columns())


def _columns() -> Iterator[str]:
    for left, title, colour, steps in STEPS:
        yield frame(left, 20, 440, 440, title, colour=colour, size=24)
        for number, (what, whose, shade) in enumerate(steps):
            top = 76 + number * 96
            yield box(left + 20, top, 230, 62, what, colour=shade, bold=True)
            yield text(left + 345, top + 31, whose, size=19)
            if number:
                yield arrow((left + 135, top - 34), (left + 135, top))
