"""The lab of two virtual machines, as the lecture has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sosclib.lab.vm.lab import VmLab

__all__ = ["VmLab"]


def __getattr__(name: str) -> Any:
    if name != "VmLab":
        raise AttributeError(f"sosclib.lab.vm has no {name!r}")
    from sosclib.lab.vm.lab import VmLab

    return VmLab
