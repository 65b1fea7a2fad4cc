"""The system packages that the lab of virtual machines needs: which, why, and how they are installed."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sosclib.lab.architecture import ALIASES
from sosclib.lab.errors import ToolMissing

# An ordinary user's PATH often lacks these, and mke2fs lives there.
ADMIN_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Programs of browsers that draw a page without a window, the preferred one first."""

INSTALL_COMMANDS = {
    "apt": "apt-get install --yes --no-install-recommends",
    "dnf": "dnf install",
    "pacman": "pacman -S",
    "zypper": "zypper install",
    "apk": "apk add",
}


@dataclass(frozen=True)
class SystemPackage:
    """A package of the operating system.

    Attributes
    ----------
    name : str
        As Debian and Ubuntu call it.
    why : str
        What the course does with it.
    programs, files : tuple of str
        It is there when all of these are.
    any_of : tuple of str
        Programs of which one is enough.
    elsewhere : mapping of str to str
        Its name for other package managers, where it differs; an empty name where it is not packaged.
    optional : bool
        Whether the course can be worked through without it.
    """

    name: str
    why: str
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False

    def present(self) -> bool:
        """Tell whether it is installed, by what it brings rather than by the package manager's records."""
        return (
            all(find_program(program) for program in self.programs)
            and all(Path(file).exists() for file in self.files)
            and (not self.any_of or any(find_program(program) for program in self.any_of))
        )

    def name_for(self, manager: str) -> str:
        """Return its name for a package manager; empty where it is not packaged."""
        return self.elsewhere.get(manager, self.name)


def packages(architecture: str = platform.machine()) -> tuple[SystemPackage, ...]:
    """Return the packages that the lab needs on this architecture, those for its core first."""
    architecture = ALIASES.get(architecture.lower(), architecture)
    suffix = "arm" if architecture == "aarch64" else "x86"
    return (
        SystemPackage(
            f"qemu-system-{suffix}",
            "runs the two virtual machines",
            programs=(f"qemu-system-{architecture}",),
            elsewhere={
                "dnf": f"qemu-system-{suffix}-core",
                "pacman": f"qemu-system-{architecture.replace('x86_64', 'x86')}",
                "zypper": f"qemu-{suffix}",
                "apk": f"qemu-system-{architecture}",
            },
        ),
        SystemPackage(
            "qemu-utils",
            "makes their disks and snapshots",
            programs=("qemu-img",),
            elsewhere=dict.fromkeys(("dnf", "pacman", "zypper", "apk"), "qemu-img"),
        ),
        SystemPackage(
            "mmdebstrap",
            "builds their system, and the offline images, from Debian packages",
            programs=("mmdebstrap",),
            elsewhere={"zypper": "", "apk": "", "pacman": ""},
        ),
        SystemPackage(
            "debian-archive-keyring",
            "proves that those packages are Debian's",
            files=("/usr/share/keyrings/debian-archive-keyring.gpg",),
            elsewhere={"dnf": "debian-keyring", "zypper": "", "apk": "debian-archive-keyring"},
        ),
        SystemPackage(
            "uidmap",
            "lets that build run without root",
            programs=("newuidmap", "newgidmap"),
            elsewhere={
                "dnf": "shadow-utils",
                "pacman": "shadow",
                "zypper": "shadow",
                "apk": "shadow-uidmap",
            },
        ),
        SystemPackage(
            "e2fsprogs", "puts their file system on a disk without root", programs=("mke2fs", "debugfs")
        ),
        SystemPackage(
            "openssh-client",
            "logs in to them, and brings their engines' sockets here",
            programs=("ssh", "ssh-keygen", "scp"),
            elsewhere={"dnf": "openssh-clients", "pacman": "openssh", "zypper": "openssh-clients"},
        ),
        SystemPackage("curl", "asks the course's registry what it has", programs=("curl",)),
        SystemPackage(
            "chromium-browser" if _distribution() == "ubuntu" else "chromium",
            "draws the notebooks in the tests that look at them through a browser",
            any_of=BROWSERS,
            optional=True,
        ),
    )


def find_browser() -> str | None:
    """Return the path of a browser that draws pages without a window, None where there is none."""
    return next((path for name in BROWSERS if (path := find_program(name))), None)


def _distribution() -> str:
    """Return the short name of this Linux distribution; empty where it does not say."""
    try:
        return platform.freedesktop_os_release().get("ID", "")
    except OSError:
        return ""


def missing(*, optional: bool = False) -> list[SystemPackage]:
    """Return what is not installed: the packages needed or, where asked for, the optional ones only."""
    return [package for package in packages() if package.optional == optional and not package.present()]


def find_program(name: str) -> str | None:
    """Return the path of a program, looking also where administrators' programs lie."""
    path = os.environ.get("PATH", os.defpath)
    return shutil.which(name, path=os.pathsep.join((path, *ADMIN_FOLDERS)))


def package_manager() -> str | None:
    """Return the short name of this system's package manager, or None where it is not a known one."""
    return next(
        (name for name, command in INSTALL_COMMANDS.items() if find_program(command.split()[0])), None
    )


def install_commands(wanted: Sequence[SystemPackage], manager: str) -> list[list[str]]:
    """Return the commands that install packages, with ``sudo`` where this user is not root."""
    names = [name for package in wanted if (name := package.name_for(manager))]
    commands = [[*INSTALL_COMMANDS[manager].split(), *names]] if names else []
    if manager == "apt":
        quietly = ["env", "DEBIAN_FRONTEND=noninteractive"]
        commands = [["apt-get", "update", "--quiet"], *([*quietly, *command] for command in commands)]
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    return [[*prefix, *command] for command in commands]


def advice(wanted: Sequence[SystemPackage]) -> str:
    """Return what a person can type to install packages on this system."""
    if (system := platform.system()) != "Linux":
        return f'The lab takes Linux, not {system}; README.md, "Your computer", tells what there is instead'
    manager = package_manager()
    if manager is None:
        names = ", ".join(package.name for package in wanted)
        return f"Install with your system's package manager (the names are Debian's): {names}"
    lines = [shlex.join(command) for command in install_commands(wanted, manager)]
    unpackaged = [package.name for package in wanted if not package.name_for(manager)]
    if unpackaged:
        lines.append(
            f"{', '.join(unpackaged)}: not among {manager}'s own packages; from its project or its community"
        )
    return "\n".join(lines)


def install(wanted: Sequence[SystemPackage]) -> None:
    """Install packages by apt, if there are any; the commands' output goes to the terminal.

    Raises
    ------
    ToolMissing
        Where the system has no apt, this user may not become root, the installation fails, or a package
        did not bring what it should.
    """
    if not wanted:
        return
    if package_manager() != "apt":
        raise ToolMissing("Packages are missing.", "Without apt they are installed by hand.", advice(wanted))
    if os.geteuid() != 0 and not find_program("sudo"):
        raise ToolMissing(
            "Packages are missing, and installing them needs root.",
            "You are not root, and there is no sudo.",
            "Ask the administrator of this machine for: " + " ".join(package.name for package in wanted),
        )
    for command in install_commands(wanted, "apt"):
        if subprocess.run(command, check=False).returncode:
            raise ToolMissing(f"`{shlex.join(command)}` failed.", "Its output is above.", advice(wanted))
    absent = [package.name for package in wanted if not package.present()]
    if absent:
        raise ToolMissing(f"Still missing after the installation: {', '.join(absent)}.")
