"""`sosc setup` where a package is missing: it asks, it installs by apt, and says what did not come of it."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

SETUP = """
import os, sys
import sosclib.lab.system_packages as known
known.ADMIN_FOLDERS = ()
known.packages = lambda: (
    known.SystemPackage("abacus", "counts", programs=("abacus",)),
    known.SystemPackage("easel", "shows", programs=("easel",), optional=True),
)
os.geteuid = lambda: 1000
known.platform.system = lambda: "{system}"
from sosclib.cli import app
app(["setup", *sys.argv[1:]])
"""
APT = """#!/bin/sh
echo "apt-get $*" >>{log}
case "$1" in install) {does};; esac
"""
SUDO = """#!/bin/sh
echo sudo >>{log}
exec "$@"
"""
BRINGS = "printf '#!/bin/sh\\n' >{folder}/abacus; {chmod} +x {folder}/abacus"
UPDATE, INSTALL = "apt-get update --quiet", "apt-get install --yes --no-install-recommends abacus"
NOBODY = "unix:///nobody.sock"
BY_HAND = f"sudo {UPDATE}\nsudo env DEBIAN_FRONTEND=noninteractive {INSTALL}\n"


class Computer:
    """Programs of a computer's own: apt-get and sudo note what they are asked, and a package is missing."""

    def __init__(self, folder: Path, does: str = BRINGS) -> None:
        self.programs, self.log = folder / "programs", folder / "log"
        self.programs.mkdir()
        self.log.touch()
        (self.programs / "env").symlink_to(which("env"))
        does = does.format(folder=self.programs, chmod=which("chmod"))
        self._program("apt-get", APT.format(log=self.log, does=does))
        self._program("sudo", SUDO.format(log=self.log))

    def _program(self, name, text):
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def setup(self, *options, answer="", engine=False, system="Linux"):
        return subprocess.run(
            [sys.executable, "-c", SETUP.format(system=system), *options],
            env=os.environ | {"PATH": str(self.programs)} | ({} if engine else {"DOCKER_HOST": NOBODY}),
            input=answer,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def asked(self):
        return self.log.read_text().splitlines()


@pytest.mark.parametrize(("options", "answer"), [([], "y\n"), (["--yes"], ""), (["-y"], "")])
def test_packages_are_installed_by_apt_as_root_and_nobody_who_agreed_is_asked(tmp_path, options, answer):
    computer = Computer(tmp_path)
    done = computer.setup(*options, answer=answer)
    assert done.returncode == 0, done.stderr
    assert computer.asked == ["sudo", UPDATE, "sudo", INSTALL]
    assert "abacus                  counts\n" in done.stdout
    assert done.stdout.endswith("Installed.\n")
    assert ("Install them now? [y/N]" in done.stdout) == (not options)
    again = computer.setup()
    assert (again.returncode, again.stdout) == (0, "The lab's system packages are all here.\n")


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_who_does_not_agree_is_told_how_to_do_it_by_hand_and_nothing_is_done(tmp_path, answer):
    computer = Computer(tmp_path)
    done = computer.setup(answer=answer)
    assert done.returncode == 1
    assert done.stdout.endswith(f"By hand:\n{BY_HAND}")
    assert computer.asked == []


def test_a_package_that_brought_nothing_is_named(tmp_path):
    done = Computer(tmp_path, does="true").setup("--yes")
    assert done.returncode == 1
    assert "Still missing after the installation: abacus." in done.stderr
    assert "Installed." not in done.stdout and "Traceback" not in done.stderr


def test_an_apt_that_fails_is_told_with_what_to_type(tmp_path):
    done = Computer(tmp_path, does="exit 100").setup("--yes")
    assert done.returncode == 1
    assert f"`sudo env DEBIAN_FRONTEND=noninteractive {INSTALL}` failed." in done.stderr
    assert "Installed." not in done.stdout and "Traceback" not in done.stderr


def test_without_sudo_the_administrator_is_asked(tmp_path):
    computer = Computer(tmp_path)
    (computer.programs / "sudo").unlink()
    done = computer.setup("--yes")
    assert done.returncode == 1
    assert "Ask the administrator of this machine for: abacus" in done.stderr
    assert computer.asked == []


@pytest.mark.engine
@pytest.mark.parametrize("sudo", [False, True])
def test_where_packages_are_not_to_be_had_an_engine_is_enough_to_begin(tmp_path, sudo):
    computer = Computer(tmp_path, does="exit 100")
    if not sudo:
        (computer.programs / "sudo").unlink()
    done = computer.setup("--yes", engine=True)
    assert done.returncode == 0, done.stderr
    assert ("failed." if sudo else "Ask the administrator") in done.stdout
    assert done.stdout.endswith("sections for one machine run on it.\n")


def test_what_only_tests_want_does_not_keep_the_lab_from_being_set_up(tmp_path):
    done = Computer(tmp_path).setup("--yes", "--tests")
    assert done.returncode == 0, done.stderr
    assert "Still missing after the installation: easel." in done.stdout
    assert done.stdout.endswith("the course itself does not.\n")
    assert (tmp_path / "programs" / "abacus").exists()


def test_elsewhere_than_on_linux_the_readme_tells_what_there_is(tmp_path):
    computer = Computer(tmp_path)
    (computer.programs / "apt-get").unlink()
    done = computer.setup(system="Darwin")
    assert done.returncode == 1 and "Installed." not in done.stdout
    assert 'not Darwin; README.md, "Your computer"' in done.stderr
