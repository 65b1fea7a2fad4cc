"""The Docker CLI of a machine that is reached by ssh, in the place of this computer's own.

``python tests/borrowed_docker.py LOGIN …`` runs ``docker …`` there, where LOGIN is the command that logs in.
Over there nobody sees the folders and files of this computer: what a command names goes along with it.
"""

import base64
import os
import shlex
import subprocess
import sys
from pathlib import Path

PROFILE = "seccomp="


def main(login, arguments):
    """Become the client over there."""
    if arguments[:1] == ["build"] and "--help" not in arguments:
        remote = build(arguments)
    else:
        remote = with_profile(arguments)
    command = [*shlex.split(login), remote]
    os.execvp(command[0], command)


def build(arguments):
    """Return the command that builds there; standard input is what it is built from."""
    *options, folder = arguments
    for at, option in enumerate(options[:-1], start=1):
        options[at] = os.path.relpath(options[at], folder) if option == "-f" else options[at]
    sent = subprocess.Popen(["tar", "-cC", folder, "."], stdout=subprocess.PIPE)
    os.dup2(sent.stdout.fileno(), 0)
    return elsewhere(f"tar -x && {shlex.join(['docker', *options, '.'])}")


def with_profile(arguments):
    """Return the command; a profile's text, if a file of this computer has it, is in it."""
    remote = shlex.join(["docker", *arguments])
    named = [
        one for one in arguments if one.startswith(PROFILE) and Path(one.removeprefix(PROFILE)).is_file()
    ]
    for argument in named:
        text = base64.b64encode(Path(argument.removeprefix(PROFILE)).read_bytes()).decode()
        there = remote.replace(shlex.quote(argument), f"{PROFILE}profile.json")
        remote = elsewhere(f"echo {text} | base64 -d > profile.json && {there}")
    return remote


def elsewhere(command):
    """Return a command that runs in a folder of its own, which is gone afterwards."""
    return f'there=$(mktemp -d) && cd "$there" && {command}; code=$?; cd; rm -rf "$there"; exit $code'


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
