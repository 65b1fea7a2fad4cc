"""What a student has done so far, kept per lab across restarts."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sosclib.course.kept import change, read
from sosclib.course.sections import sections
from sosclib.engine.html import to_the_left
from sosclib.lab.paths import lab_dir


@dataclass(frozen=True)
class Progress:
    """Finished sections and solved exercises.

    Attributes
    ----------
    finished : tuple of str
        Sections that were worked through to their end, by number.
    solved : tuple of str
        Exercises whose check passed, as ``04.1``.
    """

    finished: tuple[str, ...] = ()
    solved: tuple[str, ...] = ()

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return a line for each section: number, title, whether finished, exercises solved."""
        return [
            (s.id, s.title, "finished" if s.id in self.finished else "", self._solved_in(s.id))
            for s in sections()
        ]

    def _solved_in(self, section: str) -> str:
        return ", ".join(name for name in self.solved if name.partition(".")[0] == section)

    def __repr__(self) -> str:
        rows = self.rows()
        width = max((len(title) for _, title, _, _ in rows), default=0)
        lines = [
            f"{id_}  {title:<{width}}  {finished:<8}  {solved}".rstrip()
            for id_, title, finished, solved in rows
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("section", "title", "state", "exercises solved"))
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows()
        )
        return to_the_left(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def progress() -> Progress:
    """Return what has been done so far."""
    kept = _lists(read(_file()))
    return Progress(tuple(sorted(kept["finished"])), tuple(sorted(kept["solved"])))


def note_finished(section: str) -> None:
    """Keep that a section was worked through to its end."""
    _note("finished", section)


def note_solved(exercise: str) -> None:
    """Keep that an exercise was solved."""
    _note("solved", exercise)


def _file() -> Path:
    return lab_dir() / "progress.json"


def _lists(kept: Mapping[str, Any]) -> dict[str, list[str]]:
    return {key: [str(name) for name in kept.get(key, ())] for key in ("finished", "solved")}


def _note(key: str, name: str) -> None:
    def noted(kept: dict[str, Any]) -> dict[str, Any]:
        lists = _lists(kept)
        return lists | {key: sorted({*lists[key], name})}

    change(_file(), noted)
