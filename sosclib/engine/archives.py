"""Images as files on a node: ``docker save`` and ``docker load``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from sosclib.engine.building_traces import image_ids, named
from sosclib.engine.faults import explained, teaching
from sosclib.engine.ownership import Ownership
from sosclib.engine.terminal import Terminal
from sosclib.engine.words import full_name
from sosclib.lab.errors import ImageError, NotFound
from sosclib.lab.node import CommandResult, Node

if TYPE_CHECKING:
    from sosclib.engine.images import Images

MANIFEST = "manifest.json"
NO_FILE = 3


@dataclass(frozen=True)
class Content:
    """What an archive holds.

    Attributes
    ----------
    names : tuple of str
        Names with tags.
    ids : tuple of str
        Of the images.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]


class Archives:
    """Writes images of one node to files in the lab user's home, and reads them again.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
    images : Images
    """

    def __init__(self, node: Node, terminal: Terminal, ownership: Ownership, images: Images) -> None:
        self._api: Any = node.docker.api
        self._node = node
        self._terminal = terminal
        self._ownership = ownership
        self._images = images

    def save(self, references: Sequence[str], file: str) -> None:
        """Write images to a file; a file of that name is replaced when the new one is whole."""
        for reference in references:
            self._images.inspect(reference)
        self._show(["docker", "save", "-o", file, *references])
        write_whole(self._node, ["docker", "save", *references], file)

    def load(self, file: str) -> None:
        """Read images from a file; of one that is broken nothing is taken."""
        content = self._content(file)
        for name, id_ in zip(content.names, content.ids, strict=False):
            if not self._is(name, id_):
                self._images.require_free(name)
        self._show(["docker", "load", "-i", file])
        with teaching():
            before = image_ids(self._api)
        answer = self._node.sh(f"docker load < {shlex.quote(file)}")
        new = set(content.ids) & (image_ids(self._api) - before)
        if answer.exit_code:
            self._drop(new)
            raise _broken(file, _engine_words(answer))
        self._terminal.say(answer.stdout)
        if not self._ownership.exclusive:
            for reference in {*new, *named(self._api, new)}:
                self._ownership.enter("image", reference)

    def take_in(self, file: str, reference: str) -> None:
        """Make an image of one layer of a file system in a file: ``docker import``."""
        quoted = shlex.quote(file)
        if self._node.sh(f"test -f {quoted}").exit_code:
            raise NotFound(f"There is no file {file} on {self._node.title}.", help="ls shows what there is.")
        self._images.require_free(full_name(reference))
        self._show(["docker", "import", file, reference])
        answer = self._node.sh(
            f"tar -tf {quoted} > /dev/null && docker import - {shlex.quote(reference)} < {quoted}"
        )
        if answer.exit_code:
            raise _broken(file, answer.output.strip())
        self._terminal.say(answer.stdout)
        self._images.own(full_name(reference))

    def _content(self, file: str) -> Content:
        """Read an archive to its end, so that one that was cut is found out before the engine sees it."""
        quoted = shlex.quote(file)
        answer = self._node.sh(f"test -f {quoted} || exit {NO_FILE}; tar -xOf {quoted} {MANIFEST}")
        if answer.exit_code == NO_FILE:
            raise NotFound(f"There is no file {file} on {self._node.title}.", help="ls shows what there is.")
        if answer.exit_code:
            raise _broken(file, answer.stderr.strip())
        try:
            entries = json.loads(answer.stdout)
            ids = [f"sha256:{PurePosixPath(entry['Config']).stem}" for entry in entries]
            names = [list(entry["RepoTags"] or [""]) for entry in entries]
        except (ValueError, KeyError, TypeError) as error:
            raise _broken(file, f"{MANIFEST} in it cannot be read.") from error
        pairs = [(name, id_) for some, id_ in zip(names, ids, strict=True) for name in some]
        return Content(
            tuple(name for name, _ in pairs if name), tuple(id_ for name, id_ in pairs if name) or tuple(ids)
        )

    def _is(self, name: str, id_: str) -> bool:
        """Tell whether a name is given to this very image already: then loading it takes nothing away."""
        try:
            return bool(self._images.inspect(full_name(name))["Id"] == id_)
        except NotFound:
            return False

    def _drop(self, ids: set[str]) -> None:
        with teaching():
            for id_ in ids:
                self._api.remove_image(id_, force=True)

    def _show(self, words: list[str]) -> None:
        self._terminal.show(self._node.title, shlex.join(words))


def write_whole(node: Node, words: Sequence[str], file: str) -> None:
    """Write a command's output to a file of a node, under its name only once it is whole.

    Raises
    ------
    ImageError
        Where it cannot be; what bore the name before stays.
    """
    path = PurePosixPath(file)
    aside = str(path.with_name(f".{path.name}.part"))
    # Redirected, so that it is this node's shell that writes, wherever its CLI runs.
    answer = node.sh(f"{shlex.join(words)} > {shlex.quote(aside)}")
    if answer.exit_code == 0:
        answer = node.sh(shlex.join(["mv", "-f", "--", aside, file]))
    if answer.exit_code:
        node.sh(shlex.join(["rm", "-f", "--", aside]))
        raise ImageError(
            f"{file} cannot be written on {node.title}.",
            answer.output.strip(),
            "Is the folder there, and is there room? df -h . tells.",
        )


def _broken(file: str, why: str) -> ImageError:
    return ImageError(
        f"{file} is no whole archive.",
        why,
        "Copy it anew, or write it anew with docker save; a file that was copied half is of no use.",
    )


def _engine_words(answer: CommandResult) -> str:
    return explained(answer.output.strip()).why or answer.output.strip()
