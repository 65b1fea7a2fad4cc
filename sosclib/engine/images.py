"""Images of a node, by the SDK's names: pull, list, search, remove, history."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import docker
import docker.errors

from sosclib.engine import snapshot
from sosclib.engine.credentials import credentials
from sosclib.engine.faults import explained, teaching
from sosclib.engine.ownership import Ownership
from sosclib.engine.progress import PullState, Watch
from sosclib.engine.pushing import push
from sosclib.engine.sizes import human_size
from sosclib.engine.terminal import Terminal
from sosclib.engine.words import ago, ellipsis, full_name, split_name
from sosclib.lab.errors import EngineFull, ImageError, LoginRefused, NotFound, NotOurs, SoscError
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

COLUMNS = ("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE")
HISTORY_COLUMNS = ("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT")
FOUND_COLUMNS = ("NAME", "DESCRIPTION", "STARS", "OFFICIAL")
CATALOG_COLUMNS = ("NAME", "TAGS")

Rows = list[dict[str, Any]]


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
    """

    def __init__(
        self,
        node: Node,
        terminal: Terminal,
        ownership: Ownership,
        registry: str = "",
        watch: Watch | None = None,
    ) -> None:
        self._registry = registry
        self.api: Any = node.docker.api
        self._node = node
        self._terminal = terminal
        self._ownership = ownership
        self._watch = watch

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
        """Pull without a prompt: for an image that another command needs."""
        known = self._names()
        repository, tag = split_name(reference)
        state = PullState()
        with teaching():
            try:
                login = credentials(self._node, repository)
                events = self.api.pull(repository, tag=tag, stream=True, decode=True, auth_config=login)
                for event in events:
                    if "error" in event:
                        raise _pull_fault(reference, event["error"])
                    state = state.after(event)
                    if self._watch and not self._terminal.silent:
                        self._watch(state)
            except docker.errors.APIError as error:
                raise _pull_fault(reference, str(error.explanation)) from error
        # An image that is pulled by its digest gets no tag: its id is what it is known by.
        brought = self.inspect(reference)["Id"] if "@" in reference else full_name(reference)
        if brought not in known:
            self.own(brought)
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
        state = push(self.api, reference, credentials(self._node, reference), watch)
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
        rows = [row for raw in self.raw(everything=everything) for row in _rows(raw)]
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
            return table(self._search_catalog(term, self._registry), CATALOG_COLUMNS)
        self._show(f"docker search --limit {limit} {shlex.quote(term)}")
        with teaching():
            found = self.api.search(term, limit=limit)
        rows = [
            {
                "NAME": one["name"],
                "DESCRIPTION": ellipsis(one["description"] or "", 45),
                "STARS": one["star_count"],
                "OFFICIAL": "[OK]" if one["is_official"] else "",
            }
            for one in found
        ]
        return table(rows, FOUND_COLUMNS)

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
        if not self._ownership.owns("image", entry):
            raise NotOurs(
                f"The image {reference} is not the course's own.",
                "It was in this engine before the course.",
                "The course leaves it alone; in a terminal you may do as you like with it.",
            )
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
                self._ownership.strike_image(what)

    def history(self, reference: str) -> Table:
        """Return the steps an image was made of, newest first: ``docker history``."""
        from sosclib.engine.table import table

        self._show(f"docker history {shlex.quote(reference)}")
        with teaching():
            steps = self.api.history(reference)
        rows = [
            {
                "IMAGE": _short(step["Id"]),
                "CREATED": ago(step["Created"]),
                "CREATED BY": ellipsis(step["CreatedBy"].replace("\t", " "), 45),
                "SIZE": human_size(step["Size"], digits=3),
                "COMMENT": step["Comment"],
            }
            for step in steps
        ]
        return table(rows, HISTORY_COLUMNS)

    def inspect(self, reference: str) -> dict[str, Any]:
        """Return all that the engine knows of an image."""
        with teaching():
            answer: dict[str, Any] = self.api.inspect_image(reference)
        return answer

    def own(self, reference: str) -> None:
        """Enter an image that the course brought in into the lab's ledger."""
        if not self._ownership.exclusive:
            self._ownership.enter_image(reference)

    def require_free(self, reference: str) -> None:
        """Raise where somebody else's image bears a name that is about to be given.

        Raises
        ------
        NotOurs
        """
        try:
            entry = self._find(reference)
        except NotFound:
            return
        if not self._ownership.owns("image", entry):
            raise NotOurs(
                f"There is an image {reference} already, and it is not the course's own.",
                "Giving its name to another image would take it away from you.",
                "Choose another name.",
            )

    def _find(self, reference: str) -> dict[str, Any]:
        with teaching():
            attrs = self.api.inspect_image(reference)
        return {"Id": attrs["Id"], "RepoTags": attrs["RepoTags"], "Labels": attrs["Config"]["Labels"]}

    def _names(self) -> set[str]:
        with teaching():
            return {name for raw in self.api.images() for name in (*snapshot.tags(raw), raw["Id"])}

    def _search_catalog(self, term: str, registry: str) -> Rows:
        command = f"curl -s http://{registry}/v2/_catalog"
        self._show(command)
        answer = self._node.sh(command)
        if answer.exit_code:
            raise ImageError(
                f"The registry {registry} does not answer.", answer.output, "`sosc doctor` says what to do."
            )
        names = [name for name in json.loads(answer.stdout)["repositories"] if term in name]
        return [{"NAME": f"{registry}/{name}", "TAGS": self._catalog_tags(registry, name)} for name in names]

    def _catalog_tags(self, registry: str, name: str) -> str:
        answer = self._node.sh(f"curl -s http://{registry}/v2/{name}/tags/list").check()
        return ", ".join(sorted(json.loads(answer.stdout)["tags"] or ()))

    def _show(self, command: str) -> None:
        self._terminal.show(self._node.title, command)


def _rows(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row per tag, as the CLI does."""
    shared = {
        "IMAGE ID": _short(raw["Id"]),
        "CREATED": ago(raw["Created"]),
        "SIZE": human_size(raw["Size"], digits=3),
    }
    names = [split_name(tag) for tag in raw.get("RepoTags") or () if tag != "<none>:<none>"]
    digests = [split_name(name)[0] for name in raw.get("RepoDigests") or () if "<none>" not in name]
    nameless = [(repository, "<none>") for repository in digests] or [("<none>", "<none>")]
    return [{"REPOSITORY": r, "TAG": t, **shared} for r, t in names or nameless]


def _short(id_: str) -> str:
    return id_.removeprefix("sha256:")[:12]


def _pull_fault(reference: str, message: str) -> SoscError:
    found = explained(message)
    if isinstance(found, (ImageError, LoginRefused, EngineFull)):
        return type(found)(f"{reference} cannot be pulled. {found.what}", message, found.help)
    return ImageError(
        f"{reference} cannot be pulled. The engine gave up.",
        message,
        "Try again; `sosc doctor` tells what can be reached.",
    )
