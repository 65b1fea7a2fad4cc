"""The inventory: a file in which a person writes which real machines are VM1 and VM2."""

from __future__ import annotations

import ipaddress
import os
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sosclib.lab.errors import LabError
from sosclib.lab.paths import ROOT, lab_dir

VARIABLE = "SOSC_INVENTORY"
FILE = "inventory.toml"
NAMES = ("vm1", "vm2")
EXAMPLE = """\
# true only where nobody else uses these engines: then the course may begin a swarm there, and removes
# whatever it finds. Otherwise it touches nothing but its own objects.
exclusive = false

[vm1]
host = "vm1.example.org"        # an address, or a Host of your ~/.ssh/config
user = "student"
private_address = "10.0.0.11"   # under which VM2 reaches it
public_address = "203.0.113.7"  # under which others reach it, where it has one

[vm2]
host = "10.0.0.12"
user = "student"
jump = "vm1"                    # by way of VM1; left out where VM2 is reached directly
private_address = "10.0.0.12"
"""
"""An inventory to begin with."""
WORDS = ("host", "user", "port", "jump", "private_address", "public_address", "identity_file", "known_hosts")
NEEDED = ("host", "private_address")


@dataclass(frozen=True)
class RealMachine:
    """One machine of an inventory.

    Attributes
    ----------
    name : str
        ``vm1`` or ``vm2``.
    host : str
        Its address, or its name in a person's own ssh configuration.
    private_address : str
        IPv4 address under which the other machine reaches it.
    public_address : str or None
    user : str
        Empty for whom ssh takes by itself.
    port : int
        0 for the one that ssh takes by itself.
    jump : str
        The machine that the way leads through: ``vm1``, or a name that ssh knows; empty for none.
    identity_file, known_hosts : Path or None
        None for the person's own.
    """

    name: str
    host: str
    private_address: str
    public_address: str | None = None
    user: str = ""
    port: int = 0
    jump: str = ""
    identity_file: Path | None = None
    known_hosts: Path | None = None

    @property
    def title(self) -> str:
        """As the course writes its name, ``VM1``."""
        return self.name.upper()

    @property
    def by_hand(self) -> str:
        """The command by which a person logs in there."""
        options = ["-p", str(self.port)] if self.port else []
        if self.identity_file:
            options += ["-i", str(self.identity_file)]
        if self.jump and self.jump not in NAMES:
            options += ["-J", self.jump]
        return shlex.join(["ssh", *options, f"{self.user}@{self.host}" if self.user else self.host])


@dataclass(frozen=True)
class Inventory:
    """The machines of a lab.

    Attributes
    ----------
    path : Path
        The file.
    exclusive : bool
        Whether these engines are the course's alone.
    machines : tuple of RealMachine
        VM1 and VM2.
    """

    path: Path
    exclusive: bool
    machines: tuple[RealMachine, RealMachine]


def inventory_path(lab: str | None = None) -> Path:
    """Return where the inventory lies: ``SOSC_INVENTORY``, or ``inventory.toml`` in the lab's own folder.

    A relative path begins at the checkout.
    """
    given = os.environ.get(VARIABLE)
    return ROOT / Path(given).expanduser() if given else lab_dir(lab) / FILE


def read_inventory(lab: str | None = None) -> Inventory:
    """Return the inventory.

    Raises
    ------
    LabError
        Where there is none, or one that cannot be understood; the message says what to write, and where.
    """
    path = inventory_path(lab)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LabError(
            "The course does not know your machines.",
            f"There is no inventory at {path} (another place is named by {VARIABLE}).",
            f"Write one there, with your machines' addresses:\n\n{EXAMPLE}",
        ) from None
    except (OSError, ValueError) as error:
        raise _wrong(path, str(error)) from error
    unknown = set(content) - {"exclusive", *NAMES}
    if unknown:
        raise _wrong(path, f"It has no use for {', '.join(sorted(unknown))}.")
    exclusive = content.get("exclusive", False)
    if not isinstance(exclusive, bool):
        raise _wrong(path, f"`exclusive` is true or false, and not {exclusive!r}.")
    one, two = (_machine(path, name, content.get(name)) for name in NAMES)
    if one.jump in NAMES:
        raise _wrong(path, "The way to VM1 cannot lead through a machine of the lab itself.")
    return Inventory(path, exclusive, (one, two))


def _machine(path: Path, name: str, table: Any) -> RealMachine:
    if not isinstance(table, Mapping):
        raise _wrong(path, f"It has no table [{name}].")
    unknown = set(table) - set(WORDS)
    if unknown:
        raise _wrong(path, f"[{name}] has no use for {', '.join(sorted(unknown))}.")
    missing = [word for word in NEEDED if not table.get(word)]
    if missing:
        raise _wrong(path, f"[{name}] does not say {', '.join(missing)}.")
    for word, value in table.items():
        kind = int if word == "port" else str
        if type(value) is not kind:
            raise _wrong(path, f"[{name}] {word} is {'a number' if kind is int else 'text'}, not {value!r}.")
        # What begins with a dash, ssh would take for an option.
        text = str(value)
        if text.startswith("-") or not text.isprintable() or '"' in text:
            raise _wrong(path, f"[{name}] {word} cannot be {value!r}.")
    for word in ("private_address", "public_address"):
        if word in table:
            _require_address(path, name, word, table[word])
    return RealMachine(
        name,
        table["host"],
        table["private_address"],
        table.get("public_address"),
        table.get("user", ""),
        table.get("port", 0),
        table.get("jump", ""),
        _path(table.get("identity_file")),
        _path(table.get("known_hosts")),
    )


def _require_address(path: Path, name: str, word: str, value: str) -> None:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        raise _wrong(path, f"[{name}] {word} is an IPv4 address, and not {value!r}.") from None


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _wrong(path: Path, why: str) -> LabError:
    return LabError(
        f"The inventory {path} cannot be used.", why, f"An inventory looks like this:\n\n{EXAMPLE}"
    )
