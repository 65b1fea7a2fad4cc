"""One stack: a folder with a compose file, and what Compose does with it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sosclib.engine import snapshot, stack
from sosclib.engine.compose_cli import ComposeCli
from sosclib.engine.compose_events import StackEvent, StackEvents
from sosclib.engine.compose_faults import fault
from sosclib.engine.compose_health import await_ready, conditions, failure
from sosclib.engine.compose_images import ImagesOfStack
from sosclib.engine.compose_labels import is_there, members, of_stack
from sosclib.engine.compose_progress import ComposeState, WatchCompose
from sosclib.engine.compose_rows import COLUMNS, Rise, container_row
from sosclib.engine.faults import teaching
from sosclib.engine.handle import RunResult
from sosclib.engine.images import Images
from sosclib.engine.mounts import made_at, volume_names, volumes_here
from sosclib.engine.options import text_of, words_of
from sosclib.engine.ownership import BY_OTHERS, Ownership
from sosclib.engine.shown import AlreadyShown
from sosclib.engine.stack import Stack
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import NotOurs, SoscError, ToolMissing
from sosclib.lab.node import CommandResult, Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

LIMIT = 300.0
"""Seconds within which a stack must be ready."""
ILL = "dependency failed to start"
UP = ("Started", "Running", "Healthy")
UNFINISHED = "... "
"""How the older Compose ends a line that comes once more when it knows the result."""


class Project(AlreadyShown):
    """A stack of the machine.

    Attributes
    ----------
    folder : str
        Where the compose file lies, as seen from the lab user's home.
    title : str
        The folder's own name, whatever the project is called.
    name : str
        What Compose calls the project: everything that it makes begins with that, and bears it as a label.
    """

    def __init__(
        self,
        node: Node,
        terminal: Terminal,
        ownership: Ownership,
        images: Images,
        cli: ComposeCli,
        watch: WatchCompose | None,
        folder: str,
        title: str,
        files: Sequence[str] = (),
        name: str = "",
    ) -> None:
        self.folder = folder
        self.title = title
        self.name = name or ownership.project(title)
        self._node = node
        self._terminal = terminal
        self._ownership = ownership
        self._images = ImagesOfStack(node.docker.api, images, ownership)
        self._cli = cli
        self._watch = watch
        chosen = tuple(word for file in files for word in ("-f", file))
        said = ("-p", self.name, *chosen)
        self._shown = chosen if name else said
        # On somebody's own engine Compose is told the name of which it is known whose stack bears it.
        self._front = self._shown if ownership.exclusive else said

    def __repr__(self) -> str:
        return f"<Project {self.name}>"

    @property
    def api(self) -> Any:
        """The engine's API, for the thread that asks."""
        return self._node.docker.api

    def up(
        self,
        *services: str,
        build: bool = False,
        no_start: bool = False,
        wait: bool = False,
        scale: Mapping[str, int] | None = None,
        limit: float = LIMIT,
    ) -> Rise:
        """Create what is missing and start it: ``docker compose up``, in the background (``-d``).

        Parameters
        ----------
        *services : str
            Only these, and those on which they depend; all where none is given.
        build : bool
            Build first those images of which the file says how (``--build``).
        no_start : bool
            Create only (``--no-start``).
        wait : bool
            Wait until every service is ready: it runs, and its health check says so (``--wait``).
        scale : mapping of str to int, optional
            How many containers a service is to have (``--scale``); one where nothing is said.
        limit : float
            Seconds to wait at most.

        Raises
        ------
        ComposeFileError
            Where the file is not there, or not understood; nothing was done then.
        ServiceFailed
            Where a service ends, or does not become healthy; names it, and shows the end of its log.
        ImageError, PortTaken, NotFound, NotOurs, SoscError
        """
        flags = ["--build"] if build else []
        flags.append("--no-start" if no_start else "-d")
        flags += [word for name, copies in (scale or {}).items() for word in ("--scale", f"{name}={copies}")]
        self._show("up", *flags, *(["--wait"] if wait and not self._cli.older else []), *services)
        self._require_ours()
        with teaching(), self._with_images(), StackEvents(self.api, self.name) as events:
            noted: list[StackEvent] = []
            state = self._work("up", *flags, *services)
            try:
                if wait:
                    self._require_found(state)
                    await_ready(
                        self.api, self.name, events, limit=limit, services=services, noted=noted.append
                    )
                    state = state.all_healthy()
            finally:
                self._tell(state)
            seconds = events.seconds
            return Rise((*noted, *events.drain()), seconds)

    def start(self, *services: str) -> None:
        """Start containers that are there: ``docker compose start``."""
        self._do("start", *services)

    def stop(self, *services: str, timeout: int | None = None) -> None:
        """End the containers and keep them, with all that they have: ``docker compose stop``."""
        self._do("stop", *([] if timeout is None else ["-t", str(timeout)]), *services)

    def down(self, *, volumes: bool = False) -> None:
        """Remove containers and networks, and where asked for the volumes too: ``docker compose down``.

        Parameters
        ----------
        volumes : bool
            Also those with a name, with all that is in them (``-v``).
        """
        self._do("down", *(["-v"] if volumes else []))

    def ps(self, *, all: bool = False) -> Table:
        """Return the stack's containers as ``docker compose ps`` shows them, sorted by name.

        Parameters
        ----------
        all : bool
            Also those that do not run (``-a``).
        """
        from sosclib.engine.table import table

        self._show("ps", *(["-a"] if all else []))
        with teaching():
            listed = members(self.api, self.name, all=all)
        return table([container_row(raw) for raw in sorted(listed, key=snapshot.name)], COLUMNS)

    def logs(self, *services: str, tail: int | None = None) -> RunResult:
        """Show what the services wrote: ``docker compose logs``.

        Parameters
        ----------
        *services : str
            Only these; all where none is given.
        tail : int, optional
            How many lines of each, from the end.
        """
        words = ["logs", *([] if tail is None else ["--tail", str(tail)]), *services]
        return self._told(*words)

    def config(self) -> RunResult:
        """Check the file, and show how Compose understands it: ``docker compose config``.

        Folders in the lab user's home are written as ``~``.

        Raises
        ------
        ComposeFileError
        """
        return self._told("config")

    def exec(self, service: str, command: str) -> RunResult:
        """Run a further command in a service's container: ``docker compose exec -T``; no terminal is at hand.

        Parameters
        ----------
        service : str
        command : str
            As a shell would take it; ``sh -c '…'`` where it needs one inside.
        """
        self._require_ours()
        typed = f"{self._typed('exec', '-T', service)} {text_of(command)}"
        self._terminal.show(self._node.title, typed, self.folder)
        words = ["exec", "-T", service, *(words_of(command) or [])]
        done = self._cli.run(self.folder, [*self._front, *words])
        self._terminal.say(done.output)
        return RunResult(done.exit_code, done.output, service)

    def model(self) -> dict[str, Any]:
        """Return the file as Compose understands it, as data.

        Raises
        ------
        ComposeFileError
            Where it is not there, or not understood.
        ToolMissing
            Where the node has the older Compose only.
        """
        if self._cli.older:
            raise ToolMissing(
                "The older docker-compose cannot tell how it understands a file.",
                "Only Compose from version 2 on gives that as data.",
                "Install your system's package docker-compose-plugin or docker-compose-v2.",
            )
        done = self._cli.run(self.folder, [*self._front, "config", "--format", "json"])
        if done.exit_code:
            raise self._fault(done, done.stderr.strip().splitlines())
        config: dict[str, Any] = json.loads(done.stdout)
        return config

    def planned(self) -> Stack:
        """Return the stack that the compose file asks for."""
        return stack.planned(self.title, self.model())

    def found(self) -> Stack:
        """Return the stack that the engine has."""
        with teaching():
            return stack.found(self.title, self.api, self.name)

    def compared(self) -> Stack:
        """Return file and engine in one, with what differs."""
        return stack.compared(self.planned(), self.found())

    def container(self, service: str) -> str:
        """Return the name of a service's container.

        Raises
        ------
        SoscError
            Where the service has none.
        """
        with teaching():
            there = conditions(self.api, self.name, [service])
        if not there:
            raise SoscError(
                f"The service {service} has no container.",
                help=f"docker compose up -d {service} creates and starts it.",
            )
        return there[0].container

    def _do(self, *words: str) -> None:
        self._show(*words)
        with teaching():
            self._tell(self._work(*words))

    @contextmanager
    def _with_images(self) -> Iterator[None]:
        """See that the images are there, and that those which come meanwhile are known as the course's."""
        if self._cli.older:
            with self._images.brought():
                yield
            return
        config = self.model()
        self._images.fetch(config)
        with self._images.built(config, self.name):
            yield

    def _work(self, *words: str) -> ComposeState:
        """Let Compose work; what it makes is the course's, whether it succeeds or not."""
        self.claim()
        known = volumes_here(self.api)
        watch = None if self._terminal.silent else self._watch
        state = ComposeState()

        def read(line: str) -> None:
            nonlocal state
            state = state.after(line)
            if watch:
                watch(state)

        if watch:
            watch(state)
        try:
            done = self._cli.follow(self.folder, [*self._front, *words], read)
        finally:
            self._own_nameless(known)
        if done.exit_code:
            self._tell(state)
            raise self._fault(done, state.said)
        return state

    def _require_found(self, state: ComposeState) -> None:
        """Raise where Compose has started containers, and none is this stack's: nobody waits for those."""
        started = any(kind == "Container" and word in UP for (kind, _), word in state.items.items())
        if started and not members(self.api, self.name):
            raise SoscError(
                f"The stack {self.name} has no containers: what was started is called otherwise.",
                "The compose file's own name was changed since, or the environment names another stack.",
                "Name it in the file .env beside the compose file: COMPOSE_PROJECT_NAME=…",
            )

    def _tell(self, state: ComposeState) -> None:
        shown = state.lines
        if self._cli.older:
            shown = tuple(line for line in state.said if not line.endswith(UNFINISHED))
        for line in (*(f"WARNING: {self._homely(text)}" for text in state.warnings), *shown):
            self._terminal.say(line)

    def _own_nameless(self, known: set[str]) -> None:
        """Enter the volumes that containers got because their images want them: those bear no label."""
        if self._ownership.exclusive:
            return
        for raw in self.api.containers(all=True, filters=of_stack(self.name)):
            for volume in volume_names(raw) - known:
                self._ownership.enter("volume", volume, made_at(self.api, volume))

    def _fault(self, done: CommandResult, said: Sequence[str]) -> SoscError:
        if any(ILL in line for line in said):
            ill = [one for one in conditions(self.api, self.name) if one.failed]
            if ill:
                return failure(self.api, ill[0])
        return fault(done, said, self._node.title, self.folder, self._node.home)

    def claim(self) -> None:
        """Note that this stack is the course's, also where it is made by typing commands.

        Raises
        ------
        NotOurs
            Where there is a stack of that name already that is somebody else's.
        """
        self._require_ours()
        if not self._ownership.exclusive:
            self._ownership.enter("stack", self.name)

    def _require_ours(self) -> None:
        """Raise where a stack of this name is there that the course did not make."""
        if self._ownership.exclusive or self.name in self._ownership.entered("stack"):
            return
        with teaching():
            there = is_there(self.api, self.name)
        if there:
            raise NotOurs(
                f"There is a stack {self.name} already, and it is not the course's own.",
                BY_OTHERS,
                "Choose another name: COMPOSE_PROJECT_NAME in the file .env, or another folder.",
            )

    def _told(self, *words: str) -> RunResult:
        self._show(*words)
        done = self._cli.run(self.folder, [*self._front, *words])
        if done.exit_code:
            raise self._fault(done, done.stderr.strip().splitlines())
        for line in done.stderr.splitlines():
            state = ComposeState().after(line)
            for text in state.warnings:
                self._terminal.say(f"WARNING: {self._homely(text)}")
        output = self._homely(done.stdout)
        self._terminal.say(output)
        return RunResult(0, output)

    def _homely(self, text: str) -> str:
        return text.replace(self._node.home, "~")

    def _typed(self, *words: str) -> str:
        return shlex.join([*self._cli.words, *self._shown, *words])

    def _show(self, *words: str) -> None:
        self._terminal.show(self._node.title, self._typed(*words), self.folder)
