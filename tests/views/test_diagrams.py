"""Diagrams are whole SVG documents whose words stay inside their boxes and do not run into others."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from sosclib.lab.errors import NotFound
from sosclib.views.diagrams import DIAGRAMS, diagram
from sosclib.views.svg import box, document

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float
    words: str = ""

    def holds(self, other):
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def meets(self, other):
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def boxes(root):
    return [
        Area(x, y, x + width, y + height)
        for x, y, width, height in (
            (float(rect.get(name, 0)) for name in ("x", "y", "width", "height"))
            for rect in root.iter(f"{SVG}rect")
        )
    ]


def lines(root):
    """Return the area of every line of text, as wide as the font makes it."""
    for text in root.iter(f"{SVG}text"):
        size = float(text.get("font-size"))
        for span in text:
            family = "DejaVu Sans Mono" if "Mono" in span.get("font-family", "") else "DejaVu Sans"
            font = FontProperties(family=family, weight=text.get("font-weight", "normal"))
            width = TextPath((0, 0), span.text, size=size, prop=font).get_extents().width
            x, baseline = float(span.get("x")), float(span.get("y"))
            left = x - {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor")]
            yield Area(left, baseline - 0.75 * size, left + width, baseline + 0.2 * size, span.text)


@pytest.fixture(params=DIAGRAMS)
def drawn(request):
    return diagram(request.param)


def test_every_word_is_inside_the_paper_and_crosses_no_edge(drawn):
    root = ET.fromstring(drawn.svg)
    every = boxes(root)
    for line in lines(root):
        crossed = [one for one in every if line.meets(one) and not one.holds(line)]
        assert not crossed, f"{line.words!r} crosses the edge of a box"
        assert every[0].holds(line), f"{line.words!r} leaves the paper"


def test_no_two_lines_of_text_overlap(drawn):
    every = list(lines(ET.fromstring(drawn.svg)))
    overlaps = [(a.words, b.words) for n, a in enumerate(every) for b in every[n + 1 :] if a.meets(b)]
    assert not overlaps


def test_letters_can_be_read_on_a_projector(drawn):
    sizes = {float(text.get("font-size")) for text in ET.fromstring(drawn.svg).iter(f"{SVG}text")}
    assert min(sizes) >= 18


def test_paper_is_white_in_a_dark_theme_too_and_the_alt_text_is_inside(drawn):
    root = ET.fromstring(drawn.svg)
    assert root.find(f"{SVG}rect").get("fill") == "#ffffff"
    assert root.find(f"{SVG}title").text == drawn.alt
    assert len(drawn.alt.split()) > 20


def test_a_diagram_is_the_same_each_time(drawn):
    assert drawn in [diagram(name) for name in DIAGRAMS]


def test_words_are_escaped():
    made = document(10, 10, "<&>", box(0, 0, 9, 9, "<script>alert(1)</script>"))
    assert "<script>" not in made.svg
    assert ET.fromstring(made.svg).find(f"{SVG}title").text == "<&>"


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(NotFound, match="lifecycle"):
        diagram("life-cycle")
