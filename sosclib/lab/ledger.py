"""What the course brought into an engine and could not label: above all pulled images."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Entry:
    """One object the course brought in.

    Attributes
    ----------
    engine : str
        Identity of the engine (its ``info()["ID"]``), so that a ledger survives a change of engine.
    kind : str
        ``image``, ``volume``, ``network``, ``container``, ``cache`` for a record of BuildKit's cache, or
        ``stack`` for a project of Compose.
    reference : str
        Name or id as the engine knows it; for an image the tag.
    section : str
        The section that brought it in.
    mark : str
        By what it is told from a later one of that name: an image's id, when a volume was made. Empty where
        that is not known, or a name is given once only.
    """

    engine: str
    kind: str
    reference: str
    section: str
    mark: str = ""


class Ledger:
    """A list of entries in a JSON file, safe against two writers and against a kill half-way."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self, *, engine: str | None = None, kind: str | None = None) -> list[Entry]:
        """Return the entries, sorted, of one engine and one kind where these are given."""
        return sorted(
            entry for entry in self._read() if engine in (None, entry.engine) and kind in (None, entry.kind)
        )

    def add(self, entry: Entry) -> None:
        """Enter an object, in place of an earlier one of that name; entering it twice changes nothing."""
        thing = (entry.engine, entry.kind, entry.reference)
        with self._locked() as entries:
            entries -= {
                e for e in entries if (e.engine, e.kind, e.reference) == thing and e.mark != entry.mark
            }
            entries.add(entry)

    def remove(self, *, engine: str, kind: str, reference: str) -> None:
        """Strike an object out; one that is not entered is passed over.

        Parameters
        ----------
        engine, kind, reference : str
            As in `Entry`.
        """
        with self._locked() as entries:
            entries -= {e for e in entries if (e.engine, e.kind, e.reference) == (engine, kind, reference)}

    def _read(self) -> set[Entry]:
        if not self.path.exists():
            return set()
        return {Entry(**fields) for fields in json.loads(self.path.read_text())}

    @contextmanager
    def _locked(self) -> Iterator[set[Entry]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            entries = self._read()
            yield entries
            aside = self.path.with_suffix(".new")
            aside.write_text(json.dumps([asdict(entry) for entry in sorted(entries)], indent=1))
            aside.replace(self.path)
