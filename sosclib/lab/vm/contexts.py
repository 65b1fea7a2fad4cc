"""Docker contexts on this computer: any Docker client finds the machines' engines by name."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

from sosclib.lab.aside import write_aside
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.machine import SPECS, Spec


def write_contexts(where: Folders) -> tuple[str, ...]:
    """Write a context for each machine and return their names."""
    return tuple(_write(spec, where) for spec in SPECS)


def remove_contexts(where: Folders) -> None:
    """Remove this lab's contexts; another lab's stay."""
    for spec in SPECS:
        for name in _names(spec, where):
            if _host(name) == _address(spec, where):
                shutil.rmtree(_file(name).parent)


def _write(spec: Spec, where: Folders) -> str:
    """Write one context under the plain name, or with the lab's name where that is taken."""
    free = (name for name in _names(spec, where) if _host(name) in (None, _address(spec, where)))
    name = next(free, _names(spec, where)[-1])
    content = {
        "Name": name,
        "Metadata": {"Description": f"{spec.title} of the course's lab {where.name}"},
        "Endpoints": {"docker": {"Host": _address(spec, where), "SkipTLSVerify": False}},
    }
    write_aside(_file(name), json.dumps(content))
    return name


def _names(spec: Spec, where: Folders) -> tuple[str, str]:
    return f"sosc-{spec.name}", f"sosc-{spec.name}-{where.name}"


def _address(spec: Spec, where: Folders) -> str:
    return f"unix://{where.engine(spec.name)}"


def _file(name: str) -> Path:
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    return folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"


def _host(name: str) -> str | None:
    """Return where a context leads; None where there is none, or one whose lab has gone."""
    try:
        host = str(json.loads(_file(name).read_text())["Endpoints"]["docker"]["Host"])
    except (OSError, ValueError, KeyError):
        return None
    return host if Path(host.removeprefix("unix://")).parent.exists() else None
