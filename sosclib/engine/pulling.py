"""``docker pull`` through the SDK, with its progress and the faults that come in the middle of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import docker.errors

from sosclib.engine.faults import explained
from sosclib.engine.progress import PullState
from sosclib.engine.words import split_name
from sosclib.lab.errors import ImageError

Watch = Callable[[PullState], None]
"""Is told the state of all layers whenever one of them changes."""


def pulled(api: Any, reference: str, watch: Watch | None = None) -> tuple[str, ...]:
    """Fetch an image and return the lines that do not vary from run to run.

    Raises
    ------
    ImageError
    """
    repository, tag = split_name(reference)
    state = PullState()
    try:
        for event in api.pull(repository, tag=tag, stream=True, decode=True):
            if "error" in event:
                raise _fault(reference, event["error"])
            state = state.after(event)
            if watch:
                watch(state)
    except docker.errors.APIError as error:
        raise _fault(reference, str(error.explanation)) from error
    return state.lines


def _fault(reference: str, message: str) -> ImageError:
    found = explained(message)
    what = found.what if isinstance(found, ImageError) else "The engine gave up."
    help_ = (
        found.help if isinstance(found, ImageError) else "Try again; `sosc doctor` tells what can be reached."
    )
    return ImageError(f"{reference} cannot be pulled. {what}", message, help_)
