"""The layers of an image with their files, as the program dive shows them: a table, and the same as text."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from sosclib.engine.layers import ADDED, CHANGED, REMOVED, ImageLayers, Layer
from sosclib.engine.sizes import human_size
from sosclib.engine.words import ellipsis

CHANGES = (ADDED, CHANGED, REMOVED)
SHOWN = 3
"""How many of a layer's largest files are named."""
WIDTH, PATH_WIDTH = 70, 48
KEPT = 3
"""How many parts of a long path are shown."""
COARSE = 5
"""Per cent by which a bar grows: a few bytes more or less do not change the picture."""
COLUMNS = ("", "layer", "size", "files added", "changed", "removed", "largest files")


@dataclass(frozen=True)
class LayersView:
    """Layers, ready to be shown.

    Attributes
    ----------
    layers : ImageLayers
    """

    layers: ImageLayers

    def __repr__(self) -> str:
        lines = [self.heading]
        for layer in self.layers.layers:
            counts = ", ".join(_counted(layer.count(change), change) for change in CHANGES)
            lines.append(f"{layer.number}. {_named(layer)}: {human_size(layer.size, 3)}, {counts}")
            lines += [f"      {_file(path, size)}" for path, size in _largest(layer)]
        return "\n".join(lines)

    @property
    def heading(self) -> str:
        """How large the image is, and how much of it nobody sees."""
        hidden = human_size(self.layers.hidden, 3)
        return (
            f"{self.layers.reference}: {len(self.layers.layers)} layers, {human_size(self.layers.size, 3)};"
            f" of these {hidden} hidden by later layers"
        )

    def _repr_html_(self) -> str:
        head = "".join(f'<th style="text-align: left">{escape(name)}</th>' for name in COLUMNS)
        largest = max((layer.size for layer in self.layers.layers), default=0)
        rows = "".join(_row(layer, largest) for layer in self.layers.layers)
        title = escape(self.heading)
        return (
            f'<table aria-label="{title}"><caption style="text-align: left">{title}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def plot_layers(layers: ImageLayers) -> LayersView:
    """Show the layers of an image with what each added, changed and removed.

    Parameters
    ----------
    layers : ImageLayers
        As ``vm1.images.layers(reference)`` returns them.
    """
    return LayersView(layers)


def _counted(number: int, change: str) -> str:
    return f"{number} {'file' if number == 1 else 'files'} {change}"


def _row(layer: Layer, largest: int) -> str:
    part = round(100 * layer.size / largest / COARSE) * COARSE if largest else 0
    files = "<br>".join(escape(_file(path, size)) for path, size in _largest(layer))
    cells = (
        f'<progress value="{part}" max="100"></progress>',
        f"{layer.number}. <code>{escape(_named(layer))}</code>",
        human_size(layer.size, 3),
        *(str(layer.count(change)) for change in CHANGES),
        files,
    )
    return "<tr>" + "".join(f'<td style="text-align: left">{cell}</td>' for cell in cells) + "</tr>"


def _named(layer: Layer) -> str:
    return ellipsis(" ".join(layer.instruction.split()) or "(no history)", WIDTH)


def _largest(layer: Layer) -> list[tuple[str, int]]:
    return [(one.path, one.size) for one in layer.largest[:SHOWN] if one.size]


def _file(path: str, size: int) -> str:
    """Return a file's name, without its middle where it is long, and its size."""
    parts = path.split("/")
    long = len(path) > PATH_WIDTH and len(parts) > KEPT
    shown = "/".join([parts[0], "…", *parts[-KEPT + 1 :]]) if long else path
    return f"/{shown} {human_size(size, 3)}"
