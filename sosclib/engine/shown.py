"""What stands in the notebook already, and is not shown there a second time."""

from __future__ import annotations

from sosclib.lab.node import CommandResult


class AlreadyShown:
    """The result of a call that has shown its command and the answer."""

    def _ipython_display_(self) -> None:
        """Show nothing a second time."""


class Shown(AlreadyShown, CommandResult):
    """A command's result whose output stands in the notebook already."""


def shown(result: CommandResult) -> Shown:
    """Return a result as one that has been shown."""
    return Shown(result.command, result.exit_code, result.stdout, result.stderr)
