"""How an image gets into a registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker.errors

from sosclib.engine.faults import explained, explanation
from sosclib.engine.progress import PullState, Watch
from sosclib.engine.words import split_name
from sosclib.lab.errors import LoginRefused, RegistryError, SoscError


def push(api: Any, reference: str, login: Mapping[str, str] | None, watch: Watch | None) -> PullState:
    """Push an image and return what became of its layers.

    Parameters
    ----------
    api : docker.APIClient
    reference : str
    login : mapping, optional
        What the registry wants to know.
    watch : callable, optional

    Raises
    ------
    LoginRefused, RegistryError
    """
    repository, tag = split_name(reference)
    state = PullState()
    try:
        # A push without any word on who is asking is refused by the SDK's side of the engine already.
        known = dict(login or {"username": "", "password": ""})
        for event in api.push(repository, tag=tag, stream=True, decode=True, auth_config=known):
            if "error" in event:
                raise _fault(reference, str(event["error"]))
            state = state.after(event)
            if watch:
                watch(state)
    except docker.errors.APIError as error:
        raise _fault(reference, explanation(error)) from error
    return state


def _fault(reference: str, said: str) -> SoscError:
    found = explained(said)
    if isinstance(found, LoginRefused):
        return LoginRefused(f"{reference} cannot be pushed. {found.what}", said, found.help)
    return RegistryError(
        f"{reference} cannot be pushed: the registry does not answer as it should.",
        said,
        "Nothing is broken: what the registry had is still there. Push again once it answers.",
    )
