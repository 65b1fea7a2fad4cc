"""The diagram of one application built in two ways: as one process, and as services."""

from __future__ import annotations

from collections.abc import Iterator

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, ORANGE, PURPLE
from sosclib.views.svg import arrow, box, document, frame, text

ARCHITECTURES_ALT = (
    "One application, built in two ways. Left, the monolith: a visitor asks one process, in one image, that "
    "holds the start page, the computation and the values, these in its memory. Right, services: a visitor "
    "asks the service front; front asks store and compute by their names, and compute asks store. Each has "
    "an image of its own; compute runs in three copies, and only store keeps something, in a volume."
)


def architectures() -> Diagram:
    """Draw the monolith beside the services."""
    return document(1180, 500, ARCHITECTURES_ALT, *_monolith(), *_services())


def _monolith() -> Iterator[str]:
    yield frame(20, 20, 380, 460, "monolith", colour=GREY, size=24)
    yield box(140, 74, 140, 46, "visitor", colour=GREY)
    yield arrow((210, 120), (210, 166))
    yield frame(50, 166, 320, 286, "one process, one image", colour=BLUE)
    yield box(80, 214, 260, 56, "start page", colour=BLUE)
    yield box(80, 292, 260, 56, "compute", colour=ORANGE)
    yield box(80, 370, 260, 56, "values, in memory", colour=GREEN)


def _services() -> Iterator[str]:
    yield frame(430, 20, 730, 460, "services", colour=GREY, size=24)
    yield box(455, 232, 120, 46, "visitor", colour=GREY)
    yield arrow((575, 255), (640, 255))
    yield box(640, 215, 150, 80, "front", colour=BLUE, bold=True)
    for step in (24, 12, 0):
        yield box(890 + step, 96 - step, 220, 90, "" if step else "compute", colour=ORANGE, bold=True)
    yield text(965, 225, "3 copies,\nkeep nothing", size=18)
    yield box(890, 264, 220, 80, "store", colour=GREEN, bold=True)
    yield box(890, 396, 220, 56, "volume", colour=PURPLE)
    yield arrow((790, 240), (890, 150))
    yield arrow((790, 270), (890, 296))
    yield arrow((1060, 186), (1060, 264))
    yield arrow((1000, 344), (1000, 396), dashed=True)
    yield text(660, 400, "solid arrows: HTTP,\nby the service's name", size=18, colour=GREY)
