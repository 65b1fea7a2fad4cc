"""An ordinary user of this computer, made for a test and removed afterwards."""

import os
import pwd
import shutil
import site
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from sosclib.lab.paths import ROOT
from sosclib.lab.system_packages import find_program


class User:
    """An ordinary user of this computer who is removed in the end."""

    def __init__(self, *options):
        self.name = f"sosc{uuid.uuid4().hex[:8]}"
        subprocess.run(["useradd", "--create-home", *options, self.name], check=True, capture_output=True)
        entry = pwd.getpwnam(self.name)
        self.home, self.uid = Path(entry.pw_dir), entry.pw_uid

    def remove(self):
        subprocess.run(["userdel", "--remove", self.name], check=True, capture_output=True)
        shutil.rmtree(f"/tmp/sosc-{self.uid}", ignore_errors=True)

    def python(self, script, **environment):
        """Run a script; this computer's own Python serves where this one's folder is closed to others."""
        packages = os.pathsep.join((str(ROOT), *site.getsitepackages()))
        environment = {
            "HOME": str(self.home),
            "PATH": os.defpath,
            "PYTHONPATH": packages,
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        }
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        for python in (sys.executable, f"/usr/bin/{version}"):
            command = [find_program("runuser"), "-u", self.name, "--", python, "-c"]
            can = subprocess.run(
                [*command, "import sosclib, docker"],
                env=environment,
                cwd="/",
                capture_output=True,
                check=False,
            )
            if not can.returncode:
                return subprocess.run(
                    [*command, script], env=environment, cwd="/", capture_output=True, text=True, check=False
                )
        pytest.skip("no Python here that an ordinary user may run has the course's packages")
