"""The lists of what is needed say the same: for pip, for conda, for Binder, and the locked one."""

import os
import re
import tomllib

import yaml
from packaging.requirements import Requirement

from sosclib.lab.paths import ROOT
from sosclib.lab.system_packages import packages

IN_CONDA = {"docker": "docker-py", "matplotlib": "matplotlib-base"}


def declared():
    """Return pyproject's requirements: name -> condition."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = (re.match(r"([\w.-]+)(.*)", text) for text in project["dependencies"])
    return {match[1]: match[2] for match in found}, project["requires-python"]


def test_conda_environment_has_the_same_requirements():
    requirements, python = declared()
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    by_pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    listed = {entry.partition(" ")[0]: entry.partition(" ")[2] for entry in plain}
    assert listed.pop("python") == python
    listed.pop("pip")
    for entry in by_pip:
        # Conda makes a file of them, in which pip takes requirements and no option of a command's.
        name = Requirement(entry).name
        listed[name] = entry.removeprefix(name)
    assert listed == {IN_CONDA.get(name, name): condition for name, condition in requirements.items()}


def test_lock_has_every_requirement_with_hashes_and_no_address():
    requirements, _ = declared()
    lock = (ROOT / "requirements.lock").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", lock, flags=re.M))
    assert {name.replace(".", "-") for name in requirements} <= {name.replace(".", "-") for name in pinned}
    assert lock.count("--hash=sha256:") > len(pinned)
    assert "://" not in lock


def test_binder_installs_the_system_packages():
    listed = (ROOT / "binder" / "apt.txt").read_text().split()
    assert listed == sorted(package.name for package in packages("x86_64") if not package.optional)


def test_binder_uses_the_same_environment_and_adds_the_library():
    assert (ROOT / "binder" / "environment.yml").resolve() == ROOT / "environment.yml"
    assert os.access(ROOT / "binder" / "postBuild", os.X_OK)
