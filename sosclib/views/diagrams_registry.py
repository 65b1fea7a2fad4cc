"""Diagrams of registries: the parts of an image's name, and an image's way from one machine to another."""

from __future__ import annotations

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, ORANGE, PURPLE
from sosclib.views.svg import arrow, box, document, frame, text

NAME_ALT = (
    "The name localhost:5001/student/sosc:base_with_ping_1.0 in four parts. localhost:5001 is the registry's "
    "address; without it Docker Hub is meant. student is the user whose repository it is. sosc is the "
    "repository, which holds many images. base_with_ping_1.0, behind a colon, is the tag, which tells one "
    "image of the repository; without it latest is meant."
)
WAY_ALT = (
    "On VM1 an image base_with_ping gets a second name by docker tag. docker push sends the layers that the "
    "registry does not have, then the list of layers, the manifest, under the tag. On VM2 docker pull asks "
    "for the manifest by tag or by digest and fetches the layers that VM2 does not have."
)


def image_name() -> Diagram:
    """Draw what the parts of an image's name mean."""
    return document(
        980,
        260,
        NAME_ALT,
        box(20, 30, 240, 70, "`localhost:5001", colour=GREY, bold=True),
        text(277, 65, "/", size=30, bold=True),
        box(294, 30, 150, 70, "`student", colour=GREEN, bold=True),
        text(461, 65, "/", size=30, bold=True),
        box(478, 30, 110, 70, "`sosc", colour=BLUE, bold=True),
        text(605, 65, ":", size=30, bold=True),
        box(622, 30, 338, 70, "`base_with_ping_1.0", colour=ORANGE, bold=True),
        text(140, 160, "registry\nits address; without it\nDocker Hub is meant", size=18),
        text(369, 160, "user\nwhose it is", size=18),
        text(533, 160, "repository\nmany images", size=18),
        text(791, 160, "tag\nwhich image of the repository;\nwithout it latest is meant", size=18),
    )


def push_and_pull() -> Diagram:
    """Draw an image's way over a registry."""
    return document(
        980,
        380,
        WAY_ALT,
        frame(20, 30, 280, 320, "VM1", colour=BLUE),
        box(45, 85, 230, 60, "`base_with_ping", colour=ORANGE),
        arrow((160, 145), (160, 205), words="`docker tag", at=(172, 175), anchor="start"),
        box(45, 205, 230, 120, "the same image\n`…/student/sosc:\n`base_with_ping_1.0", colour=ORANGE),
        arrow((300, 265), (400, 265), words="`push", at=(350, 240)),
        frame(400, 30, 230, 320, "registry", colour=GREY),
        box(420, 85, 190, 55, "manifest", colour=PURPLE, bold=True),
        box(420, 200, 190, 55, "layer of base", colour=GREEN),
        box(420, 270, 190, 55, "layer with ping", colour=GREEN),
        arrow((515, 140), (515, 200), words="names", at=(527, 170), anchor="start"),
        arrow((630, 265), (730, 265), words="`pull", at=(680, 240)),
        frame(730, 30, 230, 320, "VM2", colour=BLUE),
        box(745, 205, 200, 120, "the same image,\nto the last bit", colour=ORANGE),
    )
