"""The index of Debian's packages: fetched once for real, and kept."""

import re
import subprocess

import pytest

from sosclib.lab import package_index as module
from sosclib.lab.errors import LabError, NotFound
from sosclib.lab.package_index import RELEASES, PackageIndex, package_index

pytestmark = [pytest.mark.timeout(300)]


@pytest.fixture
def no_network(monkeypatch):
    """Let the making of a system fail as it does without a network."""

    def fail(*_, **__):
        raise LabError("A Debian system could not be made of its packages.", "E: Temporary failure resolving")

    monkeypatch.setattr(module, "bootstrap", fail)


@pytest.mark.parametrize("suite", RELEASES)
def test_an_index_has_the_whole_release_with_its_date(suite):
    index = package_index(suite)
    assert len(index.packages) > 50_000
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", index.date)
    assert {"libc6", "dpkg", "openssl"} <= set(index.packages)
    secure = sum(offer.security for offer in index.packages.values())
    assert 0 < secure < len(index.packages) / 2
    assert index.title == RELEASES[suite]


def test_a_later_release_has_a_later_libc():
    old, new = (package_index(suite).packages["libc6"].version for suite in ("bookworm", "trixie"))
    assert subprocess.run(["dpkg", "--compare-versions", old, "lt", new], check=False).returncode == 0


def test_what_is_in_the_cache_needs_no_network(no_network):
    told = []
    kept = package_index("trixie")
    assert package_index("trixie", renew=True, progress=told.append) == kept
    assert told[-1] == "kept the one that is there"


def test_without_cache_and_network_the_message_says_what_helps(monkeypatch, tmp_path, no_network):
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path))
    with pytest.raises(LabError, match=r"(?s)Debian 13 cannot be fetched.*Temporary failure.*sosc prefetch"):
        package_index("trixie")
    assert list((tmp_path / "packages").glob("*") if (tmp_path / "packages").exists() else ()) == []


def test_one_that_is_fetched_anew_is_the_same_but_for_its_date(monkeypatch, tmp_path):
    kept = package_index("trixie")
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path))
    found = package_index("trixie")
    assert isinstance(found, PackageIndex)
    assert set(kept.packages) & set(found.packages) > {"libc6", "dpkg"}
    assert [file.name for file in (tmp_path / "packages").iterdir()] != []


def test_a_release_without_an_index_is_told():
    with pytest.raises(NotFound, match=r"(?s)'noble'.*trixie"):
        package_index("noble")
