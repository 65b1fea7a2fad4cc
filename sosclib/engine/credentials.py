"""Who a machine's user is at a registry: what ``docker login`` wrote down, for the calls that need it."""

from __future__ import annotations

import json

import docker.auth

from sosclib.lab.node import Node

LOGINS = ".docker/config.json"
"""Where the CLI keeps them, in the home of the lab's user."""


def credentials(node: Node, reference: str) -> dict[str, str] | None:
    """Return what a registry wants to know for an image, None where nobody is logged in there.

    Parameters
    ----------
    node : Node
    reference : str
        The image's name, which begins with its registry's address.
    """
    address, _ = docker.auth.resolve_repository_name(reference)
    return login_at(node, address)


def login_at(node: Node, address: str) -> dict[str, str] | None:
    """Return the login at a registry; None where there is none, or the file cannot be read."""
    read = node.sh(f"cat {LOGINS}")
    try:
        content = json.loads(read.stdout or "{}")
    except ValueError:
        return None
    if read.exit_code or not isinstance(content, dict):
        return None
    kept = docker.auth.AuthConfig(docker.auth.load_config(config_dict=content))
    found: dict[str, str] | None = kept.resolve_authconfig(address)
    return found or None
