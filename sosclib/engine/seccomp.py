"""A seccomp profile of one's own: the CLI reads the file and sends what is in it, and so does the library."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from sosclib.lab.errors import NotFound, SoscError
from sosclib.lab.node import Node

SECCOMP = "seccomp="
NO_FILE = ("unconfined", "builtin")


def with_profiles(options: Mapping[str, Any], node: Node) -> dict[str, Any]:
    """Return options in which the contents of a profile stand in the place of its file's name.

    Parameters
    ----------
    options : mapping
        As ``docker run`` takes them: ``security_opt=["seccomp=profile.json"]``.
    node : Node
        Where the file lies, as seen from the lab user's home.

    Raises
    ------
    NotFound, SoscError
        Where there is no such file, or it holds no JSON.
    """
    given = options.get("security_opt")
    if not given:
        return dict(options)
    return {**options, "security_opt": [_with_profile(option, node) for option in given]}


def _with_profile(option: str, node: Node) -> str:
    file = option.removeprefix(SECCOMP)
    if not option.startswith(SECCOMP) or file in NO_FILE:
        return option
    read = node.sh(f"cat -- {shlex.quote(file)}")
    if read.exit_code:
        raise NotFound(
            f"There is no seccomp profile {file} on {node.title}.",
            read.stderr.strip(),
            "Write the file there first, or say seccomp=unconfined for none at all.",
        )
    try:
        return SECCOMP + json.dumps(json.loads(read.stdout))
    except json.JSONDecodeError as error:
        raise SoscError(f"The seccomp profile {file} is not valid JSON.", str(error)) from error
