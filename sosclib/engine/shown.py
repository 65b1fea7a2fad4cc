"""A command's result that stands in the notebook already."""

from __future__ import annotations

from sosclib.lab.node import CommandResult


class Shown(CommandResult):
    """A command's result whose output stands in the notebook already."""

    def _ipython_display_(self) -> None:
        """Show nothing a second time."""


def shown(result: CommandResult) -> Shown:
    """Return a result as one that has been shown."""
    return Shown(result.command, result.exit_code, result.stdout, result.stderr)
