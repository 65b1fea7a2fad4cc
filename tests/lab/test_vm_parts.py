"""What the virtual machines are made of: disks, files made aside, the accelerator, the smallest guest."""

import io
import json
import os
import platform
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from sosclib.lab.architecture import architecture
from sosclib.lab.aside import made_aside, remove_leftovers, write_aside
from sosclib.lab.errors import LabError
from sosclib.lab.system_packages import find_program
from sosclib.lab.vm import accelerator as accelerator_module
from sosclib.lab.vm import qemu, tiny
from sosclib.lab.vm.accelerator import Accelerator, accelerator
from sosclib.lab.vm.disk import make_disk
from sosclib.lab.vm.kernel import Kernel
from sosclib.lab.vm.tiny import NoBoot, boot_tiny

BUILD = (
    "from sosclib.lab.vm.image import machine_image; machine_image(lambda phase: print(phase, flush=True))"
)

TRYING = "Trying whether a guest boots under KVM"


def a_tar(path: Path) -> Path:
    members = {
        "./root": (tarfile.DIRTYPE, 0o700, 0, 0, b""),
        "./shadow": (tarfile.REGTYPE, 0o640, 0, 42, b"secret"),
        "./home": (tarfile.DIRTYPE, 0o755, 1000, 1000, b""),
        "./home/a file": (tarfile.REGTYPE, 0o4755, 1000, 1001, b"hello"),
        "./locked": (tarfile.REGTYPE, 0o000, 7, 8, b"x"),
    }
    with tarfile.open(path, "w") as tar:
        for name, (kind, mode, uid, gid, content) in members.items():
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.uid, member.gid, member.size = kind, mode, uid, gid, len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_a_disk_has_the_archives_owners_and_modes_whoever_makes_it(tmp_path):
    disk = tmp_path / "disk.raw"
    make_disk(a_tar(tmp_path / "a.tar"), disk)
    wanted = {
        "/root": ("700", "0", "0"),
        "/shadow": ("640", "0", "42"),
        "/home": ("755", "1000", "1000"),
        "/home/a file": ("4755", "1000", "1001"),
        "/locked": ("0", "7", "8"),
    }
    for path, (mode, uid, gid) in wanted.items():
        stat = qemu.run([qemu.tool("debugfs"), "-R", f'stat "{path}"', str(disk)]).split()
        assert int(stat[stat.index("Mode:") + 1], 8) == int(mode, 8), path
        assert (stat[stat.index("User:") + 1], stat[stat.index("Group:") + 1]) == (uid, gid), path
    assert qemu.run([qemu.tool("debugfs"), "-R", 'cat "/home/a file"', str(disk)]) == "hello"
    qemu.run([find_program("e2fsck"), "-f", "-n", str(disk)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "disk.raw"]


def test_a_folder_takes_its_name_only_when_whole(tmp_path):
    with pytest.raises(RuntimeError), made_aside(tmp_path / "it") as aside:
        (aside / "half").touch()
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    with made_aside(tmp_path / "it") as aside:
        (aside / "whole").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["it", "whole"]


def test_what_a_killed_maker_left_is_removed_by_the_next(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from sosclib.lab.aside import made_aside\n"
        "with made_aside(Path(sys.argv[1])): print(flush=True); time.sleep(60)"
    )
    maker = subprocess.Popen([sys.executable, "-c", script, tmp_path / "it"], stdout=subprocess.PIPE)
    maker.stdout.readline()
    with made_aside(tmp_path / "it"):
        assert len(list(tmp_path.iterdir())) == 2, "one that still works must be left in peace"
    maker.kill()
    maker.communicate()
    with made_aside(tmp_path / "it"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def test_what_another_computer_makes_in_a_shared_folder_is_left_in_peace(tmp_path, monkeypatch):
    monkeypatch.setattr("sosclib.lab.aside.os.getpid", lambda: 2**22 + 1)  # no process here has that number
    monkeypatch.setattr("sosclib.lab.aside.HERE", "elsewhere.example.org")
    with made_aside(tmp_path / "it"):
        monkeypatch.setattr("sosclib.lab.aside.HERE", "here")
        remove_leftovers(tmp_path / "it")
        assert len(list(tmp_path.iterdir())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def test_a_file_is_written_whole_with_its_mode(tmp_path):
    write_aside(tmp_path / "secret", "x", 0o600)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def wait_until_half_made(build, folder):
    """Wait until a build has told of the kernel, and mmdebstrap's folder has files of a system."""
    assert b"kernel" in build.stdout.readline()
    while not any(folder.glob("mmdebstrap.*/var")):
        assert build.poll() is None, "it ended before there was half a system"
        time.sleep(0.05)


@pytest.mark.vm
def test_a_killed_build_leaves_nothing_that_counts_as_an_image(tmp_path):
    environment = {**os.environ, "SOSC_CACHE": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    build = subprocess.Popen([sys.executable, "-c", BUILD], env=environment, stdout=subprocess.PIPE)
    wait_until_half_made(build, tmp_path)
    build.kill()
    build.communicate()
    names = [path.name for path in (tmp_path / "cache").iterdir()]
    assert any(name.startswith(".kernel-") for name in names), names
    assert not any(name.startswith("kernel-") for name in names), names
    begin = time.monotonic()
    while any(tmp_path.glob("mmdebstrap.*")):
        assert time.monotonic() - begin < 120, "the half-made system stays"
        time.sleep(0.5)


@pytest.mark.vm
def test_an_interrupted_build_ends_at_once_and_leaves_nothing(tmp_path):
    environment = {**os.environ, "SOSC_CACHE": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    # A program started in the background may ignore interrupts, and hand that down.
    listening = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {BUILD}"
    build = subprocess.Popen(
        [sys.executable, "-c", listening], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    wait_until_half_made(build, tmp_path)
    build.send_signal(signal.SIGINT)
    build.communicate(timeout=30)
    assert list((tmp_path / "cache").iterdir()) == []
    assert not any(tmp_path.glob("mmdebstrap.*"))


@pytest.mark.vm
def test_a_full_disk_is_named_and_nothing_half_made_stays(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    build = f"SOSC_CACHE={cache} {sys.executable} -c '{BUILD}'; ls -A {cache}"
    # Root gets a disk of 8 MB; an ordinary user, who may mount none, gets a limit of as much to a file.
    command = (
        ["sh", "-c", f"ulimit -f 16384; {build}"]
        if os.geteuid()
        else ["unshare", "-m", "sh", "-c", f"mount -t tmpfs -o size=8m none {cache} && {build}"]
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "There is no room for the machines' disk." in done.stderr
    assert "SOSC_CACHE" in done.stderr
    assert done.stdout.split("\n", 1)[1].strip() == "", done.stdout


@pytest.mark.vm
def test_the_smallest_machine_says_hello_under_a_kernel_of_its_own():
    guest = boot_tiny()
    assert guest.greeting.startswith("Hello")
    assert guest.kernel != platform.release()
    assert guest.accelerator == accelerator().name


@pytest.mark.vm
def test_a_machine_that_hangs_is_ended_and_named():
    with pytest.raises(NoBoot, match=r"did not boot within 0 s"):
        boot_tiny(Accelerator("tcg", "for this test"), limit=0.2)


EMULATOR = """#!/bin/sh
while [ "$1" != -initrd ]; do shift; done
grep -q "a busybox" "$2" && printf 'GREETING hello\\nKERNEL 6\\n'
"""


def test_the_smallest_machine_boots_from_a_cache_that_may_not_be_written_to(tmp_path, monkeypatch):
    emulator, folder = tmp_path / "emulator", tmp_path / "cache"
    emulator.write_text(EMULATOR)
    emulator.chmod(0o755)
    folder.mkdir()
    (folder / "busybox").write_text("a busybox")
    monkeypatch.setattr("os.access", lambda _, wanted: not wanted & os.W_OK)  # root may do all
    monkeypatch.setenv("SOSC_CACHE", str(folder))
    monkeypatch.setattr(tiny, "tool", lambda _: str(emulator))
    monkeypatch.setattr(tiny, "kernel", lambda _: Kernel("key", folder))
    assert boot_tiny(Accelerator("tcg", "for this test")).greeting == "hello"
    assert [file.name for file in folder.iterdir()] == ["busybox"]


@pytest.fixture
def no_accelerator_known(tmp_path, monkeypatch):
    """Let no accelerator be known, and what is found be kept for this test alone."""
    monkeypatch.delenv("SOSC_ACCELERATOR", raising=False)
    monkeypatch.setattr(accelerator_module, "cache_dir", lambda: tmp_path)


@pytest.mark.vm
@pytest.mark.usefixtures("no_accelerator_known")
def test_the_accelerator_is_found_by_a_boot_and_remembered():
    phases: list[str] = []
    first = accelerator(phases.append)
    again = accelerator(lambda phase: pytest.fail(f"{phase}: it should be known"))
    assert first == again
    if accelerator_module.DEVICE.exists() and os.access(accelerator_module.DEVICE, os.R_OK | os.W_OK):
        assert phases[0] == TRYING
        assert "boot" in first.evidence
    else:
        assert phases == []
        assert first.name == "tcg"
    assert repr(first).startswith(f"{first.name}: ")


@pytest.mark.usefixtures("no_accelerator_known")
def test_a_kvm_under_which_guests_hang_is_tried_once_and_not_taken(tmp_path, monkeypatch):
    device = tmp_path / "kvm"
    device.touch()
    monkeypatch.setattr(accelerator_module, "DEVICE", device)
    monkeypatch.setattr(accelerator_module, "LIMIT", 0.2)
    monkeypatch.setattr(accelerator_module.qemu, "version", lambda: "of this test")
    monkeypatch.setattr(tiny, "kernel", lambda progress: None)
    monkeypatch.setattr(tiny, "_initramfs", lambda files: b"")
    monkeypatch.setattr(tiny, "_command", lambda *_: ["sleep", "600"])
    phases: list[str] = []
    first, again = accelerator(phases.append), accelerator(phases.append)
    assert phases == [TRYING]
    assert first == again
    assert first.name == "tcg"
    assert f"{device} is there, but no guest boots." in first.evidence
    assert "did not boot within 0 s under kvm" in first.evidence
    assert "did not boot" in (tmp_path / "accelerator.json").read_text()


def test_an_unknown_accelerator_or_architecture_is_refused(monkeypatch):
    monkeypatch.setenv("SOSC_ACCELERATOR", "magic")
    with pytest.raises(LabError, match="magic"):
        accelerator()
    with pytest.raises(LabError, match="vax"):
        architecture("vax")
    assert architecture("arm64").name == "aarch64"
    assert json.dumps(architecture("x86_64").tested) == "true"
