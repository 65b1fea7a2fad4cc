"""udocker on a machine: images and containers that are an ordinary user's own files and processes.

It is no part of Docker and knows nothing of an engine. Each call types one line into the machine's shell, in
the folder in which udocker was unpacked (see `sosclib.lab.udocker`), and what udocker says is shown.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sosclib.engine.options import quoted, words_of
from sosclib.engine.shown import Shown, shown
from sosclib.engine.terminal import Terminal
from sosclib.engine.udocker_faults import raise_fault
from sosclib.engine.udocker_modes import COLUMNS, MARK, MODES, outcome
from sosclib.lab.errors import ImageError, SoscError
from sosclib.lab.node import Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

PROGRAM = "./udocker"


class Udocker:
    """udocker in the home of a machine's ordinary user.

    Every method raises one of the course's errors where udocker itself fails: `ToolMissing` where it or its
    PRoot is not there, `NotFound` for what it does not know, `NameTaken`, `ImageError` for archives that are
    none.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    """

    def __init__(self, node: Node, terminal: Terminal) -> None:
        self._node = node
        self._terminal = terminal

    def install(self, *, force: bool = False) -> Shown:
        """Unpack PRoot, which came along with udocker, into udocker's folder: ``udocker install``."""
        return self._do("install", *(["--force"] if force else []))

    def login(self, user: str, password_file: str, registry: str) -> Shown:
        """Log in to a registry: ``udocker login``.

        Parameters
        ----------
        user : str
        password_file : str
            A file in the home that holds the password: no command line should.
        registry : str
            Its address, ``localhost:5001``.
        """
        secret = f'--password="$(cat {shlex.quote(password_file)})"'
        return self._line(f"login --username={shlex.quote(user)} {secret} {shlex.quote(_at(registry))}")

    def tags(self, repository: str, *, registry: str) -> Shown:
        """List the tags of a repository: ``udocker search --list-tags``."""
        return self._do("search", "--list-tags", _at(registry), repository)

    def pull(self, image: str, *, registry: str = "") -> Shown:
        """Fetch an image: ``udocker pull``.

        Parameters
        ----------
        image : str
            ``student/lunchbox:1.0``, without the registry's address.
        registry : str
            Address of a registry that speaks plain HTTP; Docker Hub where it is empty.
        """
        return self._do("pull", *([_at(registry)] if registry else []), image)

    def load(self, archive: str, name: str = "") -> Shown:
        """Take an image out of an archive of ``docker save``: ``udocker load``.

        Parameters
        ----------
        archive : str
        name : str
            What to call it, without a tag: that one comes from the archive.

        Raises
        ------
        ImageError
            Where the file is no such archive, or, without a name, where an engine from version 25 on wrote
            it: udocker does not find the name in there, and would make one up.
        """
        if not name and self._is_oci(archive):
            raise ImageError(
                f"udocker does not read the image's name in {archive}.",
                "Docker Engine 25 and newer save in OCI's layout; udocker would make up a name.",
                f"Say it yourself, without a tag: {PROGRAM} load -i {archive} NAME",
            )
        return self._do("load", "-i", archive, *([name] if name else []))

    def images(self) -> Shown:
        """List the images, by name: ``udocker images``."""
        return self._line("images", ordered=True)

    def create(self, image: str, name: str) -> Shown:
        """Unpack an image into a container's folder: ``udocker create``."""
        return self._do("create", f"--name={name}", image)

    def run(
        self,
        container: str,
        command: str | Sequence[str] = (),
        *,
        remove: bool = False,
        user: str = "",
        working_dir: str = "",
        environment: Mapping[str, str] | None = None,
        volumes: Sequence[str] = (),
    ) -> Shown:
        """Run a command in a container: ``udocker run --nobanner``.

        Parameters
        ----------
        container : str
            A container's name. For an image's name udocker first makes a new container.
        command : str or sequence of str
            A text is split as a shell would split it. Without one the image's own command runs.
        remove : bool
            Remove the container afterwards (``--rm``).
        user, working_dir : str
        environment : mapping of str to str, optional
        volumes : sequence of str
            ``folder:path``, as for Docker; ``$PWD`` stands for the current folder.

        Returns
        -------
        Shown
            With the exit code of the command; one that fails does not raise.
        """
        words = ["run", "--nobanner", *(["--rm"] if remove else [])]
        words += [f"--user={shlex.quote(user)}"] if user else []
        words += [f"--workdir={shlex.quote(working_dir)}"] if working_dir else []
        words += [f"--env={shlex.quote(f'{key}={value}')}" for key, value in (environment or {}).items()]
        words += [f"-v {quoted(volume)}" for volume in volumes]
        inside = shlex.join([container, *(words_of(command) or [])])
        return self._line(" ".join([*words, inside]), must=False)

    def ps(self) -> Shown:
        """List the containers with the mode in which each runs, and its size in MB: ``udocker ps -m -s``."""
        return self._do("ps", "-m", "-s")

    def inspect(self, name: str) -> Shown:
        """Show what udocker knows of a container or an image: ``udocker inspect``."""
        return self._do("inspect", name)

    def root(self, container: str) -> str:
        """Return the folder in which a container's files lie: ``udocker inspect -p``."""
        return self._do("inspect", "-p", container).stdout.strip()

    def export(self, container: str, archive: str) -> Shown:
        """Pack the files of a container: ``udocker export``."""
        return self._do("export", "-o", archive, container)

    def import_(self, archive: str, image: str) -> Shown:
        """Make an image of packed files: ``udocker import``."""
        return self._do("import", archive, image)

    def setup(self, container: str, execmode: str = "", *, force: bool = False) -> Shown:
        """Choose how a container is executed, or show it: ``udocker setup``.

        Parameters
        ----------
        container : str
        execmode : str
            ``P1``, ``P2``, ``F1``, ``R1``, ``S1``, …; without one the present mode is shown.
        force : bool
            Also where the present mode is broken.
        """
        flags = [*([f"--execmode={execmode}"] if execmode else []), *(["--force"] if force else [])]
        return self._do("setup", *flags, container)

    def modes(self, container: str) -> Table:
        """Try each way to execute a container, and tell which work here; it is left in the first of them.

        Parameters
        ----------
        container : str
            It is given up to this: a mode that fails may leave it changed.
        """
        from sosclib.engine.table import table

        lines = []
        for mode in MODES:
            self.setup(container, mode, force=True)
            command = f"{PROGRAM} run --nobanner {shlex.quote(container)} sh -c 'echo {MARK}'"
            self._terminal.show(self._node.title, command)
            result, fault = self._node.sh(command), ""
            try:
                raise_fault(result, self._node.title)
            except SoscError as error:
                fault = error.what
            lines.append(outcome(mode, result.exit_code, result.output, fault))
        self.setup(container, next(iter(MODES)), force=True)
        return table(lines, COLUMNS)

    def rm(self, *containers: str) -> Shown:
        """Remove containers: ``udocker rm``."""
        return self._do("rm", *containers)

    def rmi(self, *images: str) -> Shown:
        """Remove images: ``udocker rmi``."""
        return self._do("rmi", *images)

    def _do(self, *words: str) -> Shown:
        """Type a line of these words."""
        return self._line(shlex.join(words))

    def _line(self, text: str, *, must: bool = True, ordered: bool = False) -> Shown:
        """Type a line, show what it says, and raise what udocker complains of.

        Parameters
        ----------
        text : str
        must : bool
            Whether any exit code but 0 is udocker's own failure.
        ordered : bool
            Whether to sort what stands below the heading: udocker has it as the folders come.
        """
        line = f"{PROGRAM} {text}"
        self._terminal.show(self._node.title, line)
        result = self._node.sh(line)
        said = result.output.replace(self._node.home, f"/home/{self._node.user}")
        lines = [line.rstrip() for line in said.splitlines() if line.strip()]
        if ordered:
            lines[1:] = sorted(lines[1:])
        self._terminal.say("\n".join(lines))
        raise_fault(result, self._node.title)
        if result.exit_code and must:
            subcommand = text.split()[0]
            raise SoscError(
                f"udocker {subcommand} failed.", result.output.strip(), f"{PROGRAM} {subcommand} --help"
            )
        return shown(result)

    def _is_oci(self, archive: str) -> bool:
        return self._node.sh(f"tar -tf {shlex.quote(archive)} oci-layout").exit_code == 0


def _at(registry: str) -> str:
    return f"--registry=http://{registry}"
