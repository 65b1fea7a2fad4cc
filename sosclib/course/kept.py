"""Small JSON files that are kept per lab, written whole and by one process at a time."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def read(path: Path) -> dict[str, Any]:
    """Return what a file keeps; nothing where it is not there, or was spoilt by hand."""
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text())
    except json.JSONDecodeError:
        # What is kept is a convenience: a spoilt file must not keep a section from starting.
        return {}
    return kept if isinstance(kept, dict) else {}


def change(path: Path, how: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Replace what a file keeps by what `how` makes of it; another process waits meanwhile."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        aside = path.with_suffix(".new")
        aside.write_text(json.dumps(how(read(path)), indent=1))
        aside.replace(path)
