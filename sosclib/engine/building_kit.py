"""BuildKit, through the Docker CLI: what ``docker build --progress=plain`` prints, read line by line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sosclib.engine.building_order import Order
from sosclib.engine.building_state import CACHED, DONE, FAILED, RUNNING, WAITING, BuildState
from sosclib.engine.building_traces import image_ids, record_ids, remove_records
from sosclib.engine.dockerfile import Dockerfile
from sosclib.lab.node import Node

KIT_ANSWERS = "DOCKER_BUILDKIT=1 docker build --help 2>&1 | grep -q -- --progress"
"""A CLI that has no BuildKit does not know how to show a build's progress."""
SWITCHES = "DOCKER_BUILDKIT=1 BUILDX_NO_DEFAULT_ATTESTATIONS=1"
"""An attestation would make another image of the same files each time."""

VERTEX = re.compile(r"^#(?P<vertex>\d+) (?P<text>.*)$")
STEP = re.compile(r"^\[(?:(?P<platform>\w+/\S+) )?(?:(?P<stage>[^\]\s]+) )?\s*(?P<k>\d+)/(?P<n>\d+)\] ")
METADATA = re.compile(r"^\[internal\] load metadata for (?P<image>\S+)$")
OUTPUT = re.compile(r"^\d+\.\d+ ?(?P<text>.*)$")
ENDED = re.compile(r"^DONE (?P<seconds>[\d.]+)s$")
ERROR = re.compile(r"^ERROR: (?P<why>.*)$")
GAVE_UP = re.compile(
    r"^(?:ERROR: )?(?P<why>(?:failed to|error:|invalid argument|executor failed|unable to).*)$"
)
NAMELESS = re.compile(r"^stage-(?P<number>\d+)$")

Steps = Mapping[tuple[int, int], int]
"""From stage and place in it, as BuildKit counts, to the number of the instruction."""


@dataclass(frozen=True)
class KitReader:
    """What BuildKit's lines say so far.

    Attributes
    ----------
    build : BuildState
    places : mapping
        See `Steps`.
    names : mapping of str to int
        From the name of a stage to its number.
    bases : mapping of str to int
        From the images to start from to the numbers of their instructions.
    vertices : mapping of str to int
        From the numbers in front of the lines to those of instructions.
    """

    build: BuildState
    places: Steps
    names: Mapping[str, int]
    bases: Mapping[str, int]
    vertices: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, build: BuildState, dockerfile: Dockerfile) -> KitReader:
        """Return a reader that has not read anything."""
        names = {one.name.lower(): one.stage for one in dockerfile.stages if one.name}
        bases = {one.base: one.number for one in reversed(dockerfile.stages) if dockerfile.names_image(one)}
        return cls(build, _places(dockerfile), names, bases)

    def after(self, line: str) -> KitReader:
        """Return what is known after one more line."""
        found = VERTEX.match(line)
        if not found:
            gave_up = GAVE_UP.match(line)
            return replace(self, build=replace(self.build, error=gave_up["why"])) if gave_up else self
        vertex, text = found["vertex"], found["text"]
        step = STEP.match(text)
        if step and vertex not in self.vertices:
            return self._opened(vertex, step)
        asked = METADATA.match(text)
        if asked:
            return self._asking(vertex, asked["image"])
        number = self.vertices.get(vertex)
        error = ERROR.match(text)
        if number is None:
            return replace(self, build=replace(self.build, error=error["why"])) if error else self
        return replace(self, build=_told(self.build, number, text))

    def _opened(self, vertex: str, step: re.Match[str]) -> KitReader:
        number = self.places.get((self._stage(step["stage"]), int(step["k"])))
        if number is None:
            return self
        build = self.build
        first = self.places[self._stage(step["stage"]), 1]
        if first != number and build.steps[first - 1].is_from and not build.steps[first - 1].over:
            # Stages that start from one image share that step, and only one of them names it.
            build = build.marked(first, DONE)
        if not build.steps[number - 1].over:
            build = build.marked(number, RUNNING)
        return replace(self, build=build, vertices={**self.vertices, vertex: number})

    def _asking(self, vertex: str, image: str) -> KitReader:
        """Return what is known when a registry is asked for an image: where it refuses, FROM failed."""
        found = [number for base, number in self.bases.items() if f"/{image}".endswith(f"/{base}")]
        return replace(self, vertices={**self.vertices, vertex: found[0]}) if found else self

    def _stage(self, name: str | None) -> int:
        if not name:
            return 0
        nameless = NAMELESS.match(name)
        return self.names.get(name.lower(), int(nameless["number"]) if nameless else -1)


def _told(build: BuildState, number: int, text: str) -> BuildState:
    """Return a build after a line about one of its steps."""
    ended, error, output = ENDED.match(text), ERROR.match(text), OUTPUT.match(text)
    step = build.steps[number - 1]
    if step.is_from and step.state == WAITING and not error:
        return build
    if text == "CACHED":
        return build.marked(number, CACHED)
    if ended:
        return build.marked(number, DONE, float(ended["seconds"]))
    if error:
        return replace(build.marked(number, FAILED), error=error["why"])
    return build.saying(number, output["text"] + "\n") if output else build


def _places(dockerfile: Dockerfile) -> Steps:
    """Number the instructions as BuildKit does: those that work, and each FROM that names an image."""
    places: dict[tuple[int, int], int] = {}
    for stage in range(len(dockerfile.stages)):
        counted = [one for one in dockerfile.of_stage(stage) if one.works or dockerfile.names_image(one)]
        places |= {(stage, k): one.number for k, one in enumerate(counted, start=1)}
    return places


class KitWork:
    """One build by BuildKit, through the CLI of the node.

    Parameters
    ----------
    node : Node
        Looked at now: what it has already is never taken for what this build left.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._api: Any = node.docker.api
        self._name = ""
        self._images, self._records = image_ids(self._api), record_ids(self._api)

    def run(self, order: Order, dockerfile: Dockerfile, told: Callable[[BuildState], None]) -> BuildState:
        """Build, tell each state, and return the last. See `Work.run`."""
        self._name = order.name
        reader = KitReader.of(BuildState.of(order.name, dockerfile), dockerfile)

        def read(line: str) -> None:
            nonlocal reader
            reader = reader.after(line)
            told(reader.build)

        words = shlex.join(["docker", "build", "--progress=plain", *order.words()])
        done = self._node.follow(f"{SWITCHES} {words}", read)
        if not done.exit_code:
            return replace(reader.build, error="")
        last = next(iter(done.output.strip().splitlines()[-1:]), "The builder said nothing.")
        return replace(reader.build, error=reader.build.error or last)

    def new_images(self) -> set[str]:
        """Return the id of the image, where it was not there before."""
        return {str(self._api.inspect_image(self._name)["Id"])} - self._images

    def new_records(self) -> set[str]:
        """Return the ids of the records of the cache that were not there before."""
        return record_ids(self._api) - self._records

    def undo(self) -> None:
        """Remove what a build left that did not succeed: records of the cache."""
        remove_records(self._api, self.new_records())
