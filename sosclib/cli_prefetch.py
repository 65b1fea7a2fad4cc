"""`sosc prefetch`: all that is made or fetched, now, with a bar for each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from sosclib.course.prefetching import Piece, Took

WIDTH = 44
SHOWN = 3
"""How many of the longest steps are told."""


def prefetch() -> None:
    """Make or fetch now all that the course needs, so that it needs no network later."""
    from rich.console import Console

    from sosclib.course.prefetching import pieces, size_on_disk
    from sosclib.engine.sizes import human_size
    from sosclib.lab.paths import cache_dir

    begin = time.monotonic()
    console = Console(highlight=False)
    with pieces() as wanted:
        took = list(_with_bars(wanted, console) if console.is_terminal else _in_lines(wanted, console))
    typer.echo(f"All is there: images, and the machines' system, after {time.monotonic() - begin:.0f} s.")
    typer.echo(f"The cache holds {human_size(size_on_disk(cache_dir()))} in {cache_dir()}.")
    for line in longest(took):
        typer.echo(line)


def longest(took: Iterable[Took]) -> list[str]:
    """Return in words what took longest: the steps that one would look at first to be faster."""
    noted = sorted((one for one in took if one.seconds >= 1), key=lambda one: -one.seconds)
    total = sum(one.seconds for one in noted)
    return [
        f"{'Longest:' if not number else '':<9}{one.seconds:5.1f} s ({one.seconds / total:.0%}) {one.title}, "
        f"{shortened(one.step)}"
        for number, one in enumerate(noted[:SHOWN])
    ]


def shortened(words: str) -> str:
    """Return as much of a step's words as fits beside a bar."""
    return words if len(words) <= WIDTH else f"{words[: WIDTH - 1]}…"


def _in_lines(wanted: list[Piece], console: Console) -> Iterator[Took]:
    from sosclib.course.prefetching import Watch
    from sosclib.lab.lab import quiet

    for number, piece in enumerate(wanted, 1):
        took = Watch(piece, quiet).run()
        seconds = sum(one.seconds for one in took)
        console.print(f"  {number} of {len(wanted)}  {piece.title}  {seconds:.1f} s", soft_wrap=True)
        yield from took


def _with_bars(wanted: list[Piece], console: Console) -> Iterator[Took]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from sosclib.course.prefetching import Watch

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[step]}", markup=True),
    )
    with Progress(*columns, console=console) as bars:
        overall = bars.add_task("[bold]all", total=len(wanted), step="")
        for piece in wanted:
            bar = bars.add_task(piece.title, total=piece.steps, step="")
            took = Watch(piece, partial(_advance, bars, bar)).run()
            finished = piece.steps or max(len(took) - 1, 1)
            bars.update(bar, total=finished, completed=finished, step="")
            bars.advance(overall)
            yield from took


def _advance(bars: Progress, bar: TaskID, step: str) -> None:
    bars.update(bar, advance=1, step=_plain(shortened(step)))


def _plain(words: str) -> str:
    """Return words that rich takes for words: a bracket in a command is no markup."""
    from rich.markup import escape

    return escape(words)
