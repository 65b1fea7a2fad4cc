"""Debian file systems made from packages, without root and without a container engine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sosclib.lab.errors import LabError, ToolMissing
from sosclib.lab.lab import Progress, quiet
from sosclib.lab.namespaces import closed_namespaces
from sosclib.lab.system_packages import advice, find_program
from sosclib.lab.system_packages import packages as system_packages

SUITE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
NO_MODE = "unable to pick chroot mode"
WORKS_IN = re.compile(r"^I: using (?P<folder>/\S*/mmdebstrap\.\w+) as tempdir$", re.M)
STEP = "sosc-step: "
"""What a hook puts before words on standard error that are progress."""
POLL = 0.2
UNWANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")


def bootstrap(
    target: Path,
    *,
    packages: Sequence[str],
    variant: str = "minbase",
    suite: str = SUITE,
    customize: Sequence[str] = (),
    options: Sequence[str] = (),
    progress: Progress = quiet,
) -> Path:
    """Write a tar archive of a Debian file system; it appears under its name only when it is whole.

    Parameters
    ----------
    target : Path
        The archive, ending in ``.tar``.
    packages : sequence of str
        Beside those of the variant; recommended packages are left out.
    variant : str
        mmdebstrap's: ``minbase``, ``essential``, ``custom``, …
    suite : str
    customize : sequence of str
        Hooks, run in order at the end: shell text with the root folder as ``$1``, or mmdebstrap's own,
        such as ``tar-in FILE FOLDER``.
    options : sequence of str
        Further options of mmdebstrap.
    progress : callable
        Is told what hooks write to standard error after `STEP`.

    Raises
    ------
    ToolMissing
        Where mmdebstrap is not installed.
    LabError
        Where it fails, with the end of what it said.
    """
    program = find_program("mmdebstrap")
    if program is None:
        wanted = [package for package in system_packages() if package.name == "mmdebstrap"]
        raise ToolMissing("The program mmdebstrap is not installed.", f"It {wanted[0].why}.", advice(wanted))
    aside = target.with_name(f".{target.name}.{os.getpid()}.tar")
    command = [
        *(program, f"--variant={variant}", "--mode=auto", "--format=tar"),
        '--aptopt=APT::Install-Recommends "false"',
        *(f"--dpkgopt=path-exclude={path}" for path in UNWANTED),
        *([f"--include={','.join(packages)}"] if packages else []),
        *(f"--customize-hook={hook}" for hook in customize),
        *([f"--keyring={KEYRING}"] if KEYRING.exists() else []),
        *options,
        *(suite, str(aside)),
    ]
    try:
        returncode, said = _run(command, progress)
        if returncode and NO_MODE in said:
            raise closed_namespaces()
        if returncode:
            raise LabError(
                "A Debian system could not be made of its packages.",
                "\n".join(said.strip().splitlines()[-12:]),
            )
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return target


def _run(command: Sequence[str], progress: Progress) -> tuple[int, str]:
    """Run mmdebstrap in a process group of its own; return its exit code and what it complained of.

    Where it fails it ends its whole process group, and this program must not be in that. Where this program
    is killed, it is told to clean up and end.
    """
    setpriv, unshare = find_program("setpriv"), find_program("unshare")
    # Root's mounts are seen by nobody else, and end with the last process, however that ends.
    apart = (unshare, "--mount") if unshare and os.geteuid() == 0 else ()
    # A file, for a pipe would break with this program, and mmdebstrap with the pipe.
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        process = subprocess.Popen(
            [*((setpriv, "--pdeathsig", "TERM") if setpriv else ()), *apart, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd="/",
            start_new_session=True,
        )
        told = 0
        try:
            while True:
                try:
                    process.wait(POLL)
                    break
                except subprocess.TimeoutExpired:
                    told = _tell_steps(said.fileno(), told, progress)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            said.seek(0)
            _sweep(said.read())
            raise
        _tell_steps(said.fileno(), told, progress)
        said.seek(0)
        return process.returncode, said.read()


def _sweep(said: str) -> None:
    """Remove the half-made system where mmdebstrap did not come to do so; an ordinary user may not.

    It does not, where it is told to end in the midst of its mounting.
    """
    if os.geteuid() == 0 and (found := WORKS_IN.search(said)):
        shutil.rmtree(found["folder"], ignore_errors=True)


def _tell_steps(said: int, told: int, progress: Progress) -> int:
    """Tell the steps in what was written behind an offset, and return the offset of what was not told yet."""
    # The writers share this file's position: it must not be moved.
    fresh = os.pread(said, os.fstat(said).st_size - told, told)
    whole = fresh[: fresh.rfind(b"\n") + 1]
    for line in whole.decode(errors="replace").splitlines():
        if line.startswith(STEP):
            progress(line.removeprefix(STEP))
    return told + len(whole)
