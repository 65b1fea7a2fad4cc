"""Pictures reach a notebook with their alt text, in the page as well as in an exported one."""

import base64
import re
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest
from nbconvert import HTMLExporter

from sosclib.views.picture import Chart, Diagram
from sosclib.views.style import sheet

ALT = 'a "chart" of <b>5</b> things'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'


def alt_texts(page):
    """Return the alt texts of a page's pictures as a browser reads them."""
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.extend([dict(attributes).get("alt")] if tag == "img" else [])

    Reader().feed(page)
    return found


def chart(text=""):
    with sheet() as (figure, axes):
        axes.plot([1, 2])
    return Chart(figure, ALT, pd.DataFrame({"y": [1, 2]}), text)


@pytest.mark.parametrize("picture", [chart(), Diagram(SVG, ALT)], ids=["chart", "diagram"])
def test_alt_text_is_in_the_exported_page(picture):
    cell = nbformat.v4.new_code_cell()
    bundle = picture._repr_mimebundle_()
    cell.outputs = [nbformat.v4.new_output("display_data", data=bundle)]
    page, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert alt_texts(page) == [ALT]
    assert "<b>5</b>" not in page


def test_text_is_the_alt_text_unless_a_steadier_one_is_given():
    assert chart()._repr_mimebundle_()["text/plain"] == ALT
    assert chart("a chart")._repr_mimebundle_()["text/plain"] == "a chart"


def test_picture_is_a_png_and_the_same_one_each_time():
    picture = chart()
    coded = re.search(r"base64,([^\"]+)", picture._repr_mimebundle_()["text/html"]).group(1)
    assert base64.b64decode(coded).startswith(b"\x89PNG")
    assert chart().png() == picture.png()


def test_figures_are_unknown_to_pyplot(tmp_path):
    import matplotlib.pyplot as plt

    made = chart()
    assert plt.get_fignums() == []
    assert made.save(tmp_path / "chart.svg").read_text().startswith("<?xml")
    assert Diagram(SVG, ALT).save(tmp_path / "diagram.svg").read_text() == SVG
