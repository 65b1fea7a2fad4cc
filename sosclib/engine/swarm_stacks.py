"""Stacks of a swarm: several services from one compose file, by the CLI's ``docker stack``."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sosclib.engine.convergence import (
    LIMIT,
    RESYNC,
    STABLE,
    TAKEN_BACK,
    Told,
    await_converged,
    late,
    look,
    taken_back,
)
from sosclib.engine.faults import SLOW, TRIES, patient, teaching
from sosclib.engine.ownership import Ownership
from sosclib.engine.services import COLUMNS as SERVICE_COLUMNS
from sosclib.engine.services import service_row
from sosclib.engine.shown import AlreadyShown
from sosclib.engine.stack_faults import stack_fault
from sosclib.engine.swarm_cleaning import IN_USE
from sosclib.engine.tasks import Task, read_tasks, tasks_table
from sosclib.engine.terminal import Terminal
from sosclib.engine.wakeups import Wakeups
from sosclib.lab.errors import NotFound, ServiceError
from sosclib.lab.node import CommandResult, Node

if TYPE_CHECKING:
    from sosclib.engine.table import Table

NAMESPACE = "com.docker.stack.namespace"
"""The label that everything of a stack bears; its value is the stack's name."""
COLUMNS = ("NAME", "SERVICES")
BACKGROUND = "--detach=false"
"""Names the CLI's notice that it does not wait: the library does."""
CREATING, UPDATING = "Creating ", "Updating service "
FAILED_TO = re.compile("failed to remove", re.IGNORECASE)


class Stack(AlreadyShown):
    """A stack of a swarm in a student's hand.

    Attributes
    ----------
    name : str
    """

    def __init__(self, stacks: Stacks, name: str) -> None:
        self._stacks = stacks
        self.name = name

    def __repr__(self) -> str:
        return f"<Stack {self.name}>"

    @property
    def replicas(self) -> Mapping[str, str]:
        """How many tasks of each service run of those that are wanted: ``{"site_web": "2/3"}``."""
        return self._stacks.replicas(self.name)

    def services(self) -> Table:
        """Return its services: ``docker stack services``."""
        return self._stacks.services(self.name)

    def ps(self) -> Table:
        """Return the tasks of all its services: ``docker stack ps``."""
        return self._stacks.ps(self.name)

    def wait(self, *, limit: float = LIMIT) -> None:
        """Wait until all its services are what was asked for."""
        self._stacks.wait(self.name, limit=limit)

    def remove(self) -> None:
        """Remove it; its volumes stay: ``docker stack rm``."""
        self._stacks.remove(self.name)


class Stacks:
    """The stacks of the swarm that a node manages.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
        Only in swarms of the lab's own anything is changed.
    told : callable, optional
        Sees how far a service is while one waits for it.
    """

    def __init__(
        self, node: Node, terminal: Terminal, ownership: Ownership, told: Told | None = None
    ) -> None:
        self.api: Any = node.docker.api
        self._node = node
        self._terminal = terminal
        self._ownership = ownership
        self._told = told

    def deploy(
        self,
        file: str,
        name: str,
        *,
        env_file: str = "",
        prune: bool = False,
        with_registry_auth: bool = False,
        wait: bool = True,
        limit: float = LIMIT,
    ) -> Stack:
        """Bring the swarm to what a compose file says, and wait until it is so: ``docker stack deploy``.

        Parameters
        ----------
        file : str
            The compose file on the node.
        name : str
            The stack's; what it makes has it in front of its own name.
        env_file : str
            A file of ``NAME=value`` lines, for what the compose file calls ``${NAME}``. Other than Compose
            the command reads none by itself: the shell has to.
        prune : bool
            Remove services that the file does not have any more.
        with_registry_auth : bool
            Let the other nodes pull with this node's login.
        wait : bool
        limit : float
            Seconds after which the wait is given up.

        Raises
        ------
        ComposeFileError, SwarmError, NotFound, NameTaken, PortTaken
        ServiceError
            Where a service is not there in time, or the swarm has taken its update back; the message names
            what its tasks fail with. The stack stays.
        """
        self._ownership.require_own_engine()
        options = ["--prune"] * prune + ["--with-registry-auth"] * with_registry_auth
        command = shlex.join(["docker", "stack", "deploy", *options, "-c", file, name])
        if env_file:
            # In a shell of its own, so that the variables are nobody else's.
            command = f"(set -a; . {shlex.quote(_path(env_file))} && {command})"
        self._terminal.show(self._node.title, command)
        done = self._node.sh(command)
        made: list[str] = []
        for _ in range(TRIES - 1):
            if not done.exit_code or SLOW not in done.output:
                break
            made += [line for line in _lines(done) if line.startswith(CREATING)]
            done = self._node.sh(command)  # what is done already stays as it is
        said = _as_of_one_try(made, [line for line in _lines(done) if BACKGROUND not in line])
        if done.exit_code:
            raise stack_fault(said, file)
        self._terminal.say("\n".join(said))
        if wait:
            self.wait(name, limit=limit)
        return Stack(self, name)

    def list(self) -> Table:
        """Return the stacks as ``docker stack ls`` shows them, by name."""
        from sosclib.engine.table import table

        self._show("docker stack ls")
        with teaching():
            found = [_namespace(one) for one in self.api.services()]
        names = [name for name in found if name]
        rows = [{"NAME": name, "SERVICES": names.count(name)} for name in sorted(set(names))]
        return table(rows, COLUMNS)

    def get(self, name: str) -> Stack:
        """Return a stack by its name.

        Raises
        ------
        NotFound
        """
        self._services(name)
        return Stack(self, name)

    def services(self, name: str) -> Table:
        """Return the services of a stack: ``docker stack services``."""
        from sosclib.engine.table import table

        found = self._services(name)
        self._show(f"docker stack services {shlex.quote(name)}")
        return table([service_row(one) for one in found], SERVICE_COLUMNS)

    def ps(self, name: str) -> Table:
        """Return the tasks of all services of a stack, those that have ended too: ``docker stack ps``."""
        self._services(name)
        self._show(f"docker stack ps {shlex.quote(name)}")
        return tasks_table(self.tasks_of(name))

    def tasks_of(self, name: str) -> Sequence[Task]:
        """Return the tasks of all services of a stack as plain data; by service and replica, newest first."""
        services = {one["Spec"]["Name"] for one in self._services(name)}
        with teaching():
            return [task for task in read_tasks(self.api) if task.service in services]

    def replicas(self, name: str) -> Mapping[str, str]:
        """Return how many tasks of each service of a stack run: ``{"site_web": "2/3"}``."""
        with teaching():
            states = [look(self.api, one["ID"]) for one in self._services(name)]
        return {state.name: state.replicas for state in states}

    def wait(self, name: str, *, limit: float = LIMIT) -> None:
        """Wait until all services of a stack are what was asked for, and stay so for a while.

        Raises
        ------
        NotFound
        ServiceError
            Where they are not in time, or the swarm has taken an update back.
        """
        ids = [one["ID"] for one in self._services(name)]
        begin = time.monotonic()
        with teaching():
            while True:
                for id_ in ids:
                    await_converged(self._node, id_, limit=limit, stable=0, told=self._told, begin=begin)
                time.sleep(STABLE)
                states = [patient(partial(look, self.api, id_)) for id_ in ids]
                absent = [state for state in states if not state.there]
                if not absent:
                    break
                if time.monotonic() - begin > limit:
                    # It is there now and then, whenever one looks, and ends again.
                    raise late(absent[0], limit)
        for state in states:
            if state.update == TAKEN_BACK:
                raise taken_back(state)
        for state in states:
            self._terminal.say(f"{state.name}: {state.replicas}")

    def remove(self, *names: str, limit: float = LIMIT) -> None:
        """Remove stacks with their services, networks, secrets and configs: ``docker stack rm``.

        Volumes stay, each on its node. The call returns when the networks and this
        node's containers are gone.

        Raises
        ------
        NotFound, SwarmError
        ServiceError
            Where they do not go in time.
        """
        self._ownership.require_own_engine()
        for name in names:
            self._services(name)
        command = shlex.join(["docker", "stack", "rm", *names])
        self._show(command)
        done = first = self._node.sh(command)
        end = time.monotonic() + limit
        # A task that is about to end keeps its network a moment longer; then one gives the command again.
        while done.exit_code and any(words in done.output for words in IN_USE) and time.monotonic() < end:
            time.sleep(RESYNC)
            done = self._node.sh(command)
        if done.exit_code:
            raise stack_fault(_lines(done), "")
        self._terminal.say("\n".join(line for line in _lines(first) if not FAILED_TO.match(line)))
        for name in names:
            self._await_gone(name, limit)

    def _await_gone(self, name: str, limit: float) -> None:
        end = time.monotonic() + limit
        with teaching(), Wakeups([self._node], ("container", "network")) as wakeups:
            while self.api.networks(filters=_of(name)) or self.api.containers(all=True, filters=_of(name)):
                if time.monotonic() > end:
                    raise ServiceError(
                        f"What the stack {name} has does not go within {limit:g} s.",
                        "A network goes when no container is in it any more.",
                        f"docker network ls --filter label={NAMESPACE}={name}",
                    )
                wakeups.wait(RESYNC)

    def _services(self, name: str) -> Sequence[dict[str, Any]]:
        with teaching():
            found: list[dict[str, Any]] = self.api.services(filters=_of(name), status=True)
        if not found:
            raise NotFound(f"The swarm has no stack {name}.", help="docker stack ls lists those that it has.")
        return sorted(found, key=lambda entry: str(entry["Spec"]["Name"]))

    def _show(self, command: str) -> None:
        self._terminal.show(self._node.title, command)


def _of(name: str) -> dict[str, list[str]]:
    return {"label": [f"{NAMESPACE}={name}"]}


def _namespace(service: Mapping[str, Any]) -> str | None:
    found: str | None = (service["Spec"].get("Labels") or {}).get(NAMESPACE)
    return found


def _lines(done: CommandResult) -> list[str]:
    """Return what the CLI said, what it ignores first; it does things of one kind in whichever order."""
    said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return [line for _, kind in groupby(said, _kind) for line in sorted(kind)]


def _as_of_one_try(made: Sequence[str], said: Sequence[str]) -> list[str]:
    """Return what the CLI said, had it made all at once: what was made by then is no update."""
    names = {line.split()[-1] for line in made}
    updates = {line for line in said if line.startswith(UPDATING) and line.split()[2] in names}
    return [*made, *(line for line in said if line not in updates)]


def _kind(line: str) -> list[str]:
    return line.split()[:2]


def _path(file: str) -> str:
    """Return a path that a shell takes for one: it looks for a bare name among its programs."""
    return file if "/" in file else f"./{file}"
