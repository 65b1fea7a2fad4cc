"""What a registry or Docker Hub has, found by a word."""

from __future__ import annotations

import json
from typing import Any

from sosclib.engine.faults import teaching
from sosclib.engine.words import ellipsis
from sosclib.lab.errors import ImageError
from sosclib.lab.node import Node

FOUND_COLUMNS = ("NAME", "DESCRIPTION", "STARS", "OFFICIAL")
CATALOG_COLUMNS = ("NAME", "TAGS")

Rows = list[dict[str, Any]]


def search_hub(api: Any, term: str, limit: int) -> Rows:
    """Return what Docker Hub finds.

    Parameters
    ----------
    api : docker.APIClient
    term : str
    limit : int
        How many results at most.

    Raises
    ------
    SoscError
        Such as `ImageError`, where the Hub does not answer.
    """
    with teaching():
        found = api.search(term, limit=limit)
    return [
        {
            "NAME": one["name"],
            "DESCRIPTION": ellipsis(one["description"] or "", 45),
            "STARS": one["star_count"],
            "OFFICIAL": "[OK]" if one["is_official"] else "",
        }
        for one in found
    ]


def catalog_command(registry: str) -> str:
    """Return the command that lists what a plain registry has."""
    return f"curl -s http://{registry}/v2/_catalog"


def search_catalog(node: Node, term: str, registry: str) -> Rows:
    """Return the repositories of a plain registry whose names have the word in them.

    Parameters
    ----------
    node : Node
        One that reaches the registry.
    term : str
    registry : str
        Its address.

    Raises
    ------
    ImageError, CommandFailed
        Where it does not answer.
    """
    answer = node.sh(catalog_command(registry))
    if answer.exit_code:
        raise ImageError(
            f"The registry {registry} does not answer.", answer.output, "`sosc doctor` says what to do."
        )
    names = [name for name in json.loads(answer.stdout)["repositories"] if term in name]
    return [{"NAME": f"{registry}/{name}", "TAGS": _tags(node, registry, name)} for name in names]


def _tags(node: Node, registry: str, name: str) -> str:
    answer = node.sh(f"curl -s http://{registry}/v2/{name}/tags/list").check()
    return ", ".join(sorted(json.loads(answer.stdout)["tags"] or ()))
