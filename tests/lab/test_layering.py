"""A layer has what is new, what changed and what is gone, and nothing else."""

import io
import tarfile

import pytest

from sosclib.lab.layering import entries, read_file, write_difference

YEAR_2000 = 946_684_800
CAPABILITY = "SCHILY.xattr.security.capability"


def write(path, *members):
    """Write a tar archive; a member is a name, its content (None for a folder), and what is special."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, content, changes in members:
            member = tarfile.TarInfo(f"./{name}")
            member.mtime, member.mode = YEAR_2000, 0o644
            if content is None:
                member.type, member.mode = tarfile.DIRTYPE, 0o755
            for key, value in changes.items():
                setattr(member, key, value)
            data = content or b""
            member.size = len(data) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(data))
    return path


def one(name, content=b"", **changes):
    return name, content, changes


def folder(name, **changes):
    return name, None, changes


def link(name, target, kind=tarfile.SYMTYPE):
    return name, b"", {"type": kind, "linkname": target}


@pytest.fixture
def layer(tmp_path):
    """Give a function that returns the members of the layer between two file systems, by name."""

    def between(before, after, now=YEAR_2000 + 100):
        base, root = write(tmp_path / "base.tar", *before), write(tmp_path / "root.tar", *after)
        target = tmp_path / "layer.tar"
        write_difference(base, root, target, passed_over=("proc", "etc/resolv.conf"), now=now)
        with tarfile.open(target) as tar:
            return {member.name: member for member in tar}

    return between


def test_the_same_files_at_another_hour_are_no_difference(layer):
    before = [folder("etc"), one("etc/a", b"1")]
    assert layer(before, [folder("etc"), one("etc/a", b"1", mtime=YEAR_2000 + 5)]) == {}


@pytest.mark.parametrize(
    "after",
    [
        one("etc/a", b"2"),
        one("etc/a", b"1", mode=0o600),
        one("etc/a", b"1", uid=7),
        one("etc/a", b"1", gid=7),
        link("etc/a", "b"),
        one("etc/a", b"1", pax_headers={CAPABILITY: "yes"}),
    ],
    ids=["content", "mode", "owner", "group", "kind", "capability"],
)
def test_what_changed_comes_with_the_folders_above_it(layer, after):
    before = [folder("etc"), folder("usr"), one("etc/a", b"1"), one("etc/b", b"1")]
    found = layer(before, [folder("etc", mode=0o750), folder("usr"), after, one("etc/b", b"1")])
    assert sorted(found) == ["etc", "etc/a"]
    assert found["etc"].mode == 0o750
    assert found["etc/a"].pax_headers == after[2].get("pax_headers", {})


def test_what_is_gone_is_marked_once(layer):
    before = [folder("var"), folder("var/a"), one("var/a/1"), one("var/b"), one("c")]
    assert sorted(layer(before, [folder("var")])) == [".wh.c", "var", "var/.wh.a", "var/.wh.b"]


def test_a_folder_that_became_a_file_leaves_no_marks_below_it(layer):
    assert sorted(layer([folder("a"), one("a/b")], [one("a", b"1")])) == ["a"]


def test_a_file_with_two_names_comes_whole(layer):
    before = [one("a", b"1"), link("b", "./a", tarfile.LNKTYPE)]
    found = layer(before, [one("a", b"2"), link("b", "./a", tarfile.LNKTYPE)])
    assert [(name, member.islnk(), member.linkname) for name, member in found.items()] == [
        ("a", False, ""),
        ("b", True, "a"),
    ]
    again = layer([one("a", b"1")], [one("a", b"1"), link("b", "./a", tarfile.LNKTYPE)])
    assert list(again) == ["a", "b"], "a second name alone would point at nothing"


def test_what_the_makers_laid_out_is_no_part_of_it(layer):
    after = [folder("etc"), one("etc/resolv.conf", b"x"), folder("proc"), one("proc/1")]
    assert sorted(layer([folder("etc"), one("etc/resolv.conf", b"y")], after)) == []


def test_no_file_is_of_the_hour_of_its_making(layer):
    after = [one("old", b"1", mtime=YEAR_2000 + 7), one("young", b"2", mtime=YEAR_2000 + 500)]
    found = layer([], after)
    assert {name: member.mtime for name, member in found.items()} == {
        "old": YEAR_2000 + 7,
        "young": YEAR_2000 + 7,
    }


def test_one_file_is_read_out_of_an_archive(tmp_path):
    archive = write(tmp_path / "a.tar", folder("etc"), one("etc/a", b"words"))
    assert read_file(archive, "etc/a") == b"words"
    assert read_file(archive, "etc/b") == b""
    assert list(entries(archive, ("etc/a",))) == ["etc"]
