"""The Docker CLI of a machine that is reached by ssh, in the place of this computer's own.

``python tests/borrowed_docker.py LOGIN …`` runs ``docker …`` there, where LOGIN is the command that logs in.
Over there nobody sees the folders of this computer: the one to build from goes along.
"""

import os
import shlex
import subprocess
import sys


def main(login, arguments):
    """Become the client over there."""
    building = arguments[:1] == ["build"] and "--help" not in arguments
    remote = build(arguments) if building else shlex.join(["docker", *arguments])
    command = [*shlex.split(login), remote]
    os.execvp(command[0], command)


def build(arguments):
    """Return the command that builds there; standard input is what it is built from."""
    *options, folder = arguments
    for at, option in enumerate(options[:-1], start=1):
        options[at] = os.path.relpath(options[at], folder) if option == "-f" else options[at]
    sent = subprocess.Popen(["tar", "-cC", folder, "."], stdout=subprocess.PIPE)
    os.dup2(sent.stdout.fileno(), 0)
    there = shlex.join(["docker", *options, "."])
    return f'there=$(mktemp -d) && cd "$there" && tar -x && {there}; code=$?; cd; rm -rf "$there"; exit $code'


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
