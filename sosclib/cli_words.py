"""How the `sosc` command speaks: errors in three parts, phases as they begin."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from sosclib.lab.errors import SoscError

if TYPE_CHECKING:
    from sosclib.lab.lab import Progress


class SpeakingGroup(TyperGroup):
    """A group of commands whose foreseeable faults end in words and exit code 1, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except SoscError as error:
            show_error(error)
            raise typer.Exit(1) from None


def show_error(error: SoscError) -> None:
    """Print what happened, why, and what helps, to standard error."""
    typer.secho(error.what, fg="red", bold=True, err=True)
    for label, text in (("Why:", error.why), ("What helps:", error.help)):
        if text:
            first, *rest = text.splitlines()
            typer.echo("\n".join([f"{label:<12}{first}", *(" " * 12 + line for line in rest)]), err=True)


@contextmanager
def phases() -> Iterator[Progress]:
    """Give a progress that prints each phase, and with it the seconds that it took."""
    from rich.console import Console

    console = Console(highlight=False)
    running: list[tuple[str, float]] = []

    def finish() -> None:
        if running:
            phase, since = running.pop()
            console.print(f"  {phase}", f"[dim]{time.monotonic() - since:.1f} s[/dim]", soft_wrap=True)

    with console.status("") as status:

        def begin(phase: str) -> None:
            finish()
            running.append((phase, time.monotonic()))
            status.update(phase)

        yield begin
        finish()
