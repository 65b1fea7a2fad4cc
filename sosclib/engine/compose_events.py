"""The engine's events about the containers of one stack, as they come, each with its moment."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import docker.errors
import requests.exceptions

from sosclib.engine.compose_labels import SERVICE_LABEL, of_stack

TOLD = ("create", "start", "health_status", "die", "stop", "kill", "pause", "unpause", "destroy", "oom")


@dataclass(frozen=True)
class StackEvent:
    """Something that happened to a container of a stack.

    Attributes
    ----------
    seconds : float
        Since these events are being followed.
    service : str
    what : str
        The engine's word: ``create``, ``start``, ``health_status: healthy``, ``die``, …
    """

    seconds: float
    service: str
    what: str


class StackEvents:
    """Follows a stack's events in a thread of its own, from entering to leaving.

    Parameters
    ----------
    api : docker.APIClient
    project : str
    """

    def __init__(self, api: Any, project: str) -> None:
        self._api = api
        self._project = project
        self._queue: queue.Queue[StackEvent | None] = queue.Queue()
        self._stream: Any = None
        self._thread: threading.Thread | None = None
        self._began = 0.0

    def __enter__(self) -> StackEvents:
        self._began = time.monotonic()
        filters = {"type": "container", **of_stack(self._project), "event": list(TOLD)}
        self._stream = self._api.events(decode=True, filters=filters)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if self._thread is not None:
            self._thread.join()

    @property
    def seconds(self) -> float:
        """How long they are being followed."""
        return time.monotonic() - self._began

    def wait(self, timeout: float) -> StackEvent | None:
        """Return the next event, None where none comes within some seconds, or they have ended."""
        try:
            return self._queue.get(timeout=max(timeout, 0))
        except queue.Empty:
            return None

    def drain(self) -> list[StackEvent]:
        """Return the events that have come and were not asked for yet."""
        found = []
        while (event := self.wait(0)) is not None:
            found.append(event)
        return found

    def _read(self) -> None:
        try:
            for raw in self._stream:
                service = str(raw["Actor"]["Attributes"].get(SERVICE_LABEL, ""))
                self._queue.put(StackEvent(self.seconds, service, str(raw["Action"])))
        except (docker.errors.DockerException, requests.exceptions.RequestException, OSError, ValueError):
            # The engine has ended, or the stream was closed while it was read: there is nothing more to tell.
            # Whoever waits looks at the engine by itself, and finds out.
            return
        finally:
            self._queue.put(None)  # nobody waits for what cannot come any more
