"""The engine's classic builder, through the SDK: its stream of events read step by step."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docker.errors
import requests.exceptions

from sosclib.engine.building_order import Order
from sosclib.engine.building_state import CACHED, DONE, FAILED, RUNNING, BuildState
from sosclib.engine.building_traces import image_ids, named, remove_nameless
from sosclib.engine.dockerfile import Dockerfile
from sosclib.engine.faults import explanation
from sosclib.lab.errors import ImageError
from sosclib.lab.node import Node

STEP = re.compile(r"^Step (?P<number>\d+)/\d+ : ")
IMAGE = re.compile(r"^ ---> (?P<id>[0-9a-f]{12})\n$")
USING_CACHE = " ---> Using cache\n"
OWN_WORDS = re.compile(
    r"^(?: ---> (?:Running in )?[0-9a-f]{12}\n|\n"
    r"|(?: ---> Removed|Removing) intermediate container [0-9a-f]{12}\n"
    r"|Successfully (?:built|tagged) \S+\n)$"
)
COLOUR = re.compile(r"\x1b\[\d*m")


@dataclass(frozen=True)
class ClassicReader:
    """What the classic builder's events say so far.

    Attributes
    ----------
    build : BuildState
    images : tuple of str
        The short ids of the images that its steps made or found, in order.
    current : int
        The step that is being worked on; 0 before the first.
    began : float
        When that step began.
    cached : bool
        Whether its result was found.
    """

    build: BuildState
    images: tuple[str, ...] = ()
    current: int = 0
    began: float = 0.0
    cached: bool = False

    def after(self, event: Mapping[str, Any], now: float) -> ClassicReader:
        """Return what is known after one more event, which came at a time in seconds."""
        if "error" in event:
            failed = self._closed(FAILED, now)
            return replace(failed, build=replace(failed.build, error=str(event["error"]).strip()))
        text = str(event.get("stream", ""))
        step = STEP.match(text)
        # A program may write such a line too; the builder's own next step has the next number.
        if step and int(step["number"]) == self.current + 1:
            return self._closed(DONE, now)._opened(int(step["number"]), now)
        if text == USING_CACHE:
            return replace(self, cached=True)
        made = IMAGE.match(text)
        if made:
            return replace(self, images=(*self.images, made["id"]))
        if not self.current or not text or OWN_WORDS.match(text):
            return self
        return replace(self, build=self.build.saying(self.current, COLOUR.sub("", text)))

    def ended(self, now: float) -> ClassicReader:
        """Return what is known when the stream has ended well."""
        return self._closed(DONE, now)

    def _opened(self, number: int, now: float) -> ClassicReader:
        build = self.build.marked(number, RUNNING) if number <= len(self.build.steps) else self.build
        return replace(self, build=build, current=number, began=now, cached=False)

    def _closed(self, state: str, now: float) -> ClassicReader:
        if not 0 < self.current <= len(self.build.steps):
            return self
        state = CACHED if self.cached and state == DONE else state
        return replace(self, build=self.build.marked(self.current, state, now - self.began))


class ClassicWork:
    """One build by the classic builder, which is sent the folder as an archive.

    Parameters
    ----------
    node : Node
    cache_from : list of str or None
        The images whose steps may be taken instead of working anew; None where all may be.
    """

    def __init__(self, node: Node, cache_from: list[str] | None) -> None:
        self._node = node
        self._api: Any = node.docker.api
        self._cache_from = cache_from
        self._before: set[str] = set()
        self._seen: tuple[str, ...] = ()

    def run(self, order: Order, dockerfile: Dockerfile, told: Callable[[BuildState], None]) -> BuildState:
        """Build, tell each state, and return the last, which carries an error where the build gave up.

        See `Work.run`.

        Raises
        ------
        ImageError
            Where the folder is not on this computer.
        """
        folder = Path(self._node.home, order.folder)
        if not folder.is_dir():
            raise ImageError(
                f"{self._node.title} cannot build images.",
                "Its CLI has no BuildKit, and the classic builder takes a folder of this computer only.",
                "Install the package docker-buildx there.",
            )
        self._before = image_ids(self._api)
        reader = ClassicReader(BuildState.of(order.name, dockerfile))
        try:
            for event in self._events(folder, order):
                reader = reader.after(event, time.monotonic())
                self._seen = reader.images
                told(reader.build)
        except docker.errors.APIError as error:
            return replace(reader.build, error=explanation(error))
        except requests.exceptions.RequestException:
            raise
        except OSError as error:  # a file of the folder that cannot be read
            return replace(reader.build, error=str(error))
        return reader.build if reader.build.error else reader.ended(time.monotonic()).build

    def new_images(self) -> set[str]:
        """Return the ids of the images that its steps made, or pulled."""
        new = image_ids(self._api) - self._before
        return {id_ for id_ in new if id_.removeprefix("sha256:")[:12] in self._seen}

    def new_records(self) -> set[str]:
        """Return nothing: this builder keeps no cache but images."""
        return set()

    def undo(self) -> None:
        """Remove what a build left that did not succeed: the images of the steps before, and a pulled one."""
        new = self.new_images()
        remove_nameless(self._api, new)
        for name in named(self._api, new):
            self._api.remove_image(name)

    def _events(self, folder: Path, order: Order) -> Any:
        return self._api.build(
            path=str(folder),
            dockerfile=order.dockerfile,
            tag=order.name,
            buildargs=dict(order.build_args),
            target=order.target,
            nocache=order.no_cache,
            pull=order.pull,
            cache_from=self._cache_from,
            rm=True,
            forcerm=True,
            decode=True,
        )
