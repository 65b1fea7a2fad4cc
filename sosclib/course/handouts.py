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
    for command in writing(name, desk):
        desk.vm1.sh(command).check()


def writing(name: str, desk: Desk) -> list[str]:
    """Return the shell commands that write a folder; ``{python}`` and other roles become images.

    Raises
    ------
    NotFound
    """
    folder = data_dir() / name
    files = sorted(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else []
    if not files:
        raise NotFound(f"The course has no folder {name} with files to hand out.")
    runnable = [f"{folder.name}/{file.name}" for file in files if file.stat().st_mode & 0o100]
    return [
        f"mkdir -p {folder.name}",
        *(_writing(f"{folder.name}/{file.name}", filled(file.read_text("utf-8"), desk)) for file in files),
        *([f"chmod +x {' '.join(runnable)}"] if runnable else []),
    ]


def _writing(path: str, text: str) -> str:
    return f"cat > {path} <<'{END}'\n{text.rstrip()}\n{END}"
