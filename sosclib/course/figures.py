"""What a student has measured so far: the newest figure of each kind, kept per lab across restarts."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sosclib.course.desk import HOLDER
from sosclib.course.kept import change, read
from sosclib.engine.html import to_the_left
from sosclib.lab.paths import lab_dir
from sosclib.measure.durations import duration

if TYPE_CHECKING:
    import pandas as pd

SECONDS = "s"
COLUMNS = ("section", "what", "measured")


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes
    ----------
    name : str
        What was measured, in words.
    value : float
    unit : str
        ``s``, ``MB``, ``requests``, …
    section : str
        The section's number; empty where none was open.
    """

    name: str
    value: float
    unit: str
    section: str = ""

    @property
    def words(self) -> str:
        """The figure as one writes it: ``216 ms``, ``3 requests``."""
        return duration(self.value) if self.unit == SECONDS else f"{self.value:g} {self.unit}".rstrip()


class Figures(Sequence[Figure]):
    """Figures in the order of their sections; a table when shown."""

    def __init__(self, members: Sequence[Figure]) -> None:
        self._members = tuple(sorted(members, key=lambda one: (one.section, one.name)))

    def __getitem__(self, index: Any) -> Any:
        """Return a figure by its place."""
        return self._members[index]

    def __len__(self) -> int:
        return len(self._members)

    @property
    def frame(self) -> pd.DataFrame:
        """The figures as a data frame, with values as numbers."""
        import pandas as pd

        return pd.DataFrame(
            [asdict(one) for one in self._members], columns=["name", "value", "unit", "section"]
        )

    def __repr__(self) -> str:
        if not self._members:
            return "Nothing has been measured yet."
        width = max(len(one.name) for one in self._members)
        return "\n".join(f"{one.section:<2}  {one.name:<{width}}  {one.words}" for one in self._members)

    def _repr_html_(self) -> str:
        if not self._members:
            return f"<p>{self!r}</p>"
        head = "".join(f"<th>{name}</th>" for name in COLUMNS)
        rows = ((one.section, one.name, one.words) for one in self._members)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
        )
        return to_the_left(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def figures() -> Figures:
    """Return what was measured so far, for the look back in the last section."""
    return Figures([_figure(name, about) for name, about in read(_file()).items() if _is_whole(about)])


def note_figure(name: str, value: float, unit: str = SECONDS) -> None:
    """Keep a figure; it takes the place of an older one of the same name.

    Parameters
    ----------
    name : str
        What was measured, in words: ``a killed task replaced``.
    value : float
    unit : str
        Seconds by default.
    """
    section = HOLDER.desk.section.id if HOLDER.open else ""
    about = {"value": float(value), "unit": unit, "section": section}
    change(_file(), lambda kept: kept | {name: about})


def _file() -> Path:
    return lab_dir() / "figures.json"


def _is_whole(about: Any) -> bool:
    return isinstance(about, Mapping) and isinstance(about.get("value"), int | float)


def _figure(name: str, about: Mapping[str, Any]) -> Figure:
    return Figure(name, float(about["value"]), str(about.get("unit", "")), str(about.get("section", "")))
