"""Whether a cell's outputs are those stored in the notebook, by nbval's rules and with nbval's masks.

A cell that differs here differs there, and the other way round: patterns and keys that are not compared are nbval's.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbval.plugin import coalesce_streams, get_sanitize_patterns, transform_streams_for_comparison

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
        """Read nbval's own file of masks."""
        return cls(tuple(get_sanitize_patterns(path.read_text(encoding="utf-8"))))

    def apply(self, value: Any) -> Any:
        """Return a text with all that varies masked; anything else as it is."""
        if isinstance(value, str):
            for pattern, replacement in self.patterns:
                value = re.sub(pattern, replacement, value)
        return value


def difference(stored: Iterable[Any], found: Iterable[Any], masks: Masks) -> str:
    """Return in words how a cell's outputs differ from the stored ones; empty where they do not."""
    wanted, got = _by_key(stored, masks), _by_key(found, masks)
    for key in wanted.keys() | got.keys():
        if len(wanted[key]) != len(got[key]):
            return f"{key}: {len(wanted[key])} outputs are stored, {len(got[key])} came."
        for left, right in zip(wanted[key], got[key], strict=True):
            if left != right:
                return f"{key}:\n{_diff(str(left), str(right))}"
    return ""


def is_compared(cell: Mapping[str, Any]) -> bool:
    """Tell whether a cell's outputs are to be compared."""
    return IGNORED not in cell["metadata"].get("tags", ())


def _by_key(outputs: Iterable[Any], masks: Masks) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = defaultdict(list)
    for output in transform_streams_for_comparison(coalesce_streams(list(outputs))):
        for key, value in output.items():
            inner = value.items() if key == "data" else ((key, value),)
            for name, item in inner:
                if name not in NOT_COMPARED:
                    values[name].append(masks.apply(item))
    return values


def _diff(left: str, right: str) -> str:
    lines = difflib.unified_diff(left.splitlines(), right.splitlines(), "stored", "found", lineterm="", n=1)
    return "\n".join(list(lines)[2:])
