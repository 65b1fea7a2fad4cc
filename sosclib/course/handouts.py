"""Folders of the course's own files, written to VM1 as a student would write them: by shell commands."""

from __future__ import annotations

from sosclib.course.checks import filled
from sosclib.course.desk import HOLDER, Desk
from sosclib.lab.errors import NotFound
from sosclib.lab.paths import data_dir

END = "END"


def handout(name: str) -> None:
    """Write a folder of the course's files to the home of VM1's user, and show what is in it.

    Parameters
    ----------
    name : str
        ``practice/stopping``: a folder under ``data``. On VM1 it is called by its last part.

    Raises
    ------
    NotFound
        Where the course has no such folder.
    """
    desk = HOLDER.desk
    desk.vm1.sh(writing(name, desk)).check()


def writing(name: str, desk: Desk) -> str:
    """Return the shell commands that write a folder; ``{python}`` and other roles become images.

    Raises
    ------
    NotFound
    """
    folder = data_dir() / name
    files = sorted(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else []
    if not files:
        raise NotFound(f"The course has no folder {name} with files to hand out.")
    lines = [f"mkdir -p {folder.name}"]
    for file in files:
        text = filled(file.read_text(encoding="utf-8"), desk).rstrip("\n")
        lines += [f"cat > {folder.name}/{file.name} <<'{END}'", text, END]
        if file.stat().st_mode & 0o100:
            lines.append(f"chmod +x {folder.name}/{file.name}")
    return "\n".join(lines)
