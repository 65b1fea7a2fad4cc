"""Diagrams of the course itself: the journey through its sections, and the lab."""

from __future__ import annotations

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, ORANGE, PURPLE, RED
from sosclib.views.svg import arrow, box, document, frame, text

STAGES = (
    ("What it is", GREEN, ("00 Start here", "01 Virtualization", "02 Containers")),
    ("First steps", BLUE, ("03 Preparing", "04 First commands", "05 Extending", "06 Cleaning up")),
    (
        "Images, data",
        ORANGE,
        ("07 Registries", "08 Dockerfiles", "09 Storage", "10 Your own", "11 Moving"),
    ),
    ("In practice", PURPLE, ("12 Stacks", "13 Good practice", "14 Security", "15 udocker")),
    ("A cluster", RED, ("16 Microservices", "17 Docker Swarm", "18 Balancing", "19 Your stack")),
)
PITCH, WIDTH = 245, 215
JOURNEY_ALT = "The journey in five stages. " + " ".join(
    f"{stage}: {', '.join(sections)}." for stage, _, sections in STAGES
)
LAB_ALT = (
    "The lab. Your computer reaches VM1 by ssh, through a port of its own that leads to VM1's public address "
    "10.0.2.15. VM1 and VM2 share a private "
    "network, 172.16.0.0/24: VM1 has the address 172.16.0.11, VM2 has 172.16.0.12 and no public address. You "
    "reach VM2 by ssh through VM1 only. Each of the two has a Docker Engine of its own."
)


def journey() -> Diagram:
    """Draw the stages of the course with their sections."""
    parts = []
    for column, (stage, colour, sections) in enumerate(STAGES):
        left = 10 + column * PITCH
        parts += [frame(left, 20, WIDTH, 350, stage, colour=colour, size=24)]
        parts += [
            box(left + 8, 72 + row * 58, WIDTH - 16, 48, section, colour=colour, size=18)
            for row, section in enumerate(sections)
        ]
        if column:
            parts.append(arrow((left - PITCH + WIDTH, 195), (left, 195)))
    return document(20 + 4 * PITCH + WIDTH, 390, JOURNEY_ALT, *parts)


def lab() -> Diagram:
    """Draw the two machines, their addresses, and the ways to them."""
    return document(
        980,
        425,
        LAB_ALT,
        frame(20, 20, 220, 290, "your computer", colour=GREY),
        box(40, 75, 180, 90, "browser with\nthis notebook", colour=GREY),
        box(40, 195, 180, 90, "terminal\n`ssh", colour=GREY),
        frame(380, 20, 240, 290, "VM1", colour=BLUE, size=24),
        box(400, 75, 200, 90, "public\n`10.0.2.15", colour=ORANGE),
        box(400, 195, 200, 90, "private\n`172.16.0.11", colour=BLUE),
        frame(720, 20, 240, 290, "VM2", colour=GREEN, size=24),
        text(840, 120, "no public\naddress", colour=GREY, size=18),
        box(740, 195, 200, 90, "private\n`172.16.0.12", colour=GREEN),
        arrow((240, 120), (380, 120), words="ssh", at=(310, 98)),
        arrow((600, 240), (740, 240), words="ssh\nthrough\nVM1", at=(670, 175)),
        arrow((500, 310), (500, 370), (840, 370), (840, 310), both=True),
        text(670, 396, "private network 172.16.0.0/24", size=18),
        text(604, 43, "Docker Engine", size=18, anchor="end"),
        text(944, 43, "Docker Engine", size=18, anchor="end"),
    )
