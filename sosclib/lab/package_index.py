"""What Debian offers: the newest version of each package of a release, kept in the cache with its date."""

from __future__ import annotations

import email.utils
import gzip
import json
import re
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sosclib.lab.architecture import architecture
from sosclib.lab.aside import open_folder, write_aside
from sosclib.lab.debian import bootstrap
from sosclib.lab.errors import LabError, NotFound, ToolMissing
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.paths import cache_dir

RELEASES = {"trixie": "Debian 13", "bookworm": "Debian 12"}
"""Whose index is kept: that of the course's images, and that of the one which is out of date on purpose."""
FETCHING = "fetching Debian's index"
NEWEST, SECURITY, DATES = "newest", "security", "dates"
SCRIPT = f"""
set -eu
root=$1
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
fields='^(Package|Version): '
apt-cache dumpavail | grep -E "$fields" > "$root/{NEWEST}"
apt-get indextargets --format '$(CODENAME) $(FILENAME)' 'Created-By: Packages' \\
    | grep -e '-security ' | cut -d' ' -f2- | while read -r file; do
    /usr/lib/apt/apt-helper cat-file "$file"
done | grep -E "$fields" > "$root/{SECURITY}"
grep -h '^Date: ' "$root"/var/lib/apt/lists/*Release > "$root/{DATES}"
rm -rf "$root/var" "$root/etc"
"""
"""Runs when apt knows all archives of the release; what it writes is all that the archive has in the end."""
STANZA = re.compile(r"^Package: (?P<name>\S+)\nVersion: (?P<version>\S+)$", re.M)


@dataclass(frozen=True)
class Offer:
    """The newest version of a package.

    Attributes
    ----------
    version : str
    security : bool
        Whether it comes from the archive of security updates.
    """

    version: str
    security: bool


@dataclass(frozen=True)
class PackageIndex:
    """What a release of Debian offered on some day.

    Attributes
    ----------
    suite : str
        Debian's name of the release.
    date : str
        ``2026-11-24``: when the newest of its archives was written.
    packages : mapping of str to Offer
    """

    suite: str
    date: str
    packages: Mapping[str, Offer]

    @property
    def title(self) -> str:
        """The release as people call it, ``Debian 13``."""
        return RELEASES[self.suite]


def package_index(suite: str, *, renew: bool = False, progress: Progress = quiet) -> PackageIndex:
    """Return the index of a release, out of the cache where that has it.

    Parameters
    ----------
    suite : str
        ``trixie``, say.
    renew : bool
        Fetch it anew; where that is not possible, the one in the cache is taken.
    progress : callable

    Raises
    ------
    NotFound
        For a release whose index the course does not keep.
    ToolMissing, LabError
        Where it is neither in the cache nor can be fetched.
    """
    if suite not in RELEASES:
        raise NotFound(
            f"The course keeps no index of the packages of {suite!r}.",
            "To tell what is out of date one must know what the newest is.",
            f"It keeps those of {', '.join(f'{name} ({title})' for name, title in RELEASES.items())}.",
        )
    file = cache_dir() / "packages" / f"{suite}-{architecture().name}.json.gz"
    if renew or not file.exists():
        progress(f"{FETCHING} of {suite}")
        try:
            _fetch(suite, file)
        except (LabError, ToolMissing) as error:
            if not file.exists():
                raise type(error)(
                    f"The index of the packages of {RELEASES[suite]} cannot be fetched.",
                    error.why or error.what,
                    error.help or "It takes the network once; `sosc prefetch` keeps it for the time without.",
                ) from error
            progress("kept the one that is there")
    return _read(suite, file)


def _fetch(suite: str, file: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="sosc-index-") as folder:
        root = Path(folder, "index.tar")
        bootstrap(
            root,
            packages=(),
            variant="custom",
            suite=suite,
            customize=(SCRIPT,),
            options=("--skip=output/dev,cleanup",),
        )
        with tarfile.open(root) as archive:
            found = {name: _text(archive, name) for name in (NEWEST, SECURITY, DATES)}
    security = set(_offered(found[SECURITY]))
    packages = {name: (version, (name, version) in security) for name, version in _offered(found[NEWEST])}
    dates = [
        email.utils.parsedate_to_datetime(line.removeprefix("Date: ")) for line in found[DATES].splitlines()
    ]
    text = json.dumps({"date": f"{max(dates):%Y-%m-%d}", "packages": packages})
    open_folder(file.parent, to_write=True)
    write_aside(file, gzip.compress(text.encode(), mtime=0))


def _read(suite: str, file: Path) -> PackageIndex:
    kept = json.loads(gzip.decompress(file.read_bytes()))
    return PackageIndex(
        suite, kept["date"], {name: Offer(*offer) for name, offer in kept["packages"].items()}
    )


def _text(archive: tarfile.TarFile, name: str) -> str:
    content = archive.extractfile(f"./{name}")
    return content.read().decode() if content else ""


def _offered(text: str) -> Iterator[tuple[str, str]]:
    for found in STANZA.finditer(text):
        yield found["name"], found["version"]
