"""The layers of an image as a table and as text: what each brought, and nothing that could be code."""

import xml.etree.ElementTree as ET

from sosclib.engine.layers import ADDED, CHANGED, REMOVED, ImageLayers, Layer, LayerFile
from sosclib.views.layers import plot_layers

EVIL = "<script>alert(1)</script>"
LAYERS = ImageLayers(
    "web:1",
    (
        Layer(
            1,
            "made of packages",
            tuple(LayerFile(f"usr/bin/{name}", size, ADDED) for name, size in (("a", 10), ("b", 2_000_000))),
        ),
        Layer(
            2,
            f"RUN {EVIL}",
            (
                LayerFile("usr/bin/a", 500_000, CHANGED),
                LayerFile("usr/bin/b", 0, REMOVED),
                LayerFile(f"usr/lib/some-long-triple/perl/5.40.1/CORE/{EVIL}", 7, ADDED),
            ),
        ),
        Layer(3, "", ()),
    ),
)


def table(view):
    html = view._repr_html_().replace("<br>", "\n")
    return [["".join(cell.itertext()) for cell in row] for row in ET.fromstring(html).iter("tr")]


def test_the_table_has_a_row_per_layer():
    head, *rows = table(plot_layers(LAYERS))
    assert head == ["", "layer", "size", "files added", "changed", "removed", "largest files"]
    assert rows == [
        ["", "1. made of packages", "2MB", "2", "0", "0", "/usr/bin/b 2MB\n/usr/bin/a 10B"],
        [
            *("", f"2. RUN {EVIL}", "500kB", "1", "1", "1"),
            "/usr/bin/a 500kB\n/usr/…/<script>alert(1)</script> 7B",
        ],
        ["", "3. (no history)", "0B", "0", "0", "0", ""],
    ]


def test_bars_are_coarse_parts_of_the_largest_layer():
    bars = ET.fromstring(plot_layers(LAYERS)._repr_html_().replace("<br>", "")).iter("progress")
    assert [bar.get("value") for bar in bars] == ["100", "25", "0"]


def test_the_text_tells_the_same():
    assert repr(plot_layers(LAYERS)).splitlines()[:6] == [
        "web:1: 3 layers, 2.5MB; of these 2MB hidden by later layers",
        "1. made of packages: 2MB, 2 files added, 0 files changed, 0 files removed",
        "      /usr/bin/b 2MB",
        "      /usr/bin/a 10B",
        f"2. RUN {EVIL}: 500kB, 1 file added, 1 file changed, 1 file removed",
        "      /usr/bin/a 500kB",
    ]


def test_names_of_files_and_instructions_are_escaped():
    html = plot_layers(LAYERS)._repr_html_()
    assert "<script" not in html and "&lt;script&gt;" in html


def test_an_image_without_layers_can_be_shown():
    assert (
        repr(plot_layers(ImageLayers("a:1", ()))) == "a:1: 0 layers, 0B; of these 0B hidden by later layers"
    )
    assert "<tbody></tbody>" in plot_layers(ImageLayers("a:1", ()))._repr_html_()
