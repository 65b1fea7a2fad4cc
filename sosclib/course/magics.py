"""Cells that are typed into a machine's shell: ``%%vm1`` and ``%%vm2``."""

from __future__ import annotations

import secrets
import shlex

from sosclib.course.desk import HOLDER
from sosclib.course.sections import SSH
from sosclib.engine.commands import commands
from sosclib.engine.machine import Machine
from sosclib.lab.errors import SoscError

NAMES = ("vm1", "vm2")
INSTEAD = {"host": "your own computer", "dind": "a container", SSH: "a real machine", "vm": "a virtual one"}
"""What VM1 is on each lab."""


def register() -> None:
    """Make the cell magics known to IPython, where this is one."""
    try:
        from IPython import get_ipython
    except ImportError:
        return
    shell = get_ipython()
    if shell is None:
        return
    for name in NAMES:
        shell.register_magic_function(_magic(name), magic_kind="cell", magic_name=name)


def cell(name: str, line: str, text: str) -> None:
    """Type a cell's lines into a machine's shell, one after the other.

    Parameters
    ----------
    name : str
        ``vm1`` or ``vm2``.
    line : str
        What stands behind the magic: ``--lab vm`` keeps the cell from this computer's own system.
    text : str
        The commands.
    """
    desk = HOLDER.desk
    only = lab_option(line)
    if only not in (None, desk.lab.provider) or name not in desk.nodes:
        print(
            "This cell is shown on the virtual machines only;"
            f" here VM1 is {INSTEAD[desk.lab.provider]}, left as it is."
        )
        return
    type_in(desk.nodes[name], text)


def lab_option(line: str) -> str | None:
    """Return the value of the option ``--lab``, None where it is not given.

    Raises
    ------
    SoscError
        Where the line holds anything else.
    """
    match shlex.split(line):
        case []:
            return None
        case ["--lab", ("host" | "vm") as value]:
            return value
    raise SoscError(f"{line!r} is no option of this cell.", help="Write --lab vm, or nothing, behind %%vm1.")


def type_in(machine: Machine, text: str) -> None:
    """Run commands in one shell on a machine; each is shown behind the prompt, with its output below.

    The shell is one and the same for all of them, so that ``cd`` and variables last to the cell's end.
    """
    typed = commands(text)
    if not typed:
        return
    # A mark after each command tells where its output ends; it must not be found in any output.
    mark = f"\x1e{secrets.token_hex(8)}\x1e"
    script = ["exec 2>&1", *(f"{command}\nprintf %s {shlex.quote(mark)}" for command in typed)]
    machine.terminal.show(machine.title, typed[0])
    outputs = machine.node.sh("bash -c " + shlex.quote("\n".join(script))).output.split(mark)
    # A cell that says `exit` has fewer outputs than commands: the rest was never typed.
    for number, (command, output) in enumerate(zip(typed, outputs, strict=False)):
        if number:
            machine.terminal.show(machine.title, command)
        machine.terminal.say(output)


def _magic(name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - IPython's own signature is untyped
    def magic(line: str, text: str) -> None:
        cell(name, line, text)

    magic.__doc__ = f"Type the cell into a shell on {name.upper()}."
    return magic
