"""Waiting for something to happen in engines: their event streams wake whoever waits."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import docker
import docker.errors
import requests.exceptions

from sosclib.lab.errors import SoscError
from sosclib.lab.node import Node

GONE = (docker.errors.DockerException, requests.exceptions.RequestException, OSError, ValueError, SoscError)
"""What a stream of events ends with where its engine goes away, or where nobody listens any more."""


AGAIN = 1.0
"""Seconds after which an engine that went away is asked for its events again."""


class Wakeups:
    """Wakes a waiting thread at each event of some engines.

    An engine that goes away in the middle is no fault here: whoever waits looks again after a while anyway,
    and sees for himself what has become of it. When it is back its events wake him again.

    Parameters
    ----------
    nodes : sequence of Node
    kinds : sequence of str
        Of objects: ``container``, ``service``, ``node``, …
    """

    def __init__(
        self, nodes: Sequence[Node], kinds: Sequence[str] = ("container", "node", "service")
    ) -> None:
        self._nodes = nodes
        self._kinds = list(kinds)
        self._happened = threading.Event()
        self._streams: dict[str, Any] = {}
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._listen, args=(node,), daemon=True) for node in nodes]

    def __enter__(self) -> Wakeups:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for stream in list(self._streams.values()):
            _close(stream)

    def wake(self) -> None:
        """Wake whoever waits, as an event would."""
        self._happened.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the next event, not longer than so many seconds; tell whether there was one."""
        happened = self._happened.wait(seconds)
        self._happened.clear()
        return happened

    def _listen(self, node: Node) -> None:
        first = True
        while not self._over.is_set():
            with suppress(*GONE):
                stream = node.docker.api.events(decode=True, filters={"type": self._kinds})
                self._streams[node.name] = stream
                if self._over.is_set():
                    _close(stream)
                if not first:
                    self.wake()  # of what went on meanwhile nobody has told
                for _ in stream:
                    self.wake()
            if self._streams.pop(node.name, None) is not None or first:
                self.wake()  # that an engine goes away is something that happens too
            first = False
            self._over.wait(AGAIN)


def _close(stream: Any) -> None:
    try:
        stream.close()
    except GONE:
        return
