"""Which provider serves a lab: the one asked for, or the first that can."""

from __future__ import annotations

import os

from sosclib.lab.errors import LabError
from sosclib.lab.lab import Lab, Progress, quiet

PROVIDERS = ("host", "vm")


def open_lab(provider: str = "auto", *, nodes: int = 1, progress: Progress = quiet) -> Lab:
    """Return a lab that is up.

    Parameters
    ----------
    provider : str
        ``host``, ``vm`` or ``auto``. The environment variable ``SOSC_LAB`` takes the place of ``auto``.
    nodes : int
        How many nodes are needed, 1 or 2. ``auto`` takes ``host`` only where one node is enough and an
        engine answers.
    progress : callable
        Is told each phase.

    Raises
    ------
    LabError
        Where the provider is unknown, or cannot give so many nodes.
    EngineUnreachable
        Where ``host`` is asked for and no engine answers.
    """
    chosen = choose(provider, nodes=nodes)
    if chosen == "host":
        from sosclib.lab.host import HostLab

        return HostLab(progress=progress)
    from sosclib.lab.vm import VmLab

    return VmLab.up(progress=progress)


def choose(provider: str = "auto", *, nodes: int = 1) -> str:
    """Return the provider that `open_lab` takes, without opening it."""
    if provider == "auto":
        provider = os.environ.get("SOSC_LAB") or "auto"
    if provider == "auto":
        from sosclib.lab.host import HostLab

        return "host" if nodes == 1 and HostLab.answers() else "vm"
    if provider not in PROVIDERS:
        raise LabError(
            f"There is no lab provider {provider!r}.",
            help=f"Choose one of {', '.join(PROVIDERS)}, or auto.",
        )
    if provider == "host" and nodes > 1:
        raise LabError(
            "The provider `host` has one node, and this section needs two.",
            help='Use LAB = "vm": two virtual machines on this computer (`sosc up`).',
        )
    return provider
