"""What Compose says while it works, line by line: a reducer over its plain progress."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

LINE = re.compile(
    r'^ ?(?P<kind>Network|Volume|Container) "?(?P<name>[^\s"]+)"?\s+(?P<status>[A-Z][\w ]*\w)\s*$'
)
WARNING = re.compile(r'level=warning msg="(?P<text>.*)"$')
KINDS = ("Network", "Volume", "Container")
BUSY = ("Creating", "Starting", "Stopping", "Removing", "Recreate", "Waiting", "Pulling", "Killing")


@dataclass(frozen=True)
class ComposeState:
    """How far Compose has come.

    Attributes
    ----------
    items : mapping of (str, str) to str
        From kind and name to the last that was said of it: Creating, Created, Started, …
    warnings : tuple of str
    said : tuple of str
        Every other line, the last of which tells why it gave up where it did.
    """

    items: Mapping[tuple[str, str], str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    def after(self, line: str) -> ComposeState:
        """Return what is known after one more line."""
        found = LINE.match(line)
        if found:
            return replace(self, items={**self.items, (found["kind"], found["name"]): found["status"]})
        warning = WARNING.search(line)
        if warning:
            return replace(self, warnings=(*self.warnings, warning["text"].replace('\\"', '"')))
        return replace(self, said=(*self.said, line)) if line.strip() else self

    def all_healthy(self) -> ComposeState:
        """Return what Compose would say when it has waited for all of them."""
        waited = {key: "Healthy" if key[0] == "Container" else status for key, status in self.items.items()}
        return replace(self, items=waited)

    @property
    def lines(self) -> tuple[str, ...]:
        """What became of each network, volume and container, in an order that is always the same."""
        ordered = sorted(self.items.items(), key=lambda item: (KINDS.index(item[0][0]), item[0][1]))
        return tuple(f" {kind} {name}  {status}" for (kind, name), status in ordered)

    @property
    def over(self) -> bool:
        """Whether nothing is being worked on at this moment."""
        return bool(self.items) and not any(status in BUSY for status in self.items.values())


WatchCompose = Callable[[ComposeState], None]
"""Is told the state whenever Compose has said something."""
