"""Machines reached by OpenSSH alone: what every such lab shares, and the lab of an inventory file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sosclib.lab.ssh.lab import SshLab

__all__ = ["SshLab"]


def __getattr__(name: str) -> Any:
    # The virtual machines need the connections only, and not what comes with a lab.
    if name != "SshLab":
        raise AttributeError(f"sosclib.lab.ssh has no {name!r}")
    from sosclib.lab.ssh.lab import SshLab

    return SshLab
