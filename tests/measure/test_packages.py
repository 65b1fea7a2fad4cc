"""What is in an image: asked of an image that is out of date for real, and of one that has no packages."""

import subprocess
import uuid

import pytest

from sosclib.engine.snapshot import objects
from sosclib.lab.errors import LabError
from sosclib.lab.package_index import Offer, PackageIndex, package_index
from sosclib.lab.registry import remove_registry, start_registry
from sosclib.measure.packages import OTHER, PROSE, UNTOLD, _old, families, licences, outdated
from tests.measure.machine import machine

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def stocked(client):
    """Give the name of the image that nobody has built again, and of one without a package manager."""
    before = objects(client)
    name = f"sosc-test-registry-{uuid.uuid4().hex[:8]}"
    registry = start_registry(client, name=name)
    references = {role: registry.stock(role) for role in ("stale", "small")}
    for reference in references.values():
        client.images.pull(reference)
    yield references
    for reference in references.values():
        client.images.remove(reference, force=True)
    remove_registry(client, name=name)
    assert objects(client) == before


@pytest.fixture
def vm1(monkeypatch, tmp_path):
    with machine(monkeypatch, tmp_path) as vm1:
        yield vm1


def older(left, right):
    return subprocess.run(["dpkg", "--compare-versions", left, "lt", right], check=False).returncode == 0


def test_what_is_out_of_date_is_what_dpkg_says_of_each_package(vm1, stocked, client, capsys):
    age = outdated(vm1, stocked["stale"])
    assert "dpkg-query -W" in capsys.readouterr().out
    listed = client.containers.run(
        stocked["stale"], ["dpkg-query", "-W", "-f", "${Package} ${Version}\n"], remove=True
    )
    installed = dict(line.split() for line in listed.decode().splitlines())
    index = package_index("bookworm")
    expected = {
        name
        for name, version in installed.items()
        if name in index.packages and older(version, index.packages[name].version)
    }
    assert {one.package for one in age.old} == expected
    assert len(expected) > 3, "Debian 12 is mended in its archive of security updates only"
    assert age.total == len(installed) > 60
    assert {one.package for one in age.old if one.security} == {
        name for name in expected if index.packages[name].security
    }
    assert all(older(one.installed, one.newest) for one in age.old)
    assert f"{len(expected)} of {age.total} packages are out of date" in repr(age)
    assert list(age.table["PACKAGE"]) == sorted(expected)


def test_versions_are_compared_by_debians_rules(vm1, stocked):
    versions = {
        "epoch": "2.0",
        "tilde": "1.0~rc1",
        "letters": "1.0a",
        "number": "1.9",
        "same": "1.0-1",
        "own": "1",
    }
    newest = {"epoch": "1:0.5", "tilde": "1.0", "letters": "1.0b", "number": "1.10", "same": "1.0-1"}
    index = PackageIndex("bookworm", "2026-01-01", {n: Offer(v, n == "tilde") for n, v in newest.items()})
    found = _old(vm1, stocked["stale"], versions, index)
    assert [one.package for one in found] == ["epoch", "letters", "number", "tilde"]
    assert [one.security for one in found] == [False, False, False, True]


def test_terms_are_counted_and_every_package_of_the_image_has_some(vm1, stocked):
    table = licences(vm1, stocked["stale"])
    counts = dict(zip(table["LICENCE"], table["PACKAGES"], strict=True))
    assert counts["GPL"] > counts["LGPL"] > 0
    assert UNTOLD not in counts
    assert list(table["PACKAGES"]) == sorted(table["PACKAGES"], reverse=True)


def test_an_image_without_a_list_of_packages_is_told(vm1, stocked):
    for ask in (outdated, licences):
        with pytest.raises(LabError, match="Nobody can tell"):
            ask(vm1, stocked["small"])


def test_licences_fall_into_families():
    text = "\n".join(
        [
            "Package: one",
            "License: GPL-2+ and LGPL-2.1+",
            "/common-licenses/GPL-2",
            "Package: two",
            "License: BSD-3-clause or Expat",
            "License: public-domain",
            "License: SomethingElse",
            "Package: three",
            "Package: four",
            "None:",
        ]
    )
    assert families(text) == {
        "one": {"GPL", "LGPL"},
        "two": {"BSD", "MIT", "public domain", OTHER},
        "three": {PROSE},
        "four": {UNTOLD},
    }
