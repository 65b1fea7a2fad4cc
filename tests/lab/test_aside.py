"""What a class may share: a cache is open to others whatever its maker's umask, or its closure is told."""

import os
import stat

import pytest

from sosclib.lab.aside import made_aside, open_folder
from sosclib.lab.errors import LabError
from sosclib.lab.paths import cache_dir, state_dir


@pytest.fixture(autouse=True)
def umask():
    before = os.umask(0o077)
    yield
    os.umask(before)


def modes(folder):
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}


def test_what_is_made_in_a_cache_is_open_to_all(tmp_path):
    with made_aside(tmp_path / "cache" / "images" / "one") as aside:
        (aside / "blobs").mkdir()
        (aside / "blobs" / "layer").touch()
        (aside / "disk").touch(0o444)
        (aside / "program").touch()
        (aside / "program").chmod(0o700)
        (aside / "away").symlink_to("/nowhere")
    found = modes(tmp_path)
    assert found.pop("cache/images/one/away") == 0o777
    assert found == {
        "cache": 0o755,
        "cache/images": 0o755,
        "cache/images/one": 0o755,
        "cache/images/one/blobs": 0o755,
        "cache/images/one/blobs/layer": 0o644,
        "cache/images/one/disk": 0o444,
        "cache/images/one/program": 0o755,
    }


def test_what_is_private_stays_so(tmp_path):
    with made_aside(tmp_path / "state" / "keys", mode=0o700) as aside:
        (aside / "key").touch()
    assert modes(tmp_path) == {"state": 0o700, "state/keys": 0o700, "state/keys/key": 0o600}


def test_the_cache_is_open_and_the_state_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path / "above" / "cache"))
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    cache_dir()
    state_dir()
    assert modes(tmp_path) == {"above": 0o755, "above/cache": 0o755, "state": 0o700}


def test_what_other_programs_keep_beside_it_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.delenv("SOSC_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache_dir()
    assert modes(tmp_path) == {"cache": 0o700, "cache/sosc": 0o755}


def test_a_folder_that_was_there_keeps_its_mode(tmp_path):
    (tmp_path / "mine").mkdir()
    open_folder(tmp_path / "mine" / "cache")
    assert modes(tmp_path) == {"mine": 0o700, "mine/cache": 0o755}


@pytest.mark.parametrize(
    ("to_write", "what", "opens"),
    [(False, "is closed to you", True), (True, "may not be written to by you", False)],
)
def test_a_closed_cache_is_named_with_what_helps(tmp_path, monkeypatch, to_write, what, opens):
    def access(path, wanted):
        return not wanted & (os.W_OK if to_write else os.R_OK)

    monkeypatch.setattr("os.access", access)  # root may do all
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path / "cache"))
    with pytest.raises(LabError, match=what) as told:
        open_folder(cache_dir(), to_write=to_write)
    assert str(tmp_path / "cache") in told.value.what and "SOSC_CACHE" in told.value.help
    assert ("chmod" in told.value.help) == opens


def test_a_cache_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.mkdir", refused)
    with pytest.raises(LabError, match=f"{tmp_path}/a/b is closed to you"):
        open_folder(tmp_path / "a" / "b")
