"""The sections of the course, as their notebooks' own metadata describe them."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

from sosclib.engine.html import to_the_left
from sosclib.lab.errors import NotFound, SoscError
from sosclib.lab.paths import notebooks_dir

if TYPE_CHECKING:
    import pandas as pd

SSH = "ssh"
COLUMNS = ("section", "title", "minutes", "machines", "lab")


@dataclass(frozen=True)
class Section:
    """One notebook of the course.

    Attributes
    ----------
    name : str
        The notebook's name without its ending, ``04-first-commands``.
    title : str
    minutes : int
        How long a student needs.
    nodes : int
        How many machines it works on.
    labs : tuple of str
        The providers that it names; see `providers`.
    objectives : tuple of str
        What a student can do afterwards.
    needs : tuple of str
        What earlier sections would have left; see `sosclib.course.needs`.
    leaves : tuple of str
        Names of what stays in the engine on purpose; for an image its tag.
    path : Path
        The notebook.
    images : tuple of str
        Roles of the images that it works with.
    files : tuple of str
        Files and folders that it makes in the lab user's home, by their names there.
    registry : bool
        Whether it pushes, and so has a registry with an account.
    labs_reason : str
        Why it runs on those labs only; empty where it runs on all.
    real_machines : bool
        Whether real machines can serve it: not where VM1 must log in to VM2 by itself.
    """

    name: str
    title: str
    minutes: int
    nodes: int
    labs: tuple[str, ...]
    objectives: tuple[str, ...]
    needs: tuple[str, ...]
    leaves: tuple[str, ...]
    path: Path
    images: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    registry: bool = False
    labs_reason: str = ""
    real_machines: bool = True

    @property
    def number(self) -> int:
        """The section's place in the course."""
        return int(self.name[:2])

    @property
    def providers(self) -> tuple[str, ...]:
        """All labs that it can run on.

        Real machines are as good as virtual ones for what somebody's own engine is good enough for, and for
        what needs two machines; not for attacks on the one machine that they run on.
        """
        as_good = "vm" in self.labs and ("host" in self.labs or self.nodes > 1) and self.real_machines
        return (*self.labs, SSH) if as_good and SSH not in self.labs else self.labs

    @property
    def needs_own_engines(self) -> bool:
        """Whether it changes a whole engine, as a swarm does: it names no lab with somebody's own."""
        return "host" not in self.labs

    @property
    def id(self) -> str:
        """The number as it is written, ``04``."""
        return self.name[:2]


class Sections(Sequence[Section]):
    """All sections in order; a table when shown."""

    def __init__(self, members: Sequence[Section]) -> None:
        self._members = tuple(members)

    @overload
    def __getitem__(self, index: int) -> Section: ...
    @overload
    def __getitem__(self, index: slice) -> Sections: ...
    def __getitem__(self, index: int | slice) -> Section | Sections:
        """Return a section by its place."""
        return Sections(self._members[index]) if isinstance(index, slice) else self._members[index]

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Section]:
        return iter(self._members)

    @property
    def frame(self) -> pd.DataFrame:
        """The table as a data frame."""
        import pandas as pd

        return pd.DataFrame(self._rows(), columns=list(COLUMNS))

    def __repr__(self) -> str:
        rows = [COLUMNS, *(tuple(map(str, row)) for row in self._rows())]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in COLUMNS)
        body = "".join(
            f'<tr><td><a href="{html.escape(section.path.name)}">{section.id}</a></td>'
            + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row[1:])
            + "</tr>"
            for section, row in zip(self._members, self._rows(), strict=True)
        )
        return to_the_left(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")

    def _rows(self) -> list[tuple[str, str, int, int, str]]:
        return [(s.id, s.title, s.minutes, s.nodes, " or ".join(s.labs)) for s in self._members]


def sections(folder: Path | None = None) -> Sections:
    """Return the sections in order.

    Parameters
    ----------
    folder : Path, optional
        Where the notebooks lie, if not in the course's own folder.
    """
    paths = sorted((folder or notebooks_dir()).glob("[0-9][0-9]-*.ipynb"))
    return Sections([read(path) for path in paths])


def find(name: str, folder: Path | None = None) -> Section:
    """Return the section of a number, a name or a notebook's path.

    Raises
    ------
    NotFound
        Where there is none; the message lists those that there are.
    """
    wanted = Path(name).name.removesuffix(".ipynb")
    members = sections(folder)
    for section in members:
        if wanted in (section.name, section.id, str(section.number)):
            return section
    raise NotFound(
        f"There is no section {name!r}.",
        help="The sections are " + ", ".join(section.name for section in members) + ".",
    )


def read(path: Path) -> Section:
    """Return the section that a notebook is.

    Raises
    ------
    SoscError
        Where the notebook cannot be read, or does not say what it is.
    """
    try:
        about = json.loads(path.read_text(encoding="utf-8"))["metadata"]["sosc"]
        return Section(
            name=path.stem,
            title=about["title"],
            minutes=int(about["minutes"]),
            nodes=int(about.get("nodes", 1)),
            labs=tuple(about.get("labs", ("host", "vm"))),
            objectives=tuple(about.get("objectives", ())),
            needs=tuple(about.get("needs", ())),
            leaves=tuple(about.get("leaves", ())),
            path=path,
            images=tuple(about.get("images", ())),
            files=tuple(about.get("files", ())),
            registry=bool(about.get("registry", False)),
            labs_reason=about.get("labs_reason", ""),
            real_machines=bool(about.get("real_machines", True)),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SoscError(
            f"The notebook {path.name} does not say which section it is.",
            f"Its metadata cannot be read: {error!r}",
            "Its metadata needs `sosc` with at least title and minutes.",
        ) from error
