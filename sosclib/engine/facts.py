"""The engine's facts about one object, shown as the CLI shows them."""

from __future__ import annotations

import json
from typing import Any

from sosclib.engine.ownership import LAB_LABEL, SECTION_LABEL


class Facts(dict[str, Any]):
    """What ``docker … inspect`` tells of one object.

    All of it is in the mapping. Shown is what the command prints, sorted, but for the labels by which the
    course knows its own, and with ``null`` for what is empty, whichever way an engine puts that.
    """

    def __repr__(self) -> str:
        shown = {name: self._shown(name) for name in sorted(self)}
        return json.dumps([shown], indent=4, ensure_ascii=False)

    def _shown(self, name: str) -> Any:
        value = self[name]
        if name == "Labels":
            labels = value or {}
            value = {
                label: labels[label] for label in sorted(labels) if label not in (LAB_LABEL, SECTION_LABEL)
            }
        return None if value == {} else value
