"""What an update of a service changes: as the CLI's flags, and in the service's description."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from sosclib.engine import service_options
from sosclib.lab.errors import SoscError

CHANGED = ("environment", "configs")
"""The options of a service that an update changes, beside how it is updated."""


def update_flags(options: Mapping[str, Any], spec: Mapping[str, Any]) -> list[str]:
    """Return the flags of an update: what a creation calls ``--env`` is added to what there is.

    Raises
    ------
    SoscError
        For an option that an update does not change.
    """
    fixed = [name for name in options if name not in CHANGED and not name.startswith("update_")]
    if fixed:
        raise SoscError(
            f"An update does not change {', '.join(fixed)}.",
            help=f"It changes the image, {', '.join(CHANGED)}, and what begins with update_.",
        )
    there = {one["File"]["Name"]: one["ConfigName"] for one in _configs_in(spec)}
    words = []
    for reference in options.get("configs", ()):
        path = reference.partition(":")[2]
        if path in there:
            words += ["--config-rm", shlex.quote(there[path])]
    renamed = {"--env": "--env-add", "--config": "--config-add"}
    return words + [renamed.get(word, word) for word in service_options.flags(options)]


def _configs_in(spec: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    found: list[dict[str, Any]] = spec["TaskTemplate"]["ContainerSpec"].get("Configs") or []
    return found


def updated(
    api: Any, spec: dict[str, Any], options: Mapping[str, Any], image: str | None, force: bool
) -> dict[str, Any]:
    """Return the parts of a service's description that an update changes.

    Parameters
    ----------
    api : docker.APIClient
        Of a manager.
    spec : dict
        The description as it is.
    options : mapping
        Those of `Services.update`.
    image : str or None
    force : bool
        Replace the tasks even where nothing has changed.

    Raises
    ------
    NotFound
        Where there is no config of a name in `options`.
    """
    template = dict(spec["TaskTemplate"])
    container = dict(template["ContainerSpec"])
    if image:
        container["Image"] = image
    if "environment" in options:
        kept = [one for one in container.get("Env") or () if one.split("=")[0] not in options["environment"]]
        container["Env"] = kept + [f"{key}={text}" for key, text in options["environment"].items()]
    if "configs" in options:
        fresh = service_options.config_references(api, options["configs"])
        paths = {one["File"]["Name"] for one in fresh}
        kept = [one for one in _configs_in(spec) if one["File"]["Name"] not in paths]
        container["Configs"] = [*kept, *fresh]
    template["ContainerSpec"] = container
    if force:
        template["ForceUpdate"] = int(template.get("ForceUpdate") or 0) + 1
    changed: dict[str, Any] = {"TaskTemplate": template}
    how = service_options.update_changes(options)
    if how:
        # Of a service of which nothing was said so far an engine would update all tasks at once.
        before = spec.get("UpdateConfig") or service_options.update_config(options) or {}
        changed["UpdateConfig"] = {**before, **how}
    return changed
