"""``docker build``: by BuildKit where the node's CLI has it, else by the engine's classic builder.

Both give the same data and print the same lines, so that a notebook reads the same on either.
"""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from sosclib.engine.building_classic import ClassicWork
from sosclib.engine.building_faults import fault
from sosclib.engine.building_kit import KIT_ANSWERS, KitWork
from sosclib.engine.building_order import Order, Work
from sosclib.engine.building_printing import StepPrinter, settled
from sosclib.engine.building_state import Build, BuildState, WatchBuild
from sosclib.engine.building_traces import named, names_and_ids
from sosclib.engine.dockerfile import Dockerfile, parse
from sosclib.engine.faults import teaching
from sosclib.engine.ownership import Ownership
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import NotFound
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.images import Images

KIT, CLASSIC = "BuildKit", "classic"
NO_FOLDER, NO_DOCKERFILE = 3, 4
NOBODYS = "sosc/no-such-cache:0"
"""Stands for the course's images where there are none yet: nobody else's are looked through."""


@runtime_checkable
class Closable(Protocol):
    """Who watches one build after the other, and wants to know when each is over."""

    def close(self) -> None:
        """Take the build as over."""


class Builder:
    """Builds images on one node.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
    images : Images
    watch : callable, optional
        Sees the state of a build whenever it changes.
    """

    def __init__(
        self,
        node: Node,
        terminal: Terminal,
        ownership: Ownership,
        images: Images,
        watch: WatchBuild | None = None,
    ) -> None:
        self._api: Any = node.docker.api
        self._node = node
        self._terminal = terminal
        self._ownership = ownership
        self._images = images
        self._watch = watch
        self._has_kit: bool | None = None

    def build(self, order: Order) -> Build:
        """Do what was ordered; where that fails, nothing of it stays."""
        try:
            return self._built(order)
        finally:
            # A view never sees the end of a build that was interrupted: the next one is no part of it.
            if isinstance(self._watch, Closable):
                self._watch.close()

    def _built(self, order: Order) -> Build:
        self._images.require_free(order.name)
        self._terminal.show(self._node.title, shlex.join(["docker", "build", *order.words()]))
        dockerfile = parse(self._read(order))
        kit = self._kit()
        with teaching():
            work: Work = KitWork(self._node) if kit else ClassicWork(self._node, self._ours())
        printer = StepPrinter(self._terminal, self._watch)
        began = time.monotonic()
        state = BuildState.of(order.name, dockerfile)
        finished = False
        try:
            with teaching():
                state = work.run(order, dockerfile, printer)
            finished = not state.error
        finally:
            if not finished:
                work.undo()
        if state.error:
            printer(state)
            raise fault(state, dockerfile, state.error, order.folder)
        seconds = time.monotonic() - began
        state = settled(state)
        printer(state)
        id_ = self._entered(order.name, work)
        self._terminal.say(order.name)
        sizes = self._sizes(id_, dockerfile, order.target)
        steps = tuple(replace(step, size=sizes.get(step.number, 0)) for step in state.steps)
        return Build(order.name, id_, steps, seconds, KIT if kit else CLASSIC)

    def _entered(self, name: str, work: Work) -> str:
        """Enter in the ledger what was made, and return the image's id."""
        id_ = str(self._images.inspect(name)["Id"])
        if self._ownership.exclusive:
            return id_
        new = work.new_images()
        with teaching():
            for reference in {name, *new, *named(self._node.docker.api, new)}:
                self._images.own(reference)
            for record in work.new_records():
                self._ownership.enter("cache", record)
        return id_

    def _sizes(self, image: str, dockerfile: Dockerfile, target: str | None) -> dict[int, int]:
        """Return what each instruction of the last stage added: the newest lines of the image's history."""
        with teaching():
            history = self._api.history(image)
        last = dockerfile.of_stage(dockerfile.stage_named(target))[1:]
        return {one.number: int(line["Size"]) for one, line in zip(reversed(last), history, strict=False)}

    def _read(self, order: Order) -> str:
        """Return the text of the Dockerfile.

        Raises
        ------
        NotFound
            Where the folder or the file is not there.
        """
        folder, file = shlex.quote(order.folder), shlex.quote(order.file)
        answer = self._node.sh(
            f"test -d {folder} || exit {NO_FOLDER}; test -f {file} || exit {NO_DOCKERFILE}; cat {file}"
        )
        if answer.exit_code == NO_FOLDER:
            raise NotFound(
                f"There is no folder {order.folder} on {self._node.title}.",
                "docker build takes the folder that holds the Dockerfile and all files to copy.",
                "ls shows what there is; a folder is named as seen from the lab user's home.",
            )
        if answer.exit_code == NO_DOCKERFILE:
            raise NotFound(
                f"The folder {order.folder} has no file {order.dockerfile}.",
                "docker build looks for the instructions in a file of exactly that name.",
                f"ls -a {order.folder} shows what there is; dockerfile=… names another file.",
            )
        return answer.check().stdout

    def _kit(self) -> bool:
        """Tell whether the node's CLI has BuildKit."""
        if self._has_kit is None:
            self._has_kit = self._node.sh(KIT_ANSWERS).exit_code == 0
        return self._has_kit

    def _ours(self) -> list[str] | None:
        """Return the images whose steps may be taken instead of working anew; None where all may be.

        On somebody's own engine a step that is found there would be theirs, and go when they remove it.
        """
        if self._ownership.exclusive:
            return None
        with teaching():
            return sorted(self._ownership.entered("image") & names_and_ids(self._api).keys()) or [NOBODYS]
