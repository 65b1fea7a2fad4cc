"""Images of a node, by the SDK's names: pull, build, list, search, tag, remove, history, save, load."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import docker
import docker.errors

from sosclib.engine import searching
from sosclib.engine.archives import Archives
from sosclib.engine.building import Builder
from sosclib.engine.building_faults import BAD_NAME, bad_name
from sosclib.engine.building_order import DOCKERFILE, Order
from sosclib.engine.building_state import Build, WatchBuild
from sosclib.engine.building_traces import names_and_ids
from sosclib.engine.credentials import credentials
from sosclib.engine.faults import explanation, teaching
from sosclib.engine.image_rows import COLUMNS, HISTORY_COLUMNS, history_row, image_rows
from sosclib.engine.layers import ImageLayers, read_layers
from sosclib.engine.ownership import Ownership, not_ours
from sosclib.engine.progress import Watch
from sosclib.engine.terminal import Terminal
from sosclib.engine.transfers import pull, push
from sosclib.engine.words import full_name, split_name
from sosclib.lab.errors import ImageError, NotFound, NotOurs
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table


class Images:
    """The images of one node.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
    registry : str
        Address of the registry that is searched; Docker Hub where it is empty.
    watch : callable, optional
        Sees the progress of pulls.
    watch_build : callable, optional
        Sees the progress of builds.
    """

    def __init__(
        self,
        node: Node,
        terminal: Terminal,
        ownership: Ownership,
        registry: str = "",
        watch: Watch | None = None,
        watch_build: WatchBuild | None = None,
    ) -> None:
        self._registry = registry
        self.api: Any = node.docker.api
        self._node = node
        self._terminal = terminal
        self._ownership = ownership
        self._watch = watch
        self._builder = Builder(node, terminal, ownership, self, watch_build)
        self._archives = Archives(node, terminal, ownership, self)

    def pull(self, reference: str) -> None:
        """Fetch an image from its registry: ``docker pull``.

        Parameters
        ----------
        reference : str
            ``[registry/]repository[:tag]`` or ``repository@digest``.

        Raises
        ------
        ImageError
            Where the registry does not answer or has no such image; what was there before stays.
        """
        self._show(f"docker pull {shlex.quote(reference)}")
        self.fetch(reference)
        self._terminal.say(full_name(reference))

    def fetch(self, reference: str) -> None:
        """Pull without a prompt: for an image that another command needs.

        On somebody's own engine a name that is theirs stays with their image, and goes to no newer one.
        """
        if self._is_theirs(reference):
            self._terminal.say(
                f"{full_name(reference)} is here already. It is not the course's, and stays as it is."
            )
            return
        known = self._names()
        seen = None if self._terminal.silent else self._watch
        with teaching():
            state = pull(self.api, reference, credentials(self._node, reference), seen)
        self._own_new(reference, known)
        for line in state.lines:
            self._terminal.say(line)

    def push(self, reference: str) -> None:
        """Write an image to its registry: ``docker push``.

        Parameters
        ----------
        reference : str
            ``[registry/]user/repository[:tag]``.

        Raises
        ------
        NotFound
            Where there is no such image here.
        LoginRefused
            Where nobody is logged in at the registry, or somebody who may not write there.
        RegistryError
            Where the registry does not answer, or stops answering half-way; what it had before stays.
        """
        self._find(reference)
        self._show(f"docker push {shlex.quote(reference)}")
        watch = None if self._terminal.silent else self._watch
        known = self._names()
        state = push(self.api, reference, credentials(self._node, reference), watch)
        self._own_new(reference, known)
        for line in (*state.lines[:1], *state.layer_lines, *state.lines[1:]):
            self._terminal.say(line)

    def list(self, *, everything: bool = False) -> Table:
        """Return the images as ``docker images`` shows them.

        Parameters
        ----------
        everything : bool
            On somebody's own engine: also those that are not the course's.
        """
        from sosclib.engine.table import table

        self._show("docker images")
        rows = [row for raw in self.raw(everything=everything) for row in image_rows(raw)]
        return table(rows, COLUMNS)

    def raw(self, *, everything: bool = False) -> Sequence[dict[str, Any]]:
        """Return the engine's own entries of the course's images, newest first."""
        with teaching():
            found: list[dict[str, Any]] = self.api.images()
        owns = self._ownership.judge()
        return [entry for entry in found if everything or owns("image", entry)]

    def search(self, term: str, *, limit: int = 10) -> Table:
        """Look for images: ``docker search``; only the Hub can search, another registry shows its catalogue.

        Parameters
        ----------
        term : str
        limit : int
            How many results of the Hub to show.

        Raises
        ------
        ImageError
            Where the Hub or the registry does not answer.
        """
        from sosclib.engine.table import table

        if self._registry:
            self._show(searching.catalog_command(self._registry))
            rows = searching.search_catalog(self._node, term, self._registry)
            return table(rows, searching.CATALOG_COLUMNS)
        self._show(f"docker search --limit {limit} {shlex.quote(term)}")
        return table(searching.search_hub(self.api, term, limit), searching.FOUND_COLUMNS)

    def build(
        self,
        path: str = ".",
        *,
        tag: str,
        dockerfile: str = DOCKERFILE,
        build_args: Mapping[str, str] | None = None,
        target: str | None = None,
        no_cache: bool = False,
        pull: bool = False,
    ) -> Build:
        """Make an image as a Dockerfile tells: ``docker build``.

        Parameters
        ----------
        path : str
            The folder on the machine that holds the Dockerfile and all files that it copies, as seen from the
            lab user's home.
        tag : str
            The new image's name, with or without a tag.
        dockerfile : str
            The Dockerfile's name in that folder.
        build_args : mapping of str to str, optional
            Values for the Dockerfile's ARG instructions.
        target : str, optional
            The stage to stop at.
        no_cache : bool
            Work every step anew.
        pull : bool
            Ask the registry for a newer base image.

        Raises
        ------
        NotFound
            Where the folder or the Dockerfile is not there.
        ImageError
            Where a step fails; nothing of the build stays then.
        EngineFull
            Where the engine's disk is full.
        NotOurs
            Where somebody else's image bears that name.
        """
        return self._builder.build(
            Order(path, full_name(tag), tag, dockerfile, build_args or {}, target, no_cache, pull)
        )

    def tag(self, source: str, reference: str) -> None:
        """Give an image one more name: ``docker tag``.

        Parameters
        ----------
        source : str
            One of its names, or its id.
        reference : str
            The new name, with or without a tag.

        Raises
        ------
        NotFound, NotOurs, ImageError
        """
        id_ = self.inspect(source)["Id"]
        self.require_free(full_name(reference))
        self._show(f"docker tag {shlex.quote(source)} {shlex.quote(reference)}")
        repository, tag = split_name(reference)
        with teaching():
            self.api.tag(id_, repository, tag)
        self.own(full_name(reference))

    def save(self, references: str | Sequence[str], file: str) -> None:
        """Write images to a file on the machine: ``docker save -o``.

        Parameters
        ----------
        references : str or sequence of str
        file : str
            As seen from the lab user's home.

        Raises
        ------
        NotFound, ImageError
            Where there is no such image, or the file cannot be written; then none stays that is half written.
        """
        self._archives.save([references] if isinstance(references, str) else list(references), file)

    def load(self, file: str) -> None:
        """Read images from a file on the machine: ``docker load -i``.

        Raises
        ------
        NotFound, ImageError, NotOurs
            Where the file is not there, is not a whole archive, or would take a name from somebody's image.
        EngineFull
            Where the engine's disk is full; nothing of the file stays then.
        """
        self._archives.load(file)

    def import_image(self, file: str, reference: str) -> None:
        """Make an image of one layer of a container's file system in a file: ``docker import``.

        Parameters
        ----------
        file : str
            As ``docker export`` writes it.
        reference : str
            The new image's name.

        Raises
        ------
        NotFound, NotOurs, ImageError, EngineFull
        """
        self._archives.take_in(file, reference)

    def remove(self, reference: str, *, force: bool = False) -> None:
        """Remove an image: ``docker rmi``.

        Raises
        ------
        NotFound
            Where there is no such image.
        NotOurs
            Where somebody else brought it in.
        ImageError
            Where a container still needs it.
        """
        entry = self._find(reference)
        if not self._is_ours(reference, entry):
            raise not_ours("image", reference, "It was in this engine before the course.")
        self._show(f"docker rmi {'-f ' if force else ''}{shlex.quote(reference)}")
        with teaching():
            try:
                answers = self.api.remove_image(reference, force=force)
            except docker.errors.APIError as error:
                if error.status_code != 409:
                    raise
                raise ImageError(
                    f"The image {reference} is still needed.",
                    str(error.explanation),
                    "Remove the containers that were made from it first: docker ps -a, docker rm NAME",
                ) from error
        for answer in answers:
            for word, what in answer.items():
                self._terminal.say(f"{word}: {what}")
                self._ownership.strike("image", what)

    def history(self, reference: str) -> Table:
        """Return the steps an image was made of, newest first: ``docker history``."""
        from sosclib.engine.table import table

        self._show(f"docker history {shlex.quote(reference)}")
        with teaching():
            steps = self.api.history(reference)
        return table([history_row(step) for step in steps], HISTORY_COLUMNS)

    def layers(self, reference: str) -> ImageLayers:
        """Return the layers of an image with their files, read from what ``docker save`` gives.

        Raises
        ------
        NotFound, ImageError
        """
        self.inspect(reference)
        self._show(f"docker save {shlex.quote(reference)} | tar -tf -")
        with teaching():
            return read_layers(reference, self.api.get_image(reference))

    def inspect(self, reference: str) -> dict[str, Any]:
        """Return all that the engine knows of an image."""
        with teaching():
            answer: dict[str, Any] = self.api.inspect_image(reference)
        return answer

    def own(self, reference: str) -> None:
        """Enter an image that the course brought in into the lab's ledger."""
        if not self._ownership.exclusive:
            with suppress(NotFound):  # it may be gone already, with who made it
                self._ownership.enter("image", reference, self.inspect(reference)["Id"])

    def _own_new(self, reference: str, known: Mapping[str, str]) -> None:
        """Own the names that an image got: a pull or a push gives it a digest, which outlives a tag."""
        facts, repository = self.inspect(reference), split_name(reference)[0]
        digests = {name for name in facts.get("RepoDigests") or () if split_name(name)[0] == repository}
        for name in sorted({full_name(reference), *digests}):
            if known.get(name) != facts["Id"]:
                self.own(name)

    def require_free(self, reference: str) -> None:
        """Raise where somebody else's image bears a name that is about to be given.

        Raises
        ------
        NotOurs
        """
        if self._is_theirs(reference):
            raise NotOurs(
                f"There is an image {reference} already, and it is not the course's own.",
                "Giving its name to another image would take it away from you.",
                "Choose another name.",
            )

    def _is_theirs(self, reference: str) -> bool:
        """Tell whether there is an image of that name which is not the course's."""
        try:
            return not self._is_ours(reference, self._find(reference))
        except NotFound:
            return False

    def _is_ours(self, reference: str, entry: dict[str, Any]) -> bool:
        """Tell whether a name is the course's; an image called by its id is, if all its names are."""
        if self._ownership.exclusive:
            return self._ownership.owns("image", entry)
        names = set(entry["RepoTags"] or ())
        meant = names & {full_name(reference)} or names
        return self._ownership.owns("image", entry) and meant <= self._ownership.given(entry)

    def _find(self, reference: str) -> dict[str, Any]:
        with teaching():
            try:
                attrs = self.api.inspect_image(reference)
            except docker.errors.APIError as error:
                if BAD_NAME.search(explanation(error)):
                    raise bad_name(reference) from error
                raise
        # From version 1.50 of the API on, what is empty may be left out.
        labels = (attrs.get("Config") or {}).get("Labels")
        return {"Id": attrs["Id"], "RepoTags": attrs.get("RepoTags"), "Labels": labels}

    def _names(self) -> dict[str, str]:
        with teaching():
            return names_and_ids(self.api)

    def _show(self, command: str) -> None:
        self._terminal.show(self._node.title, command)
