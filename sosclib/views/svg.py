"""The few shapes that the course's diagrams are made of. Every text is escaped."""

from __future__ import annotations

import math
from html import escape

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREY, INK, PAPER

FONT = "'DejaVu Sans', Verdana, 'Segoe UI', Arial, sans-serif"
MONO = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
SIZE = 20
LINE = 1.3
"""Distance of two lines of text, in letter sizes."""
CODE = "`"
"""A line of text that begins with it is set in the letters of a terminal."""
TINT = 0.14


def document(width: int, height: int, alt: str, *parts: str) -> Diagram:
    """Put shapes on white paper, so that they can be seen in a dark theme too.

    Parameters
    ----------
    width, height : int
        Pixels.
    alt : str
        The picture in words.
    *parts : str
        Its shapes, as SVG.
    """
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'width="{width}" height="{height}" font-family="{FONT}" font-size="{SIZE}" fill="{INK}">\n'
        f"<title>{escape(alt)}</title>\n"
        f'<rect width="{width}" height="{height}" rx="10" fill="{PAPER}"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )
    return Diagram(svg, alt, width)


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = SIZE,
    anchor: str = "middle",
    bold: bool = False,
    colour: str = INK,
) -> str:
    """Write one or several lines, of which the middle stands at a point.

    Parameters
    ----------
    x, y : float
        The point, in pixels from the left and from the top.
    words : str
    size : int
        Of the letters, in pixels.
    anchor : str
        Which part of a line stands there: ``start``, ``middle`` or ``end``.
    bold : bool
    colour : str
    """
    lines = words.split("\n")
    top = y - (len(lines) - 1) / 2 * size * LINE + size * 0.35
    weight = ' font-weight="bold"' if bold else ""
    spans = "".join(_line(x, top + n * size * LINE, line) for n, line in enumerate(lines))
    return f'<text font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}>{spans}</text>'


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    words: str = "",
    *,
    colour: str = BLUE,
    dashed: bool = False,
    filled: bool = True,
    size: int = SIZE,
    bold: bool = False,
) -> str:
    """Draw a box with its words in the middle.

    Parameters
    ----------
    x, y : float
        Its upper left corner, in pixels.
    width, height : float
        Pixels.
    words : str
    colour : str
        Of its edge, and in a pale tint of what is within.
    dashed, filled : bool
    size : int
        Of the letters, in pixels.
    bold : bool
    """
    dash = ' stroke-dasharray="8 6"' if dashed else ""
    fill = tint(colour) if filled else PAPER
    shape = (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{fill}" '
        f'stroke="{colour}" stroke-width="2"{dash}/>'
    )
    return shape + (text(x + width / 2, y + height / 2, words, size=size, bold=bold) if words else "")


def frame(
    x: float, y: float, width: float, height: float, words: str, *, colour: str = GREY, size: int = SIZE
) -> str:
    """Draw a box for other boxes, with its name at the upper left.

    Parameters
    ----------
    x, y, width, height : float
        As for `box`.
    words, colour : str
    size : int
        Of the letters, in pixels.
    """
    return box(x, y, width, height, colour=colour, filled=False) + text(
        x + 14, y + 10 + size * 0.65, words, anchor="start", bold=True, colour=colour, size=size
    )


def arrow(
    *points: tuple[float, float],
    words: str = "",
    at: tuple[float, float] | None = None,
    anchor: str = "middle",
    colour: str = INK,
    dashed: bool = False,
    both: bool = False,
) -> str:
    """Draw an arrow along some points, with its words at a place of its own.

    Parameters
    ----------
    *points : (float, float)
        From its tail to its head, in pixels.
    words : str
    at : (float, float), optional
        Where the words stand; without it there are none.
    anchor : str
        As for `text`.
    colour : str
    dashed : bool
    both : bool
        Whether it has a head at its tail too.
    """
    path = "M" + " L".join(f"{x} {y}" for x, y in points)
    dash = ' stroke-dasharray="8 6"' if dashed else ""
    line = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>'
    line += _head(points[-2], points[-1], colour)
    if both:
        line += _head(points[1], points[0], colour)
    return line + (text(*at, words, anchor=anchor, size=18) if at else "")


def tint(colour: str) -> str:
    """Return a colour so pale that dark letters read well on it."""
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * TINT):02x}" for part in parts)


def _line(x: float, y: float, line: str) -> str:
    family = f' font-family="{MONO}"' if line.startswith(CODE) else ""
    return f'<tspan x="{x:g}" y="{y:g}"{family}>{escape(line.removeprefix(CODE))}</tspan>'


def _head(start: tuple[float, float], end: tuple[float, float], colour: str) -> str:
    """Draw an arrow's head; a path of its own, since some viewers do not know markers."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    wings = [
        (end[0] - 14 * math.cos(angle + side), end[1] - 14 * math.sin(angle + side)) for side in (0.42, -0.42)
    ]
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in (end, *wings))
    return f'<polygon points="{corners}" fill="{colour}"/>'
