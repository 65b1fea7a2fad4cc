"""Why an ordinary user may not have a root of their own for a moment, and what lets them."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from sosclib.lab.errors import LabError

SWITCHES = (
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user.max_user_namespaces", "0", "15000"),
)
"""Settings of the kernel: name, value that forbids, value that allows."""
RANGE = "100000-165535"


def closed_namespaces() -> LabError:
    """Return the error of a build that found no way to be root inside its own files."""
    reasons, cures = [], []
    for name, forbids, allows in SWITCHES:
        if _setting(name) == forbids:
            reasons.append(f"{name} is {forbids}")
            cures.append(f"sudo sysctl -w {name}={allows}")
    user = pwd.getpwuid(os.getuid()).pw_name
    lacking = [file for file in ("subuid", "subgid") if not _has_range(Path("/etc") / file, user)]
    if lacking:
        reasons.append(f"{user} has no line in {' and '.join(f'/etc/{file}' for file in lacking)}")
        options = " ".join(f"--add-{file}s {RANGE}" for file in lacking)
        cures.append(f"sudo usermod {options} {user}")
    return LabError(
        "The machines' system cannot be made by an ordinary user here: user namespaces are closed.",
        "; ".join(reasons) or "The kernel does not say why.",
        "\n".join(cures) or "sudo apt-get install fakechroot fakeroot   (another way to the same end)",
    )


def _setting(name: str) -> str:
    try:
        return (Path("/proc/sys") / name.replace(".", "/")).read_text().strip()
    except OSError:
        return ""


def _has_range(file: Path, user: str) -> bool:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return False
    return any(line.split(":")[0] in (user, str(os.getuid())) for line in lines)
