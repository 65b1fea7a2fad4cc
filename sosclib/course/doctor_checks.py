"""The doctor's checks; each is quick, changes nothing, and answers with one finding."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from sosclib.course.catalogue import HUB, ROLES, hub_answer
from sosclib.course.doctor import FAIL, OK, WARN, Check, Finding
from sosclib.lab import system_packages
from sosclib.lab.errors import SoscError, ToolMissing
from sosclib.lab.paths import cache_dir, state_dir

GIB = 2**30
DISK_GOOD, DISK_LEAST = 8, 3
"""GiB in the cache folder: both machines with their checkpoints, and the build's temporary files."""
MEMORY_GOOD = 3
"""GiB: both machines with 1 GiB each, and a notebook."""
OLDEST_PYTHON = (3, 11)
PATIENCE = 2
MACHINES = "real machines"
PORTS = (5000, 5001, 8080, 8081, 8082)
"""What the course publishes on this computer: its registries' ports, and those of the sections' pages."""


def check_python() -> Finding:
    """Is this Python new enough."""
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return Finding("Python", FAIL, f"{version} is too old", "Install Python 3.11 or newer.")
    return Finding("Python", OK, version)


def check_packages() -> Finding:
    """Are the Python packages here, in versions that fit."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in metadata.requires("sosclib") or ()]
    core = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    wrong = [f"{one.name} ({found or 'missing'})" for one in core if (found := _unfit(one)) is not None]
    if wrong:
        return Finding("Python packages", FAIL, "not as needed: " + ", ".join(wrong), "make clean setup")
    return Finding("Python packages", OK, f"all {len(core)} are here")


def _unfit(requirement: Any) -> str | None:
    """Return the version that does not fit, "" for a missing package, None where all is well."""
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return ""
    return None if requirement.specifier.contains(version, prereleases=True) else version


def check_inventory() -> Finding:
    """Does the inventory say which real machines the course is to use."""
    from sosclib.lab.ssh.inventory import read_inventory

    inventory = read_inventory()
    named = [file for one in inventory.machines for file in (one.identity_file, one.known_hosts) if file]
    missing = next((file for file in named if not file.exists()), None)
    if missing:
        return Finding(MACHINES, WARN, f"{missing} is not there", f"It is named by {inventory.path}.")
    found = ", ".join(f"{one.title} at {one.host}" for one in inventory.machines)
    return Finding(MACHINES, OK, f"{found}; `sosc up --lab ssh` logs in")


def check_engine() -> Finding:
    """Does an engine answer here, and which API does it speak."""
    import docker

    try:
        client = docker.from_env(timeout=PATIENCE)
        facts: dict[str, Any] = client.version()
    except Exception as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        if not system_packages.missing():
            return Finding(
                "Docker Engine",
                WARN,
                f"none answers ({why})",
                "Not needed: the lab's virtual machines bring one.",
            )
        return Finding(
            "Docker Engine", FAIL, f"none answers ({why})", "Start one, or install QEMU: sosc setup"
        )
    client.close()
    text = f"{facts['Version']}, API {facts['ApiVersion']}, kernel {facts.get('KernelVersion', 'unknown')}"
    return Finding("Docker Engine", OK, text)


def check_cli() -> Finding:
    """Is the command `docker` installed."""
    program = shutil.which("docker")
    if program is None:
        return Finding(
            "docker command",
            WARN,
            "not installed",
            "Install Docker's CLI: section 04 uses it on a host lab, and so do you.",
        )
    run = subprocess.run(
        [program, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return Finding("docker command", OK, run.stdout.strip() or program)


def check_compose() -> Finding:
    """Can this computer's CLI compose stacks, or is there a plugin that the course gives to its own."""
    from sosclib.lab.compose_plugin import has_plugin

    program = shutil.which("docker")
    if program is not None:
        run = subprocess.run(
            [program, "compose", "version"], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if run.returncode == 0:
            return Finding("Compose", OK, run.stdout.strip())
    if has_plugin():
        return Finding("Compose", OK, "Debian's, which the course uses for its own commands")
    return Finding(
        "Compose",
        OK,
        "`docker compose` is not installed; when first needed it is taken out of Debian's package",
        "`sosc prefetch` takes it now; for your own terminal install docker-compose-plugin.",
    )


def check_system_packages() -> Finding:
    """Are the programs here that build and run virtual machines."""
    missing = system_packages.missing()
    if not missing:
        return Finding("system packages", OK, "all are here")
    names = ", ".join(package.name for package in missing)
    return Finding(
        "system packages", WARN, f"missing: {names}", "sosc setup (sections on two machines need them)"
    )


def check_qemu() -> Finding:
    """Is QEMU here, and new enough."""
    from sosclib.lab.vm import qemu

    try:
        return Finding("QEMU", OK, qemu.version())
    except ToolMissing:
        return Finding("QEMU", WARN, "not installed", "sosc setup (sections on two machines need it)")
    except SoscError as error:
        return Finding("QEMU", WARN, error.what, error.help.splitlines()[0] if error.help else "")


def check_accelerator() -> Finding:
    """Which accelerator runs the machines; only where the answer is known already, or known at once."""
    from sosclib.lab.vm.accelerator import known

    try:
        answer = known()
    except ToolMissing:
        return Finding("accelerator", WARN, "without QEMU there is none", "sosc setup")
    if answer is None:
        return Finding("accelerator", OK, "not tried yet", "sosc up finds out by booting a small machine.")
    found = f"{answer.name}: {' '.join(answer.evidence.split())}"
    if answer.name == "kvm":
        return Finding("accelerator", OK, found)
    again = " sosc doctor --again tries KVM once more." if answer.tried else ""
    return Finding("accelerator", WARN, found, f"All works without KVM, only slower.{again}")


def check_disk() -> Finding:
    """Is there room for the lab."""
    # Images are in the one; the machines' own disks, with their checkpoints, in the other.
    places = {"SOSC_CACHE": ("cache", cache_dir()), "SOSC_STATE": ("state", state_dir())}
    room = {variable: shutil.disk_usage(folder).free / GIB for variable, (_, folder) in places.items()}
    variable = min(room, key=lambda one: room[one])
    free = room[variable]
    text = f"{free:.0f} GiB free in the {places[variable][0]} folder"
    if free < DISK_LEAST:
        return Finding(
            "disk", FAIL, text, f"Free at least {DISK_LEAST} GiB, or set {variable} to another disk."
        )
    if free < DISK_GOOD:
        return Finding("disk", WARN, text, f"{DISK_GOOD} GiB are comfortable; {variable} names another disk.")
    return Finding("disk", OK, text)


def check_memory() -> Finding:
    """Is there memory for both machines."""
    free = available_memory()
    if free is None:
        return Finding("memory", OK, "this system does not tell what is available")
    text = f"{free / GIB:.1f} GiB available"
    if free < MEMORY_GOOD * GIB:
        return Finding("memory", WARN, text, f"Two machines want {MEMORY_GOOD} GiB: close other programs.")
    return Finding("memory", OK, text)


def available_memory() -> int | None:
    """Return the bytes that programs can still have, None where the system does not tell."""
    info = Path("/proc/meminfo")
    if info.exists():
        fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        return int(fields["MemAvailable"].split()[0]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def check_ports(ports: Sequence[int] = PORTS) -> Finding:
    """Are the ports free that the course publishes on this computer, or its own already."""
    taken = [port for port in ports if port_taken(port)]
    owners = {port: owner for port in taken if (owner := publisher(port)) is not None}
    others = [str(port) for port in taken if port not in owners]
    if others:
        return Finding(
            "ports",
            WARN,
            f"another program listens on {', '.join(others)}",
            "Stop it (ss -ltnp tells which), or set another port in a section's first cell; "
            "the course's registries take another port by themselves.",
        )
    own = [f"{port} is the course's own ({owner})" for port, owner in owners.items()]
    free = [str(port) for port in ports if port not in taken]
    return Finding("ports", OK, "; ".join([*own, *([f"{', '.join(free)} free"] if free else [])]))


def port_taken(port: int) -> bool:
    """Tell whether somebody listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(PATIENCE)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def publisher(port: int) -> str | None:
    """Return the name of the course's container that publishes a port."""
    import docker

    from sosclib.engine.ownership import LAB_LABEL, REGISTRY, ROLE_LABEL
    from sosclib.engine.snapshot import name

    labels = (LAB_LABEL, f"{ROLE_LABEL}={REGISTRY}")

    try:
        client = docker.from_env(timeout=PATIENCE)
        found = [client.api.containers(filters={"label": label}) for label in labels]
        client.close()
    except Exception:
        return None  # without an engine no container of the course can be the one that listens
    ours: list[dict[str, Any]] = [entry for entries in found for entry in entries]
    names = [name(one) for one in ours if any(p.get("PublicPort") == port for p in one.get("Ports") or ())]
    return f"container {names[0]}" if names else None


def check_images() -> Finding:
    """Are the course's own images made already."""
    from sosclib.lab.offline_images import is_made

    waiting = [role for role in ROLES if not is_made(role)]
    made = f"{len(ROLES) - len(waiting)} of {len(ROLES)} made"
    if waiting:
        return Finding(
            "offline images",
            OK,
            f"{made}; when first needed: {', '.join(waiting)}",
            "Half a minute each, once; `sosc prefetch` makes them all now.",
        )
    return Finding("offline images", OK, made)


def check_udocker() -> Finding:
    """Is the archive with udocker and PRoot made already."""
    from sosclib.lab.udocker import archive_path

    try:
        made = archive_path().exists()
    except SoscError as error:
        return Finding("udocker", WARN, error.what, error.help)
    if made:
        return Finding("udocker", OK, "packed, with its PRoot")
    return Finding(
        "udocker", OK, "packed when first needed", "A few seconds, once; `sosc prefetch` does it now."
    )


def check_hub() -> Finding:
    """Does Docker Hub answer from here."""
    obstacle = hub_answer(HUB)
    if obstacle:
        return Finding(
            "Docker Hub", WARN, obstacle, "Not needed: the course's offline images take its place."
        )
    return Finding("Docker Hub", OK, "answers")


CHECKS: dict[str, Check] = {
    "Python": check_python,
    "Python packages": check_packages,
    "Docker Engine": check_engine,
    "docker command": check_cli,
    "Compose": check_compose,
    "system packages": check_system_packages,
    "QEMU": check_qemu,
    "accelerator": check_accelerator,
    "disk": check_disk,
    "memory": check_memory,
    "ports": check_ports,
    "offline images": check_images,
    "udocker": check_udocker,
    "Docker Hub": check_hub,
}


def checks() -> dict[str, Check]:
    """Return the checks for this computer: that of real machines only where somebody has named some."""
    from sosclib.lab.ssh.inventory import inventory_path

    return {**CHECKS, **({MACHINES: check_inventory} if inventory_path().exists() else {})}
