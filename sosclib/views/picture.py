"""Pictures that a notebook shows once, with a text for those who do not see them and the data behind them.

A picture is shown as an ``<img>`` with an ``alt``: JupyterLab and nbconvert drop the description from the
metadata of ``image/png``, and JupyterLab shows no ``image/svg+xml`` in a notebook that it does not trust yet.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

PIXELS_PER_INCH = 96
SHARPNESS = 2
"""Pixels of the picture for each pixel of the page: it stays sharp on a projector."""


@dataclass(frozen=True, eq=False)
class Chart:
    """A drawn chart.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        Not known to pyplot, so that nothing shows it a second time.
    alt : str
        What the chart shows, in words, made from the data.
    data : DataFrame
        Exactly what is plotted.
    text : str
        What stands in the notebook as ``text/plain``, where that must be the same in every run; the alt text
        where none is given.
    """

    figure: Figure
    alt: str
    data: pd.DataFrame = field(repr=False)
    text: str = ""

    def png(self) -> bytes:
        """Return the picture as PNG."""
        buffer = io.BytesIO()
        self.figure.savefig(
            buffer, format="png", dpi=PIXELS_PER_INCH * SHARPNESS, metadata={"Software": None}
        )
        return buffer.getvalue()

    def save(self, path: Path | str) -> Path:
        """Write the picture to a file, in the format that its name ends with."""
        target = Path(path)
        self.figure.savefig(target, dpi=PIXELS_PER_INCH * SHARPNESS)
        return target

    def __repr__(self) -> str:
        return self.text or self.alt

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        width = int(self.figure.get_size_inches()[0] * PIXELS_PER_INCH)
        return {"text/html": _img("image/png", self.png(), self.alt, width), "text/plain": repr(self)}


@dataclass(frozen=True)
class Diagram:
    """A diagram drawn by hand.

    Attributes
    ----------
    svg : str
        A whole SVG document with title and description.
    alt : str
        What the diagram shows, in words.
    width : int
        Pixels on the page.
    text : str
        What stands in the notebook as ``text/plain``, where that must be the same in every run; the alt text
        where none is given.
    """

    svg: str = field(repr=False)
    alt: str
    width: int = 900
    text: str = ""

    def save(self, path: Path | str) -> Path:
        """Write the diagram to a file."""
        target = Path(path)
        target.write_text(self.svg, encoding="utf-8")
        return target

    def __repr__(self) -> str:
        return self.text or self.alt

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        html = _img("image/svg+xml", self.svg.encode(), self.alt, self.width)
        return {"text/html": html, "text/plain": repr(self)}


def _img(mime: str, content: bytes, alt: str, width: int) -> str:
    coded = base64.b64encode(content).decode()
    return f'<img alt="{escape(alt)}" width="{width}" src="data:{mime};base64,{coded}">'
