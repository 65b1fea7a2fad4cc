"""Images and their history as the lines of the CLI's tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sosclib.engine.sizes import human_size
from sosclib.engine.words import ago, ellipsis, short_id, split_name

COLUMNS = ("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE")
HISTORY_COLUMNS = ("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT")


def image_rows(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row per tag, as the CLI does."""
    shared = {
        "IMAGE ID": short_id(raw["Id"]),
        "CREATED": ago(raw["Created"]),
        "SIZE": human_size(raw["Size"], digits=3),
    }
    names = [
        split_name(tag) for tag in raw.get("RepoTags") or () if tag != "<none>:<none>" and "@" not in tag
    ]
    digests = [split_name(name)[0] for name in raw.get("RepoDigests") or () if "<none>" not in name]
    nameless = [(repository, "<none>") for repository in digests] or [("<none>", "<none>")]
    return [{"REPOSITORY": r, "TAG": t, **shared} for r, t in names or nameless]


def history_row(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return one step of an image's history."""
    return {
        "IMAGE": short_id(step["Id"]),
        "CREATED": ago(step["Created"]),
        "CREATED BY": ellipsis(step["CreatedBy"].replace("\t", " "), 45),
        "SIZE": human_size(step["Size"], digits=3),
        "COMMENT": step["Comment"],
    }
