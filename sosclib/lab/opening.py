"""Which provider serves a lab: the one asked for, or the first that can."""

from __future__ import annotations

import os
from collections.abc import Collection

from sosclib.lab.errors import LabError
from sosclib.lab.lab import Lab, Progress, quiet

PROVIDERS = ("host", "vm", "dind", "ssh")


def open_lab(provider: str = "auto", *, nodes: int = 1, progress: Progress = quiet) -> Lab:
    """Return a lab that is up.

    Parameters
    ----------
    provider : str
        ``host``, ``vm``, ``dind``, ``ssh`` or ``auto``. The environment variable ``SOSC_LAB`` takes the
        place of ``auto``.
    nodes : int
        How many nodes are needed, 1 or 2. ``auto`` takes ``host`` where one node is enough and an engine
        answers, else ``vm``; and ``dind`` where there is an engine but no emulator for virtual machines.
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
    if chosen == "dind":
        from sosclib.lab.dind import DindLab

        return DindLab.up(progress=progress)
    if chosen == "ssh":
        from sosclib.lab.ssh import SshLab

        return SshLab.up(progress=progress)
    from sosclib.lab.vm import VmLab

    return VmLab.up(progress=progress)


def choose(provider: str = "auto", *, nodes: int = 1, among: Collection[str] = PROVIDERS) -> str:
    """Return the provider that `open_lab` takes, of those that will do, without opening it.

    Parameters
    ----------
    provider : str
    nodes : int
        As for `open_lab`.
    among : collection of str
        The providers that will do, for ``auto``.

    Raises
    ------
    LabError
        Where the provider is unknown, or cannot give so many nodes.
    """
    if provider == "auto":
        provider = os.environ.get("SOSC_LAB") or "auto"
    if provider == "auto":
        return _first(nodes, among)
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


def _first(nodes: int, among: Collection[str]) -> str:
    from sosclib.lab.architecture import architecture
    from sosclib.lab.host import HostLab
    from sosclib.lab.system_packages import find_program

    if nodes == 1 and HostLab.answers():
        return "host"
    if "dind" in among and find_program(architecture().emulator) is None and HostLab.answers():
        return "dind"
    return "vm"
