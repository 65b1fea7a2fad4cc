"""A stack drawn, from its file, its engine, or both: services, networks, volumes, published ports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sosclib.engine.stack import ABSENT, BOTH, EXTRA, GOOD, PLANNED, Service, Stack
from sosclib.engine.words import ellipsis
from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED, SKY
from sosclib.views.svg import arrow, box, document, text

MARGIN, TOP = 40, 96
COLUMN, GAP = 270, 50
SERVICE_HEIGHT, VOLUME_HEIGHT, RAIL, PORT, UNDER_PORTS = 118, 62, 54, 48, 36
RAILS = (BLUE, GREEN, PURPLE, ORANGE, SKY)
"""Colours of networks, in turn."""
LONGEST = 24
SIGNS = {PLANNED: "", "healthy": "✔ ", "running": "▶ ", "starting": "… ", "created": "○ ", ABSENT: "– "}


@dataclass(frozen=True)
class Layout:
    """Where everything stands.

    Attributes
    ----------
    stack : Stack
    """

    stack: Stack

    @property
    def width(self) -> int:
        """Width of the picture."""
        columns = max(len(self.stack.services), 2)
        return 2 * MARGIN + 150 + columns * COLUMN + (columns - 1) * GAP

    @property
    def ports(self) -> int:
        """How many rows of ports there are: as many as a service has at most."""
        return max((len(one.ports) for one in self.stack.services), default=0)

    @property
    def rails_top(self) -> int:
        """Where the networks begin."""
        return TOP + (PORT * self.ports + UNDER_PORTS if self.ports else 0)

    @property
    def services_top(self) -> int:
        """Where the services begin."""
        return self.rails_top + RAIL * len(self.stack.networks) + 24

    @property
    def volumes_top(self) -> int:
        """Where the volumes begin."""
        return self.services_top + SERVICE_HEIGHT + 56

    @property
    def notes_top(self) -> int:
        """Where the differences begin."""
        return self.volumes_top + (VOLUME_HEIGHT + 30 if self.stack.volumes else -30)

    @property
    def height(self) -> int:
        """Height of the picture."""
        return self.notes_top + 30 * len(self.stack.differences) + 14

    def left(self, number: int) -> int:
        """Return where a service's column begins."""
        return MARGIN + 150 + number * (COLUMN + GAP)

    def rail(self, network: str) -> int:
        """Return the height of a network's line."""
        return self.rails_top + RAIL * self.stack.networks.index(network) + RAIL // 2


def draw_stack(stack: Stack) -> Diagram:
    """Draw a stack.

    Parameters
    ----------
    stack : Stack
        As ``planned()``, ``found()`` or ``compared()`` of a project returns it.
    """
    layout = Layout(stack)
    return document(layout.width, layout.height, describe(stack), *_parts(layout))


def describe(stack: Stack) -> str:
    """Return in words what the drawing of a stack shows."""
    parts = [f"The stack {stack.title}, as seen in the {stack.source}."]
    for one in stack.services:
        told = [f"Service {one.name} ({one.state})"]
        told.append(f"in the networks {', '.join(one.networks)}" if one.networks else "in no network")
        told += [f"with the volume {name} at {path}" for name, path in one.volumes if name]
        told += [f"published at port {outside}" for outside, _ in one.ports]
        parts.append(", ".join(told) + ".")
    if stack.source == BOTH:
        same = "Nothing differs."
        parts.append(f"It differs: {'; '.join(stack.differences)}." if stack.differences else same)
    return " ".join(parts)


def _parts(layout: Layout) -> Iterator[str]:
    stack = layout.stack
    yield text(MARGIN, 44, f"{stack.title}", anchor="start", bold=True, size=24)
    yield text(layout.width - MARGIN, 44, stack.source, anchor="end", size=18, colour=GREY)
    for number, name in enumerate(stack.networks):
        yield _rail(layout, name, RAILS[number % len(RAILS)])
    for number, service in enumerate(stack.services):
        yield from _connections(layout, number, service)
        yield from _service(layout, number, service)
        yield from _volumes(layout, number, service)
    yield from _lonely_volumes(layout)
    for number, words in enumerate(stack.differences):
        y = layout.notes_top + 16 + 30 * number
        yield text(MARGIN, y, f"≠ {words}", anchor="start", size=18, colour=RED, bold=True)


def _rail(layout: Layout, name: str, colour: str) -> str:
    y = layout.rail(name)
    gone = ("network", name) in layout.stack.absent
    dash = ' stroke-dasharray="10 8"' if gone else ""
    line = (
        f'<path d="M{MARGIN + 140} {y} L{layout.width - MARGIN} {y}" stroke="{colour}" stroke-width="10"'
        f' stroke-linecap="round"{dash} fill="none"/>'
    )
    words = f"{ellipsis(name, 14)}\n– {ABSENT}" if gone else ellipsis(name, 14)
    return line + text(MARGIN, y, words, anchor="start", bold=True, size=18)


def _connections(layout: Layout, number: int, service: Service) -> Iterator[str]:
    left, networks = layout.left(number), layout.stack.networks
    for place, (outside, inside) in enumerate(service.ports):
        x = left + COLUMN * (place + 1) / (len(service.ports) + len(service.networks) + 1)
        y = TOP - 24 + PORT * (layout.ports - len(service.ports) + place)
        width = max(124, 11 * len(f"port {outside}"))
        # Several are a staircase, so that each arrow passes the boxes below on their left.
        before = width / 2 if len(service.ports) == 1 else 16
        yield box(x - before, y, width, 40, f"port {outside}", colour=INK, size=18)
        yield arrow((x, y + 40), (x, layout.services_top))
        yield text(x + 8, layout.services_top - 12, f":{inside}", anchor="start", size=15)
    for place, name in enumerate(service.networks, start=len(service.ports)):
        if name not in networks:
            continue
        x = left + COLUMN * (place + 1) / (len(service.ports) + len(service.networks) + 1)
        colour = RAILS[networks.index(name) % len(RAILS)]
        y = layout.rail(name)
        yield (
            f'<path d="M{x:g} {y} L{x:g} {layout.services_top}" stroke="{colour}" stroke-width="5"/>'
            f'<circle cx="{x:g}" cy="{y}" r="9" fill="{colour}"/>'
        )


def _service(layout: Layout, number: int, service: Service) -> Iterator[str]:
    left, top = layout.left(number), layout.services_top
    colour, dashed = _look(service)
    yield box(left, top, COLUMN, SERVICE_HEIGHT, colour=colour, dashed=dashed)
    middle = left + COLUMN / 2
    yield text(middle, top + 28, ellipsis(service.name, LONGEST), bold=True)
    image = service.image.rpartition("/")[2]
    yield text(middle, top + 58, "`" + ellipsis(image, LONGEST), size=15)
    if service.state != PLANNED:
        words, size = _state(service)
        yield text(middle, top + 90, words, size=size, colour=colour, bold=True)


def _state(service: Service) -> tuple[str, int]:
    """Return the words that tell a service's state, and their size; of many copies they take two lines."""
    first, _, others = service.state.partition(", ")
    if not (service.copies and others):
        return _sign(service) + service.state, 18
    return f"{_sign(service)}{first}\n{ellipsis(others, LONGEST)}", 15


def _look(service: Service) -> tuple[str, bool]:
    """Return colour and whether dashed; neither says anything that the words do not."""
    if EXTRA in service.state:
        return RED, False
    looks = {_look_of(state) for state in service.states}
    if len(looks) == 1:
        return looks.pop()
    # Of copies that are unlike each other, something is on its way at best.
    return (ORANGE if {colour for colour, _ in looks} <= {GREEN, ORANGE} else RED), False


def _look_of(state: str) -> tuple[str, bool]:
    if state in GOOD:
        return GREEN, False
    if state == PLANNED:
        return BLUE, False
    if state == ABSENT:
        return GREY, True
    if state in ("starting", "created"):
        return ORANGE, state == "created"
    return RED, state.startswith("exited")


def _sign(service: Service) -> str:
    if len(service.states) > 1:
        return SIGNS["starting"] if _look(service)[0] == ORANGE else "✘ "
    (state,) = service.states
    return "✘ " if EXTRA in service.state else SIGNS.get(state, "✘ ")


def _volumes(layout: Layout, number: int, service: Service) -> Iterator[str]:
    left = layout.left(number)
    named = [(name, path) for name, path in service.volumes if name]
    for place, (name, path) in enumerate(named):
        width = (COLUMN - 12 * (len(named) - 1)) / len(named)
        x = left + place * (width + 12)
        gone = ("volume", name) in layout.stack.absent
        words = f"{ellipsis(name, int(width / 11))}\n" + (f"– {ABSENT}" if gone else "volume")
        bottom = layout.services_top + SERVICE_HEIGHT
        yield arrow((x + width / 2, bottom), (x + width / 2, layout.volumes_top), colour=GREY)
        yield text(x + width / 2 + 10, bottom + 26, "`" + path, anchor="start", size=14, colour=GREY)
        yield box(x, layout.volumes_top, width, VOLUME_HEIGHT, words, colour=ORANGE, dashed=gone, size=17)


def _lonely_volumes(layout: Layout) -> Iterator[str]:
    """Draw the volumes that no service has; there is room for one beside the others."""
    used = {name for one in layout.stack.services for name, _ in one.volumes}
    lonely = [name for name in layout.stack.volumes if name not in used]
    if lonely:
        words = "no service's:\n" + ellipsis(", ".join(lonely), 14)
        yield text(MARGIN, layout.volumes_top + 30, words, anchor="start", size=15, colour=GREY)
