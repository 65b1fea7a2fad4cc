"""What is to be built, as ``docker build`` is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sosclib.engine.building_state import BuildState
from sosclib.engine.dockerfile import Dockerfile

DOCKERFILE = "Dockerfile"


@dataclass(frozen=True)
class Order:
    """What is to be built.

    Attributes
    ----------
    folder : str
        On the node, relative to the lab user's home or absolute.
    name : str
        The image's name with its tag.
    tag : str
        The same as it was given.
    dockerfile : str
        Relative to the folder.
    build_args : mapping of str to str
    target : str or None
    no_cache, pull : bool
    """

    folder: str
    name: str
    tag: str
    dockerfile: str = DOCKERFILE
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    no_cache: bool = False
    pull: bool = False

    @property
    def file(self) -> str:
        """The Dockerfile's path from the lab user's home."""
        return str(Path(self.folder, self.dockerfile))

    def words(self) -> list[str]:
        """Return it as the words of a command line behind ``docker build``."""
        words = ["-t", self.tag]
        if self.dockerfile != DOCKERFILE:
            words += ["-f", self.file]
        for name, value in self.build_args.items():
            words += ["--build-arg", f"{name}={value}"]
        words += ["--target", self.target] if self.target else []
        words += ["--no-cache"] if self.no_cache else []
        words += ["--pull"] if self.pull else []
        return [*words, self.folder]


class Work(Protocol):
    """One build by one of the two builders."""

    def run(self, order: Order, dockerfile: Dockerfile, told: Callable[[BuildState], None]) -> BuildState:
        """Build, tell each state, and return the last, which carries an error where the build gave up.

        Parameters
        ----------
        order : Order
        dockerfile : Dockerfile
        told : callable
            Is told each state.
        """

    def new_images(self) -> set[str]:
        """Return the ids of the images that were not there before."""

    def new_records(self) -> set[str]:
        """Return the ids of the records of BuildKit's cache that were not there before."""

    def undo(self) -> None:
        """Remove what a build left that did not succeed."""
