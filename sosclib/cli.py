"""The `sosc` command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from sosclib import cli_jupyter, cli_lab, cli_prefetch, cli_run
from sosclib.cli_words import SpeakingGroup, phases

if TYPE_CHECKING:
    from sosclib.lab.system_packages import SystemPackage

app = typer.Typer(
    cls=SpeakingGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The course “Containers, their composition and orchestration” and its lab.",
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"sosc {version('sosclib')}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which one this is.")
    ] = False,
) -> None:
    """Bear the options of the command itself."""


@app.command()
def setup(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Install without asking.")] = False,
    tests: Annotated[bool, typer.Option("--tests", help="Also what only the tests need.")] = False,
) -> None:
    """Install the system packages that the lab needs; says first which and why."""
    from sosclib.lab.system_packages import advice, missing, package_manager

    needed, extra = missing(), missing(optional=True) if tests else []
    wanted = [*needed, *extra]
    if not wanted:
        typer.echo("The lab's system packages are all here.")
        return
    typer.echo("The lab needs these system packages:")
    for package in wanted:
        typer.echo(f"  {package.name:<24}{package.why}")
    if package_manager() == "apt" and not yes and not typer.confirm("Install them now?"):
        typer.echo(f"By hand:\n{advice(wanted)}")
        raise typer.Exit(1)
    # Apart: what only tests want does not keep the lab from being set up.
    if _installed(needed, else_=_with_an_engine) & _installed(extra, else_=_with_fewer_tests):
        typer.echo("Installed.")


def _installed(wanted: Sequence[SystemPackage], *, else_: Callable[[], str]) -> bool:
    """Install packages; where that fails, and one can go on without, say so and return False."""
    from sosclib.lab.errors import ToolMissing
    from sosclib.lab.system_packages import install

    try:
        install(wanted)
    except ToolMissing as error:
        without = else_()
        if not without:
            raise
        typer.echo(f"{error}\n{without}")
        return False
    return True


def _with_an_engine() -> str:
    from sosclib.lab.host import engine_answers

    until_then = "Until then the course has your own engine: sections for one machine run on it."
    return until_then if engine_answers() else ""


def _with_fewer_tests() -> str:
    return "Without them the tests that need them will fail; the course itself does not."


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Try anew whether KVM boots a guest.")] = False,
) -> None:
    """Look at everything the course needs on this computer, one line and one fix each."""
    from sosclib.course.doctor import doctor as examine

    if again:
        _try_accelerator(told=not json)
    report = examine()
    typer.echo(report.to_json() if json else repr(report))
    raise typer.Exit(report.exit_code)


def _try_accelerator(*, told: bool) -> None:
    from sosclib.lab.errors import SoscError
    from sosclib.lab.lab import quiet
    from sosclib.lab.vm.accelerator import accelerator

    with phases() if told else nullcontext(quiet) as progress:
        with suppress(SoscError):  # the doctor says what is missing
            accelerator(progress, again=True)


@app.command()
def sections() -> None:
    """List the sections of the course."""
    from sosclib.course.sections import sections as every_section

    typer.echo(repr(every_section()))


app.command()(cli_lab.up)
app.command()(cli_lab.down)
app.command()(cli_lab.status)
app.command()(cli_lab.reset)
app.command()(cli_lab.shell)
app.command()(cli_prefetch.prefetch)
app.command()(cli_lab.checkpoint)
app.command()(cli_lab.destroy)
app.command()(cli_run.run)
app.command()(cli_run.transcript)
app.command()(cli_jupyter.lab)

if __name__ == "__main__":
    app()
