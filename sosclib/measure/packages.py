"""What is in an image: its Debian packages, how many are out of date, and under which terms they stand."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sosclib.engine.handle import RunResult
from sosclib.lab.errors import LabError
from sosclib.lab.package_index import PackageIndex, package_index

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine
    from sosclib.engine.table import Table

LIST = "dpkg-query -W -f '${Package} ${Version}\\n'"
SUITE = "sed -n s/^VERSION_CODENAME=//p /etc/os-release"
COMPARE = """
compare() {
    while read -r name here newest; do
        if dpkg --compare-versions "$here" lt "$newest"; then echo "$name"; fi
    done
}
"""
"""Debian's own rule: no other order of versions is right, for letters, tildes and epochs count too."""
TERMS = """
packages=$(dpkg-query -W -f '${Package}\\n') || exit
for name in $packages; do
    echo "Package: $name"
    file=/usr/share/doc/$name/copyright
    test -e "$file" || echo None:
    test -e "$file" && grep -oE '^License: .*|/common-licenses/[A-Za-z.0-9-]+' "$file"
done
true
"""
OLD_COLUMNS = ("PACKAGE", "INSTALLED", "NEWEST", "SECURITY")
TERM_COLUMNS = ("LICENCE", "PACKAGES", "FOR INSTANCE")
FAMILIES = {
    "GPL": r"^A?GPL",
    "LGPL": r"^LGPL",
    "BSD": r"BSD",
    "MIT": r"^(?:MIT|Expat|X11|ISC)",
    "Apache": r"^Apache",
    "Artistic": r"^Artistic",
    "public domain": r"^(?:public.domain|PD)\b",
}
"""Licences with one root, and how their short names begin (https://spdx.org/licenses, and Debian's own)."""
OTHER, PROSE, UNTOLD = "other terms", "told in prose only", "no terms in the image"
INSTANCES = 3


@dataclass(frozen=True)
class Old:
    """A package that is older than the newest one."""

    package: str
    installed: str
    newest: str
    security: bool


@dataclass(frozen=True)
class PackageAge:
    """How old the packages of an image are.

    Attributes
    ----------
    image : str
    release : str
        ``Debian 12``.
    day : str
        When Debian's index was written that it was compared with, ``2026-11-24``.
    total : int
        How many packages the image has.
    old : tuple of Old
    """

    image: str
    release: str
    day: str
    total: int
    old: tuple[Old, ...]

    @property
    def security(self) -> int:
        """How many packages lack an update of security."""
        return sum(one.security for one in self.old)

    @property
    def table(self) -> Table:
        """The packages that are out of date."""
        from sosclib.engine.table import table

        rows = [
            {
                "PACKAGE": one.package,
                "INSTALLED": one.installed,
                "NEWEST": one.newest,
                "SECURITY": "yes" if one.security else "",
            }
            for one in self.old
        ]
        return table(rows, OLD_COLUMNS)

    def __repr__(self) -> str:
        return (
            f"{self.image}: {len(self.old)} of {self.total} packages are out of date, {self.security} of them"
            f" by security updates ({self.release}, as of {_day(self.day)})"
        )


def outdated(machine: Machine, image: str) -> PackageAge:
    """Compare the packages of an image with the newest ones of its release.

    Parameters
    ----------
    machine : Machine
    image : str
        Is a Debian system, with dpkg in it.

    Raises
    ------
    LabError
        Where it is none, so that nobody can tell from the image what is in it.
    NotFound
        Where the course has no index of its release.
    """
    machine.terminal.show(machine.title, f"docker run --rm {shlex.quote(image)} {LIST}")
    installed = dict(line.split(" ", 1) for line in _inside(machine, image, LIST).splitlines())
    index = package_index(_inside(machine, image, SUITE).strip())
    return PackageAge(image, index.title, index.date, len(installed), _old(machine, image, installed, index))


def licences(machine: Machine, image: str) -> Table:
    """Count the licences that the packages of an image stand under.

    Read are the files ``/usr/share/doc/*/copyright``, which Debian's policy demands of each package
    (https://www.debian.org/doc/debian-policy/ch-docs.html#copyright-information).

    Returns
    -------
    Table
        LICENCE (a family of them), PACKAGES (how many have something under it, so that the sum is larger than
        their number) and a few of these FOR INSTANCE.

    Raises
    ------
    LabError
        Where the image has no list of its packages.
    """
    from sosclib.engine.table import table

    shown = "sh -c 'cat /usr/share/doc/*/copyright'"
    machine.terminal.show(machine.title, f"docker run --rm {shlex.quote(image)} {shown} | grep ^License:")
    found = families(_inside(machine, image, TERMS))
    members: dict[str, list[str]] = {name: [] for name in (*FAMILIES, OTHER, PROSE, UNTOLD)}
    for package, names in sorted(found.items()):
        for name in names:
            members[name].append(package)
    counts = Counter({name: len(packages) for name, packages in members.items()})
    rows = [
        {"LICENCE": name, "PACKAGES": count, "FOR INSTANCE": ", ".join(members[name][:INSTANCES])}
        for name, count in counts.most_common()
        if count
    ]
    return table(rows, TERM_COLUMNS)


def families(text: str) -> dict[str, frozenset[str]]:
    """Return for each package the families of the licences that its file names."""
    found: dict[str, set[str]] = {}
    package = ""
    for line in text.splitlines():
        if line.startswith("Package: "):
            package = line.removeprefix("Package: ")
            found[package] = set()
        elif line == "None:":
            found[package].add(UNTOLD)
        else:
            terms = line.removeprefix("License: ").removeprefix("/common-licenses/")
            found[package] |= {_family(one) for one in re.split(r"\s+(?:and|or)\s+|[,;]\s*", terms) if one}
    return {name: frozenset(kinds or {PROSE}) for name, kinds in found.items()}


def _family(licence: str) -> str:
    for name, pattern in FAMILIES.items():
        if re.search(pattern, licence.strip(), re.IGNORECASE):
            return name
    return OTHER


def _old(machine: Machine, image: str, installed: dict[str, str], index: PackageIndex) -> tuple[Old, ...]:
    """Return what is older than the index says; a package that it does not know is somebody's own."""
    known = {name: version for name, version in installed.items() if name in index.packages}
    pairs = "\n".join(f"{name} {here} {index.packages[name].version}" for name, here in known.items())
    older = _inside(machine, image, f"{COMPARE}compare <<'END'\n{pairs}\nEND").split()
    return tuple(
        Old(name, known[name], index.packages[name].version, index.packages[name].security)
        for name in sorted(older)
    )


def _inside(machine: Machine, image: str, script: str) -> str:
    """Return what a shell in a container of an image writes.

    Raises
    ------
    LabError
    """
    command: Sequence[str] = ["-c", script]
    with machine.terminal.quietly():
        result = machine.containers.run(image, command, remove=True, entrypoint="sh", network="none")
        assert isinstance(result, RunResult)
    if result.exit_code:
        raise LabError(
            f"Nobody can tell from {image} which packages are in it.",
            result.output.strip().splitlines()[-1] if result.output.strip() else "",
            "It is no Debian system with dpkg; ask whoever made it for a list (an SBOM).",
        )
    return result.output


def _day(text: str) -> str:
    moment = date.fromisoformat(text)
    return f"{moment.day} {moment:%B %Y}"
