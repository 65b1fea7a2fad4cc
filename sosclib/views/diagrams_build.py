"""Diagram of a build: from a folder, step by step, to the layers of an image."""

from __future__ import annotations

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, ORANGE
from sosclib.views.svg import arrow, box, document, frame, text

BUILD_ALT = (
    "From left to right: the folder web with the files Dockerfile and index.html is sent to the engine as "
    "the context. The engine does the instructions of the Dockerfile from top to bottom. FROM takes the "
    "layers of the base image; each RUN and COPY makes one layer more, upon those before it; CMD only notes "
    "something in the image's configuration. After a change of index.html the steps above COPY are taken "
    "from the cache; COPY and all that stands below it is done anew."
)
STEPS = (
    ("FROM base", "layers of base", GREEN),
    ("RUN apt-get update", "one layer", GREEN),
    ("RUN apt-get install …", "one layer", GREEN),
    ("COPY index.html …", "one layer", ORANGE),
    ("CMD …", "a note, no layer", ORANGE),
)
TOP, STEP = 70, 66


def build() -> Diagram:
    """Draw what becomes of a folder."""
    rows = []
    for number, (instruction, result, colour) in enumerate(STEPS):
        y = TOP + STEP * number
        rows += [
            box(320, y, 285, 52, f"`{instruction}", colour=colour, size=18),
            arrow((605, y + 26), (660, y + 26)),
            box(660, y, 165, 52, result, colour=colour, size=18, dashed=number == len(STEPS) - 1),
        ]
    return document(
        980,
        405,
        BUILD_ALT,
        frame(15, 25, 200, 290, "folder web", colour=BLUE),
        box(35, 80, 160, 90, "`Dockerfile", colour=BLUE),
        box(35, 200, 160, 90, "`index.html", colour=ORANGE),
        arrow((215, 170), (310, 170), words="context", at=(262, 148)),
        text(115, 350, "`docker build\n`-t web_server web", size=18),
        text(462, 45, "steps, from top to bottom", bold=True),
        text(743, 45, "image", bold=True),
        *rows,
        text(905, TOP + 92, "unchanged:\ntaken from\nthe cache", size=18),
        text(905, TOP + 258, "the page\nchanged:\ndone anew", size=18),
    )
