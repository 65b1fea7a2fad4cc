"""``docker pull`` and ``docker push`` through the SDK: their progress, and the faults that come half-way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import docker.errors

from sosclib.engine.faults import explained, explanation
from sosclib.engine.progress import TransferState, Watch
from sosclib.engine.words import split_name
from sosclib.lab.errors import EngineFull, ImageError, LoginRefused, RegistryError, SoscError

Login = Mapping[str, str]
NOBODY = {"username": "", "password": ""}
"""A push without any word on who is asking is refused by the SDK already."""


def pull(api: Any, reference: str, login: Login | None = None, watch: Watch | None = None) -> TransferState:
    """Fetch an image, and return what became of its layers.

    Parameters
    ----------
    api : docker.APIClient
    reference : str
    login : mapping, optional
        What the registry wants to know.
    watch : callable, optional

    Raises
    ------
    ImageError, LoginRefused, EngineFull
    """
    repository, tag = split_name(reference)
    return _followed(
        lambda: api.pull(repository, tag=tag, stream=True, decode=True, auth_config=login),
        watch,
        lambda said: _pull_fault(reference, said),
    )


def push(api: Any, reference: str, login: Login | None = None, watch: Watch | None = None) -> TransferState:
    """Write an image to its registry, and return what became of its layers.

    Parameters
    ----------
    api : docker.APIClient
    reference : str
    login : mapping, optional
        Who is asking, for the registry.
    watch : callable, optional
        Is told the state whenever it changes.

    Raises
    ------
    LoginRefused, RegistryError
    """
    repository, tag = split_name(reference)
    known = dict(login or NOBODY)
    return _followed(
        lambda: api.push(repository, tag=tag, stream=True, decode=True, auth_config=known),
        watch,
        lambda said: _push_fault(reference, said),
    )


def _followed(
    start: Callable[[], Iterable[Mapping[str, Any]]],
    watch: Watch | None,
    fault: Callable[[str], SoscError],
) -> TransferState:
    state = TransferState()
    try:
        for event in start():
            if "error" in event:
                raise fault(str(event["error"]))
            state = state.after(event)
            if watch:
                watch(state)
    except docker.errors.APIError as error:
        raise fault(explanation(error)) from error
    return state


def _pull_fault(reference: str, said: str) -> SoscError:
    found = explained(said)
    if isinstance(found, (ImageError, LoginRefused, EngineFull)):
        return type(found)(f"{reference} cannot be pulled. {found.what}", said, found.help)
    return ImageError(
        f"{reference} cannot be pulled. The engine gave up.",
        said,
        "Try again; `sosc doctor` tells what can be reached.",
    )


def _push_fault(reference: str, said: str) -> SoscError:
    found = explained(said)
    if isinstance(found, LoginRefused):
        return LoginRefused(f"{reference} cannot be pushed. {found.what}", said, found.help)
    return RegistryError(
        f"{reference} cannot be pushed: the registry does not answer as it should.",
        said,
        "Nothing is broken: what the registry had is still there. Push again once it answers.",
    )
