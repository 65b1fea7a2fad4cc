"""How a container's own process begins, in the foreground or the background, and what a refusal means."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import docker.errors
import requests.exceptions

from sosclib.engine.faults import explained, explanation, teaching
from sosclib.engine.handle import Container, RunResult
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import SoscError

NOT_FOUND, NOT_EXECUTABLE, NOT_STARTED = 127, 126, 125
"""The CLI's exit codes where nothing ran."""


def foreground(api: Any, terminal: Terminal, container: Container, *, remove: bool) -> RunResult:
    """Start a container that was created, show its output until it ends, and return what it left.

    Parameters
    ----------
    api : docker.APIClient
    terminal : Terminal
    container : Container
        Not yet started.
    remove : bool
        Remove it when its command ends.

    Raises
    ------
    SoscError
        Of a special kind, such as `PortTaken`; a command that cannot be executed has an exit code instead.
    """
    try:
        with teaching():
            chunks = api.attach(container.id, stream=True, stdout=True, stderr=True)
        try:
            api.start(container.id)
        except docker.errors.APIError as error:
            chunks.close()
            return _refused(api, terminal, container, error, remove=remove)
        with teaching():
            output = terminal.stream(chunks)
            code = int(api.wait(container.id)["StatusCode"])
    except BaseException:
        # As with the CLI's Ctrl-C: what was to be seen to its end does not go on unseen.
        with suppress(docker.errors.DockerException, requests.exceptions.RequestException):
            if remove:
                api.remove_container(container.id, force=True, v=True)
            else:
                api.kill(container.id)
        raise
    if remove:
        with teaching():
            api.remove_container(container.id, v=True)
    return RunResult(code, output, "" if remove else container.name)


def _refused(
    api: Any, terminal: Terminal, container: Container, error: docker.errors.APIError, *, remove: bool
) -> RunResult:
    """Return what the CLI leaves where a command cannot be executed; raise where something else is wrong."""
    message = explanation(error)
    fault = explained(message)
    if type(fault) is not SoscError:
        api.remove_container(container.id, v=True)
        raise fault from error
    terminal.say(f"docker: Error response from daemon: {message}.")
    if remove:
        api.remove_container(container.id, v=True)
    return RunResult(refusal(message), message, "" if remove else container.name)


def start_or_remove(api: Any, container: Container) -> None:
    """Start a container in the background; one that cannot start goes, so that its name is free again."""
    with teaching():
        try:
            api.start(container.id)
        except docker.errors.APIError:
            with suppress(docker.errors.NotFound):  # with --rm the engine removes it by itself
                api.remove_container(container.id, force=True, v=True)
            raise


def refusal(message: str) -> int:
    """Return the exit code that the CLI has for a container that did not start."""
    if "executable file not found" in message or "no such file or directory" in message:
        return NOT_FOUND
    return NOT_EXECUTABLE if "permission denied" in message else NOT_STARTED
