"""What every committed notebook must keep to, as rules over the file alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from sosclib.harness.compare import IGNORED

NO_OUTPUT = "no-output"
MAY_IGNORE = 0.2
NOTEBOOK_METADATA = {"kernelspec", "language_info", "sosc"}
CELL_METADATA = {"slideshow", "tags", "sosc"}
SOSC = {"title", "minutes", "nodes", "labs", "leaves", "needs", "objectives"}
SLIDES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
FOREIGN_PATH = re.compile(r"/(?:home|Users|root)/[\w.-]+|[A-Z]:\\\\Users")
PICTURE = re.compile(r"!\[(?P<alt>[^]]*)]\(|<img(?P<tag>[^>]*)>")


def problems(path: Path) -> list[str]:
    """Return what is wrong with a notebook, each in one sentence; empty where all is well."""
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return [f"Not a valid notebook: {error.message}"]
    return [*_whole(notebook), *_order(notebook), *_outputs(notebook), *_cells(notebook), *_text(notebook)]


def code_cells(notebook: Any) -> list[Any]:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _whole(notebook: Any) -> Iterator[str]:
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5):
        yield "The format is older than 4.5, which has stable cell ids."
    extra = set(notebook.metadata) - NOTEBOOK_METADATA
    if extra:
        yield f"Metadata of a run or a machine: {', '.join(sorted(extra))}."
    if dict(notebook.metadata.get("language_info", {})) != {"name": "python"}:
        yield "language_info holds more or less than the name python."
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "The kernel is not python3."
    about = notebook.metadata.get("sosc", {})
    if set(about) != SOSC:
        yield f"metadata.sosc must have exactly {', '.join(sorted(SOSC))}."
    elif not (about["objectives"] and about["minutes"] > 0 and about["labs"]):
        yield "Objectives, minutes or labs are missing."


def _order(notebook: Any) -> Iterator[str]:
    cells = code_cells(notebook)
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        yield f"Not run once from top to bottom: the counts are {counts}."
    parameters = [cell for cell in cells if "parameters" in cell.metadata.get("tags", ())]
    if len(parameters) != 1 or not {"LAB", "IMAGES"} <= set(
        re.findall(r"^(\w+) =", parameters[0].source, re.M)
    ):
        yield "There must be one cell tagged `parameters`, with LAB and IMAGES."
    for call in ("sosc.begin(", "sosc.end("):
        if sum(call in cell.source for cell in cells) != 1:
            yield f"There must be one cell with {call}…)."


def _outputs(notebook: Any) -> Iterator[str]:
    cells = code_cells(notebook)
    bearing = [cell for cell in cells if cell.outputs]
    ignored = [cell for cell in bearing if IGNORED in cell.metadata.get("tags", ())]
    if len(ignored) > MAY_IGNORE * len(bearing):
        yield f"The output of {len(ignored)} of {len(bearing)} cells is ignored; at most a fifth may be."
    for cell in cells:
        tags = cell.metadata.get("tags", ())
        silent = NO_OUTPUT in tags or "parameters" in tags
        if not cell.outputs and not silent:
            yield f"{cell.id} has no stored output, so nothing is compared (tag `{NO_OUTPUT}` if that is meant)."
        if cell.outputs and silent:
            yield f"{cell.id} is to have no output, and has some."
        if IGNORED in tags and not cell.metadata.get("sosc", {}).get("reason"):
            yield f"{cell.id} ignores its output without a reason (metadata.sosc.reason)."
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"{cell.id} has stored an error."
            if output.get("name") == "stderr":
                yield f"{cell.id} wrote to the standard error: {output.text[:60]!r}"
            yield from (f"{cell.id}: {problem}" for problem in _picture(output))


def _picture(output: Any) -> Iterator[str]:
    for kind in ("image/png", "image/svg+xml", "image/jpeg"):
        if kind in output.get("data", {}) and not output.metadata.get(kind, {}).get("alt"):
            yield f"a picture ({kind}) has no alt text."


def _cells(notebook: Any) -> Iterator[str]:
    ids = [cell.id for cell in notebook.cells]
    for cell in notebook.cells:
        if ids.count(cell.id) > 1:
            yield f"The id {cell.id} is not unique."
        if not re.fullmatch(r"\d\d-[a-z0-9-]+", cell.id):
            yield f"{cell.id}: an id tells section and content, as in 04-pull."
        if cell.metadata.get("slideshow", {}).get("slide_type") not in SLIDES:
            yield f"{cell.id} has no slide type."
        extra = set(cell.metadata) - CELL_METADATA
        if extra:
            yield f"{cell.id} has metadata of a run: {', '.join(sorted(extra))}."


def _text(notebook: Any) -> Iterator[str]:
    for cell in notebook.cells:
        for found in PICTURE.finditer(cell.source if cell.cell_type == "markdown" else ""):
            described = found["alt"] or re.search(r'alt="[^"]+"', found["tag"] or "")
            if not described:
                yield f"{cell.id}: a picture has no alt text."
        everything = cell.source + "".join(str(output) for output in cell.get("outputs", ()))
        path = FOREIGN_PATH.search(everything)
        if path:
            yield f"{cell.id} names a folder of somebody's machine: {path[0]}"
