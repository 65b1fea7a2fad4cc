"""Images as files on a node: ``docker save`` and ``docker load``."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import docker.errors

from sosclib.engine.building_traces import names_and_ids
from sosclib.engine.faults import explained, teaching
from sosclib.engine.ownership import Ownership
from sosclib.engine.terminal import Terminal
from sosclib.engine.words import full_name
from sosclib.lab.errors import EngineFull, ImageError, NotFound, SoscError
from sosclib.lab.node import CommandResult, Node

if TYPE_CHECKING:
    from sosclib.engine.images import Images

MANIFEST, INDEX = "manifest.json", "index.json"
INDEX_NAME = "io.containerd.image.name"
"""What the index calls an image: its name with its tag and Docker Hub's address."""
NO_FILE = 3
NOT_UNPACKED = "Error unpacking image"
"""With the containerd store, the engine ends well all the same, and keeps an image that cannot be used."""


@dataclass(frozen=True)
class Content:
    """What an archive holds.

    Attributes
    ----------
    names : mapping of str to frozenset of str
        Names with tags, and the ids that an engine may give to the image of that name.
    ids : frozenset of str
        Of all its images, those without a name too.

    Notes
    -----
    An engine calls an image by its configuration's digest, with the containerd store by its manifest's.
    """

    names: Mapping[str, frozenset[str]]
    ids: frozenset[str]


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
        """Read images from a file; of one that is broken nothing is taken. See `Images.load`."""
        content = self._content(file)
        for name, ids in content.names.items():
            if not self._is(name, ids):
                self._images.require_free(name)
        self._show(["docker", "load", "-i", file])
        with teaching():
            before = names_and_ids(self._api)
        answer = self._node.sh(f"docker load < {shlex.quote(file)}")
        with teaching():
            new = {name for name, id_ in self._brought(content).items() if before.get(name) != id_}
        if answer.exit_code or NOT_UNPACKED in answer.stdout:
            self._drop(new)
            raise _given_up(file, answer)
        self._terminal.say(answer.stdout)
        for reference in new:
            self._images.own(reference)

    def take_in(self, file: str, reference: str) -> None:
        """Make an image of one layer of a file system in a file: ``docker import``.

        Raises
        ------
        NotFound, NotOurs, ImageError, EngineFull
            As `Images.import_image` does.
        """
        quoted = shlex.quote(file)
        if self._node.sh(f"test -f {quoted}").exit_code:
            raise NotFound(f"There is no file {file} on {self._node.title}.", help="ls shows what there is.")
        self._images.require_free(full_name(reference))
        self._show(["docker", "import", file, reference])
        answer = self._node.sh(
            f"tar -tf {quoted} > /dev/null && docker import - {shlex.quote(reference)} < {quoted}"
        )
        if answer.exit_code:
            raise _given_up(file, answer)
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
        # Older engines write no index, and an archive may do without.
        index = self._node.sh(f"tar -xOf {quoted} {INDEX}")
        try:
            return _content(json.loads(answer.stdout), {} if index.exit_code else json.loads(index.stdout))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _broken(file, f"{MANIFEST} in it cannot be read.") from error

    def _is(self, name: str, ids: Collection[str]) -> bool:
        """Tell whether a name is given to this very image already: then loading it takes nothing away."""
        try:
            return self._images.inspect(name)["Id"] in ids
        except NotFound:
            return False

    def _brought(self, content: Content) -> dict[str, str]:
        """Return those names and ids in the engine that are an archive's: somebody else may load too."""
        found: dict[str, str] = {}
        for entry in self._api.images(all=True):
            names = content.names.keys() & set(entry.get("RepoTags") or ())
            if names or entry["Id"] in content.ids:
                found |= dict.fromkeys((*names, entry["Id"]), entry["Id"])
        return found

    def _drop(self, references: Collection[str]) -> None:
        """Take back what came of an archive that is broken; an image goes with its last name."""
        with teaching():
            for reference in references:
                with suppress(docker.errors.NotFound):
                    self._api.remove_image(reference, force=True)

    def _show(self, words: list[str]) -> None:
        self._terminal.show(self._node.title, shlex.join(words))


def write_whole(node: Node, words: Sequence[str], file: str) -> None:
    """Write a command's output to a file of a node, under its name only once it is whole.

    Parameters
    ----------
    node : Node
    words : sequence of str
        The command.
    file : str
        As seen from the lab user's home.

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


def _content(entries: Any, index: Any) -> Content:
    """Return what the two tables of contents of an archive tell, one of Docker's and one of the OCI's."""
    named: dict[str, set[str]] = {}
    ids = {one["digest"] for one in index.get("manifests", ())}
    for entry in entries:
        # The file is called by its digest, with an ending or in a folder of such files.
        id_ = f"sha256:{PurePosixPath(entry['Config']).stem}"
        ids.add(id_)
        for name in entry["RepoTags"] or ():
            named.setdefault(full_name(name), set()).add(id_)
    for one in index.get("manifests", ()):
        name = full_name((one.get("annotations") or {}).get(INDEX_NAME, ""))
        if name in named:
            named[name].add(one["digest"])
    return Content({name: frozenset(some) for name, some in named.items()}, frozenset(ids))


def _broken(file: str, why: str) -> ImageError:
    return ImageError(
        f"{file} is no whole archive.",
        why,
        "Copy it anew, or write it anew with docker save; a file that was copied half is of no use.",
    )


def _given_up(file: str, answer: CommandResult) -> SoscError:
    """Return why an engine did not take a file: where its disk is full, the file is not to blame."""
    said = answer.output.strip()
    found = explained(said)
    return found if isinstance(found, EngineFull) else _broken(file, said)
