"""What every committed notebook must keep to, as rules over the file alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from sosclib.harness import notebook as files
from sosclib.harness.compare import IGNORED, is_compared
from sosclib.harness.notebook import PARAMETERS, code_cells, tags
from sosclib.harness.stored import WIDGET
from sosclib.lab.tokens import TOKEN

NO_OUTPUT = "no-output"
MAY_IGNORE = 0.2
NOTEBOOK_METADATA = {"kernelspec", "language_info", "sosc"}
CELL_METADATA = {"slideshow", "tags", "sosc"}
TAGS = {PARAMETERS, IGNORED, NO_OUTPUT}
"""Others change what is run or compared, and would do so unseen."""
SOSC = {"title", "minutes", "nodes", "labs", "leaves", "needs", "objectives"}
SOSC_OPTIONAL = {"images", "files", "registry", "labs_reason", "real_machines"}
SLIDES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
FOREIGN_PATH = re.compile(
    r"(?<![\w.])/(?:(?:home|Users)/(?!student\b)[\w.-]+|root/\.(?:cache|config|local)\b)|\b[A-Z]:\\+Users"
)
"""Folders of whoever ran the notebook; `student` is the lab's own user, and containers have a /root."""
WORD = re.compile(r"\w+")
WORDS_PER_MINUTE = 200
"""Adults read English prose at 238 words a minute (M. Brysbaert, J. Mem. Lang. 109, 2019); this is denser."""
MINUTES_PER_CELL = 0.5
PICTURE = re.compile(r"!\[(?P<text>[^]]*)]\(|<img\b(?P<attributes>[^>]*)>")
PICTURES = ("image/png", "image/svg+xml", "image/jpeg")


def problems(path: Path) -> list[str]:
    """Return what is wrong with a notebook, each in one sentence; empty where all is well."""
    text = path.read_text(encoding="utf-8")
    try:
        # nbformat mends ids that are missing or there twice when it reads: these are looked for before.
        ids = [cell.get("id", "") for cell in json.loads(text)["cells"]]
        notebook = files.read(path)
        nbformat.validate(notebook)
    except (ValueError, KeyError, TypeError, nbformat.ValidationError) as error:
        return [f"Not a valid notebook: {str(error).splitlines()[0]}"]
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        return ["The format is older than 4.5, which has stable cell ids."]
    rules = (_whole, _parts, _order, _baseline, _outputs, _cells, _text)
    return [*_ids(ids), *(problem for rule in rules for problem in rule(notebook))]


def _ids(ids: list[str]) -> Iterator[str]:
    for id_ in dict.fromkeys(ids):
        if not re.fullmatch(r"\d\d-[a-z0-9-]+", id_):
            yield f"The id {id_!r} does not tell section and content, as 04-pull does."
        if ids.count(id_) > 1:
            yield f"The id {id_} is not unique."


def _whole(notebook: Any) -> Iterator[str]:
    extra = set(notebook.metadata) - NOTEBOOK_METADATA
    if extra:
        yield f"Metadata of a run or a machine: {', '.join(sorted(extra))}."
    if dict(notebook.metadata.get("language_info", {})) != {"name": "python"}:
        yield "language_info holds more or less than the name python."
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "The kernel is not python3."
    about = notebook.metadata.get("sosc", {})
    if set(about) - SOSC_OPTIONAL != SOSC:
        yield f"metadata.sosc must have exactly {', '.join(sorted(SOSC))}."
    elif not (about["objectives"] and about["minutes"] > 0 and about["labs"]):
        yield "Objectives, minutes or labs are missing."
    elif about["minutes"] < (least := least_minutes(notebook)):
        yield f"{about['minutes']} minutes are too few: to read it and run its cells takes {least:.0f}."


def least_minutes(notebook: Any) -> float:
    """Return the minutes that a section takes whoever does no more than read its text and run its cells."""
    text = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return len(WORD.findall(text)) / WORDS_PER_MINUTE + len(code_cells(notebook)) * MINUTES_PER_CELL


def _parts(notebook: Any) -> Iterator[str]:
    cells = code_cells(notebook)
    found = [cell.source for cell in cells if PARAMETERS in tags(cell)]
    if len(found) != 1 or not {"LAB", "IMAGES"} <= set(re.findall(r"^(\w+) =", found[0], re.M)):
        yield f"There must be one cell tagged `{PARAMETERS}`, with LAB and IMAGES."
    for call in ("sosc.begin(", "sosc.end("):
        if sum(call in cell.source for cell in cells) != 1:
            yield f"There must be one cell with {call}…)."


def _order(notebook: Any) -> Iterator[str]:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"Not run once from top to bottom: the counts are {counts}."


def _baseline(notebook: Any) -> Iterator[str]:
    """Each cell is compared with something, or says why not; and most are."""
    cells = code_cells(notebook)
    bearing = [cell for cell in cells if cell.outputs]
    ignored = [cell for cell in bearing if not is_compared(cell)]
    if len(ignored) > MAY_IGNORE * len(bearing):
        yield f"The output of {len(ignored)} of {len(bearing)} cells is ignored; at most a fifth may be."
    for cell in cells:
        silent = NO_OUTPUT in tags(cell) or PARAMETERS in tags(cell)
        if not cell.outputs and not silent:
            yield f"{cell.id} has nothing stored to compare with (tag `{NO_OUTPUT}` if that is meant)."
        if cell.outputs and silent:
            yield f"{cell.id} is to have no output, and has some."
        if not is_compared(cell) and not cell.metadata.get("sosc", {}).get("reason"):
            yield f"{cell.id} ignores its output without a reason (metadata.sosc.reason)."


def _outputs(notebook: Any) -> Iterator[str]:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            data = output.get("data", {})
            if output.output_type == "error":
                yield f"{cell.id} has stored an error."
            if output.get("name") == "stderr":
                yield f"{cell.id} wrote to the standard error: {output.text[:60]!r}"
            if WIDGET in data:
                yield f"{cell.id} has stored a widget, which is not there without its kernel."
            for kind in PICTURES:
                if kind in data and not output.metadata.get(kind, {}).get("alt"):
                    yield f"{cell.id}: a picture ({kind}) has no alt text."
            if not _described(data.get("text/html", "")):
                yield f"{cell.id}: a picture (text/html) has no alt text."


def _cells(notebook: Any) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.metadata.get("slideshow", {}).get("slide_type") not in SLIDES:
            yield f"{cell.id} has no slide type."
        extra = set(cell.metadata) - CELL_METADATA
        if extra:
            yield f"{cell.id} has metadata of a run: {', '.join(sorted(extra))}."
        unknown = set(tags(cell)) - TAGS
        if unknown:
            yield f"{cell.id} has tags that are not in use here: {', '.join(sorted(unknown))}."


def _text(notebook: Any) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and not _described(cell.source):
            yield f"{cell.id}: a picture has no alt text."
        everything = cell.source + "".join(map(_words, cell.get("outputs", ())))
        path = FOREIGN_PATH.search(everything)
        if path:
            yield f"{cell.id} names a folder of somebody's machine: {path[0]}"
        if TOKEN.search(everything):
            yield f"{cell.id} has a swarm's token, which is a password."


def _described(text: str) -> bool:
    """Tell whether every picture in a text says what it shows; the name of a file says nothing."""
    for found in PICTURE.finditer(text):
        named = re.search(r"""\balt=(["'])(.*?)\1""", found["attributes"] or "")
        words = found["text"] or (named[2] if named else "")
        if not words.strip() or re.fullmatch(r"\S+\.(?:png|svg|jpe?g|gif)", words):
            return False
    return True


def _words(output: Any) -> str:
    """Return an output's text; coded pictures can spell anything."""
    data = {kind: value for kind, value in output.get("data", {}).items() if kind not in PICTURES}
    parts = [output.get("text", ""), output.get("evalue", ""), *map(str, data.values())]
    return re.sub(r"base64,[\w+/=]*", "", "\n".join(parts))
