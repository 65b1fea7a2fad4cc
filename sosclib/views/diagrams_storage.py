"""The diagram of where a container's data lives."""

from __future__ import annotations

from collections.abc import Iterator

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED
from sosclib.views.svg import arrow, box, document, frame, text

STORAGE_ALT = (
    "Left: a container and four of its paths. Right: the machine, and where each path really lies. The "
    "root / lies in the container's writable layer, in Docker's area of the disk, and goes with the "
    "container. /app is a volume, in Docker's area of the disk too, and stays until somebody removes "
    "it. /container_data is a bind mount: a folder of yours on the machine's disk, seen from both "
    "sides. /secret is a tmpfs: it lies in the machine's memory, and is gone when the container ends."
)
ROWS = (
    (104, "`/", "writable layer", "goes with\nthe container", RED, True),
    (182, "`/app", "volume", "stays until\nit is removed", ORANGE, False),
    (304, "`/container_data", "your folder", "bind mount: seen\nfrom both sides", GREEN, False),
    (418, "`/secret", "tmpfs", "gone when the\ncontainer ends", PURPLE, True),
)
"""Top, path inside, what it is on the machine, what becomes of it, colour, whether it passes."""


def storage() -> Diagram:
    """Draw where the data of a container lives."""
    return document(
        980,
        510,
        STORAGE_ALT,
        frame(20, 20, 270, 470, "container", colour=BLUE, size=24),
        frame(400, 20, 560, 470, "machine", colour=GREY, size=24),
        frame(420, 62, 520, 190, "disk, Docker's own area", colour=BLUE, size=18),
        frame(420, 262, 520, 104, "disk, elsewhere", colour=GREEN, size=18),
        frame(420, 376, 520, 104, "memory", colour=PURPLE, size=18),
        *_rows(),
    )


def _rows() -> Iterator[str]:
    for top, path, place, fate, colour, passes in ROWS:
        yield box(40, top, 230, 56, path, colour=colour, dashed=passes)
        yield arrow((270, top + 28), (440, top + 28))
        yield box(440, top, 230, 56, place, colour=colour, dashed=passes, bold=True)
        yield text(805, top + 28, fate, size=18)
