"""The commands that run sections as tests, and write down their commands."""

from __future__ import annotations

from typing import Annotated

import typer

from sosclib.lab.errors import SoscError

SECTIONS = Annotated[list[str] | None, typer.Argument(metavar="[SECTION]…", help="`04` or its full name.")]


def run(
    sections: SECTIONS = None,
    lab: Annotated[str, typer.Option(help="auto, host, vm, dind or ssh.")] = "auto",
    images: Annotated[str, typer.Option(help="auto, offline or hub.")] = "auto",
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="Set a parameter.")
    ] = None,
    update: Annotated[bool, typer.Option(help="Store the outputs in the notebooks.")] = False,
) -> None:
    """Run sections (all, where none is named) and report on each cell."""
    from sosclib.course.sections import find
    from sosclib.course.sections import sections as every_section
    from sosclib.harness.run import run_sections

    chosen = [find(name) for name in sections or []] or list(every_section())
    failed = run_sections(
        chosen, lab=lab, images=images, parameters=parameters(parameter or []), update=update
    )
    raise typer.Exit(1 if failed else 0)


def transcript(section: Annotated[str, typer.Argument(help="`04` or its full name.")]) -> None:
    """Print a section's commands as a shell script."""
    from sosclib.course.sections import find

    path = find(section).path
    from sosclib.harness import transcript as transcripts

    typer.echo(transcripts.script(path), nl=False)


def parameters(pairs: list[str]) -> dict[str, object]:
    """Return ``NAME=VALUE`` pairs as a mapping; a value that is JSON is taken as such, others as text."""
    import json

    result: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (equals and name.isidentifier()):
            raise SoscError(f"{pair!r} is no parameter.", help="Write NAME=VALUE, for example -p REPEATS=3")
        try:
            result[name] = json.loads(value)
        except json.JSONDecodeError:
            result[name] = value
    return result
