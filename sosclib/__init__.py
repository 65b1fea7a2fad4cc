"""The library of the course “Containers, their composition and orchestration”.

>>> import sosclib as sosc
>>> vm1 = sosc.begin("04-first-commands").vm1
>>> vm1.containers.run(sosc.image("base"), 'echo "hello from the container"')

Every name below is loaded when it is first used: ``import sosclib`` alone costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "SoscError": "sosclib.lab.errors",
    "begin": "sosclib.course.begin",
    "doctor": "sosclib.course.doctor",
    "end": "sosclib.course.begin",
    "exercise": "sosclib.course.checks",
    "image": "sosclib.course.begin",
    "progress": "sosclib.course.progress",
    "sections": "sosclib.course.sections",
}

__all__ = [
    "SoscError",
    "begin",
    "doctor",
    "end",
    "exercise",
    "image",
    "progress",
    "sections",
]

if TYPE_CHECKING:
    from sosclib.course.begin import begin, end, image
    from sosclib.course.checks import exercise
    from sosclib.course.doctor import doctor
    from sosclib.course.progress import progress
    from sosclib.course.sections import sections
    from sosclib.lab.errors import SoscError


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"sosclib has no {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
