"""udocker and PRoot as one archive: whole, made once, and enough for an ordinary user without any network."""

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from sosclib.course.doctor_checks import check_udocker
from sosclib.lab.errors import ToolMissing
from sosclib.lab.offline_images import offline_image
from sosclib.lab.paths import data_dir
from sosclib.lab.udocker import FILES, SCRIPT, archive_path, udocker_archive

from .ordinary_user import User

MOUNTS = Path("/proc/self/mounts")
AS_ANYONE = """
import pathlib, socket, subprocess
def udocker(*words):
    done = subprocess.run(["./udocker", *words], capture_output=True, text=True)
    assert not done.returncode, (words, done.stdout, done.stderr)
    return done.stdout
subprocess.run(["tar", "-xzf", "udocker.tar.gz"], check=True)
udocker("install")
udocker("import", "small.tar", "small:1")
udocker("create", "--name=box", "small:1")
print(udocker("run", "--nobanner", "box", "whoami").strip())
pathlib.Path("out").mkdir()
bind = f"{pathlib.Path('out').resolve()}:/out"
udocker("run", "--nobanner", "-v", bind, "box", "sh", "-c", "echo 42 > /out/it")
about = pathlib.Path("out/it").stat()
print(pathlib.Path("out/it").read_text().strip(), about.st_uid == __import__("os").getuid())
udocker("export", "-o", "again.tar", "box")
print(udocker("rm", "box").strip().split(":")[0])
print(sorted(path.name for path in pathlib.Path.home().iterdir() if "udocker" in path.name))
"""


@pytest.fixture(scope="module")
def archive():
    return udocker_archive()


@pytest.fixture
def unpacked(archive, tmp_path):
    with tarfile.open(archive) as files:
        files.extractall(tmp_path, filter="data")
    return tmp_path


def run(folder, *words, **environment):
    return subprocess.run(
        ["./udocker", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def layer():
    """Return the file system of the smallest image, as a tar archive that is not compressed."""
    (file,) = offline_image("small").layers
    return subprocess.run(["gzip", "-dc", file], capture_output=True, check=True).stdout


def test_the_archive_has_all_that_is_needed_and_is_made_once(archive):
    with tarfile.open(archive) as files:
        names = files.getnames()
        packed = files.extractfile(f"{FILES}/tools.tar.gz").read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as tools:
        inside = {name.removeprefix("udocker_dir/") for name in tools.getnames()}
    assert SCRIPT in names and f"{FILES}/lib/udocker/maincmd.py" in names
    assert {"bin/proot", "bin/proot.elf", "bin/libc.so.6", "bin/libtalloc.so.2", "lib/VERSION"} <= inside
    before = archive.stat()
    assert udocker_archive() == archive and archive.stat() == before


def test_a_letter_of_our_own_parts_makes_it_anew(archive, monkeypatch, tmp_path):
    shutil.copytree(data_dir() / "udocker", tmp_path / "udocker")
    monkeypatch.setattr("sosclib.lab.udocker.data_dir", lambda: tmp_path)
    assert archive_path() == archive
    with (tmp_path / "udocker" / "proot").open("a") as wrapper:
        wrapper.write("# another letter\n")
    assert archive_path() != archive


def test_the_doctor_says_whether_it_is_there(archive, monkeypatch, tmp_path):
    assert check_udocker().text == "packed, with its PRoot"
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path))
    assert "sosc prefetch" in check_udocker().fix


def test_without_the_package_it_is_said_what_to_do(monkeypatch):
    monkeypatch.setattr("sosclib.lab.udocker.PACKAGE", "no-such-package")
    with pytest.raises(ToolMissing, match="make clean setup"):
        udocker_archive()
    assert check_udocker().status == "warn"


def test_install_needs_neither_a_network_nor_the_home(unpacked, tmp_path):
    home = tmp_path / "somebody"
    home.mkdir()
    done = run(
        unpacked, "install", HOME=str(home), http_proxy="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9"
    )
    assert "successful" in done.stdout, done.stderr
    assert not list(home.iterdir())
    assert (unpacked / FILES / "repo" / "bin" / "proot").exists()


def test_debians_proot_cannot_pretend_a_kernel_and_the_wrapper_does_not_ask_it_to(unpacked):
    run(unpacked, "install")
    bin_ = unpacked / FILES / "repo" / "bin"
    (loader,) = bin_.glob("ld-linux*")
    bare = [loader, "--library-path", bin_, bin_ / "proot.elf"]
    words = ["-k", "6.1.0", "-r", "/", "true"]
    assert subprocess.run([*bare, *words], capture_output=True, check=False).returncode
    assert not subprocess.run([bin_ / "proot", *words], capture_output=True, check=False).returncode


def test_the_wrapper_takes_the_first_k_only(unpacked):
    run(unpacked, "install")
    proot = unpacked / FILES / "repo" / "bin" / "proot"
    said = subprocess.run(
        [proot, "-0", "-k", "6.1.0", "-r", "/", "echo", "-k", "a  b", ""],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "-k a  b \n"


def test_a_script_alone_says_what_it_lacks(archive, tmp_path):
    with tarfile.open(archive) as files:
        files.extract(SCRIPT, tmp_path, filter="data")
    done = run(tmp_path, "version")
    assert done.returncode == 1 and "unpack udocker.tar.gz once more" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users, and others are ordinary")
def test_an_ordinary_user_needs_nothing_more(archive):
    user = User()
    try:
        shutil.copy(archive, user.home / "udocker.tar.gz")
        (user.home / "small.tar").write_bytes(layer())
        subprocess.run(["chown", "-R", f"{user.name}:", user.home], check=True)
        done = user.python(f"import os; os.chdir({str(user.home)!r})\n{AS_ANYONE}")
        assert done.stdout.splitlines() == [
            "root",
            "42 True",
            "Info",
            "['udocker', 'udocker-files', 'udocker.tar.gz']",
        ], done.stderr
    finally:
        user.remove()


def test_root_plays_an_ordinary_user_and_cannot_mount_either(unpacked):
    (unpacked / "small.tar").write_bytes(layer())
    for words in (["install"], ["import", "small.tar", "small:1"], ["create", "--name=box", "small:1"]):
        assert not run(unpacked, *words).returncode
    done = run(unpacked, "run", "--nobanner", "box", "sh", "-c", "mkdir /mnt; mount -t tmpfs none /mnt")
    assert done.returncode and "denied" in done.stderr
    # Whatever else this computer mounts meanwhile: nothing here, nor where the container means to.
    places = [Path(line.split()[1]) for line in MOUNTS.read_text().splitlines()]
    assert not [place for place in places if place == Path("/mnt") or unpacked in place.parents]
