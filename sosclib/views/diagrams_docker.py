"""Diagrams of Docker: client, engine and registry; image layers; the life of a container."""

from __future__ import annotations

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, ORANGE, RED
from sosclib.views.svg import arrow, box, document, frame, text

ENGINE_ALT = (
    "Three boxes from left to right. The client, the command docker or a program that uses the SDK, sends "
    "requests to the engine. The engine, the daemon dockerd, runs on the host; it keeps images and makes "
    "containers from them: one image, two containers. The registry stores images; the engine pulls images "
    "from it and pushes images to it."
)
LAYERS_ALT = (
    "Left: an image of read-only layers. Middle: a container made from it; below, the same read-only layers, "
    "not copied; on top, a thin writable layer that takes every change and goes with the container. Right: "
    "after docker commit, a new image; the old layers are shared, the writable layer has become one more "
    "read-only layer."
)
LIFECYCLE_ALT = (
    "States of a container and the commands between them. docker create leads from an image to created; "
    "docker start from created to running; docker run does both at once. When its program ends, or by "
    "docker stop, a running container becomes exited: it still exists, and docker ps -a lists it. docker "
    "start runs it again. docker rm removes it, and its writable layer is gone."
)


def engine() -> Diagram:
    """Draw who talks to whom."""
    return document(
        980,
        400,
        ENGINE_ALT,
        frame(20, 30, 215, 340, "client", colour=GREEN),
        box(40, 90, 175, 110, "command\n`docker", colour=GREEN),
        box(40, 230, 175, 110, "your program\nwith the SDK", colour=GREEN),
        arrow((235, 145), (345, 145), words="request", at=(290, 120)),
        arrow((345, 285), (235, 285), words="answer", at=(290, 260)),
        frame(345, 30, 330, 340, "engine (dockerd)", colour=BLUE),
        box(365, 160, 120, 110, "image", colour=ORANGE, bold=True),
        box(535, 90, 125, 110, "container", colour=BLUE, bold=True),
        box(535, 230, 125, 110, "container", colour=BLUE, bold=True),
        arrow((485, 200), (535, 150)),
        arrow((485, 230), (535, 280)),
        text(425, 295, "`docker run", size=18),
        arrow((790, 185), (675, 185), words="pull", at=(733, 162)),
        arrow((675, 245), (790, 245), words="push", at=(733, 268)),
        frame(790, 30, 170, 340, "registry", colour=GREY),
        box(810, 90, 130, 70, "image", colour=ORANGE),
        box(810, 180, 130, 70, "image", colour=ORANGE),
        box(810, 270, 130, 70, "image", colour=ORANGE),
    )


def layers() -> Diagram:
    """Draw what an image is made of, and what a container and a commit add."""
    return document(
        980,
        370,
        LAYERS_ALT,
        box(15, 162, 950, 146, colour=GREY, dashed=True, filled=False),
        text(155, 40, "image", size=24, bold=True),
        *_base(30),
        arrow((290, 270), (355, 270), words="`docker\n`run", at=(322, 230)),
        text(490, 40, "container", size=24, bold=True),
        box(365, 90, 250, 70, "writable layer\nall changes go here", colour=RED, dashed=True),
        *_base(365),
        arrow((625, 125), (690, 125), words="`docker\n`commit", at=(657, 85)),
        text(825, 40, "new image", size=24, bold=True),
        box(700, 90, 250, 70, "your changes\nread-only", colour=ORANGE),
        *_base(700),
        text(490, 335, "the same read-only layers, stored once", size=18, colour=GREY),
    )


def _base(left: int) -> list[str]:
    return [
        box(left, 170, 250, 60, "programs", colour=BLUE),
        box(left, 240, 250, 60, "base system", colour=BLUE),
    ]


def lifecycle() -> Diagram:
    """Draw the states of a container and the commands between them."""
    return document(
        980,
        430,
        LIFECYCLE_ALT,
        box(20, 170, 130, 80, "image", colour=ORANGE, dashed=True),
        box(290, 170, 150, 80, "created", colour=GREY, bold=True),
        box(540, 170, 150, 80, "running", colour=GREEN, bold=True),
        box(770, 170, 190, 80, "exited", colour=BLUE, bold=True),
        box(770, 340, 190, 70, "removed", colour=RED, dashed=True),
        arrow((150, 210), (290, 210), words="docker\ncreate", at=(218, 180)),
        arrow((440, 210), (540, 210), words="docker\nstart", at=(488, 180)),
        arrow(
            (85, 170), (85, 60), (615, 60), (615, 170), words="docker run  =  create + start", at=(360, 38)
        ),
        arrow((690, 190), (770, 190), words="docker stop, or\nthe program ends", at=(735, 130)),
        arrow((930, 250), (930, 340), words="docker rm", at=(920, 295), anchor="end"),
        arrow((800, 250), (800, 290), (615, 290), (615, 250), words="docker start", at=(705, 312)),
    )
