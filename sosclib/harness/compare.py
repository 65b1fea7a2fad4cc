"""Whether a cell's outputs are those stored in the notebook, by nbval's rules and with nbval's masks.

A cell that differs here differs there, and the other way round: nbval's own functions join streams, read the
masks and say which cells are compared. Only a cell that was never run is taken differently: nbval lets
anything pass for it, here it is one without output.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbval.plugin import (
    coalesce_streams,
    find_comment_markers,
    find_metadata_tags,
    get_sanitize_patterns,
    transform_streams_for_comparison,
)

from sosclib.harness import notebook
from sosclib.lab.errors import SoscError
from sosclib.lab.paths import ROOT

MASKS = ROOT / "tests" / "notebooks" / "nbval.cfg"
IGNORED = "nbval-ignore-output"
NOT_COMPARED = frozenset(
    {
        "metadata", "traceback", "prompt_number", "output_type", "name", "execution_count",
        "application/vnd.jupyter.widget-view+json", "image/png", "image/jpeg",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Masks:
    """Patterns for what truly varies, and what stands in its place."""

    patterns: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, path: Path = MASKS) -> Masks:
        """Read nbval's own file of masks.

        Raises
        ------
        SoscError
            For a pattern that is none.
        """
        # A pattern that is there twice counts once, with the last of its replacements, as in nbval.
        patterns = dict(get_sanitize_patterns(path.read_text(encoding="utf-8")))
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise SoscError(
                    f"{path.name} has a mask that is no pattern: {pattern}", str(error)
                ) from error
        return cls(tuple(patterns.items()))

    def apply(self, value: Any) -> Any:
        """Return a text with all that varies masked; anything else as it is."""
        if isinstance(value, str):
            for pattern, replacement in self.patterns:
                value = re.sub(pattern, replacement, value)
        return value


def difference(stored: Iterable[Any], found: Iterable[Any], masks: Masks) -> str:
    """Return in words how a cell's outputs differ from the stored ones; empty where they do not.

    Parameters
    ----------
    stored, found : iterable
        Outputs as a notebook has them.
    masks : Masks
    """
    wanted, got = _by_key(stored, masks), _by_key(found, masks)
    for key in sorted(wanted.keys() | got.keys()):
        if len(wanted[key]) != len(got[key]):
            return f"{key}: {len(wanted[key])} outputs are stored, {len(got[key])} came."
        for left, right in zip(wanted[key], got[key], strict=True):
            if left != right:
                return f"{key}:\n{_diff(str(left), str(right))}"
    return ""


def is_compared(cell: Any) -> bool:
    """Tell whether a cell's outputs are to be compared; its tags and comments are read as nbval does."""
    options = {**dict(find_metadata_tags(cell.metadata)), **dict(find_comment_markers(cell.source))}
    return bool(options.get("check", True)) and not options.get("skip", False)


def _by_key(outputs: Iterable[Any], masks: Masks) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = defaultdict(list)
    copies = [notebook.node(output) for output in outputs]  # nbval joins streams in place
    for output in transform_streams_for_comparison(coalesce_streams(copies)):
        for key, value in output.items():
            inner = value.items() if key == "data" else ((key, value),)
            for name, item in inner:
                if key not in NOT_COMPARED and name not in NOT_COMPARED:
                    values[name].append(masks.apply(item))
    return values


def _diff(left: str, right: str) -> str:
    """Return the lines that differ; where only the ends of lines do, what cannot be seen is written out."""
    lines = list(difflib.unified_diff(left.splitlines(), right.splitlines(), lineterm="", n=1))[2:]
    return "\n".join(lines) or f"stored {left[-60:]!r}\nfound  {right[-60:]!r}"
