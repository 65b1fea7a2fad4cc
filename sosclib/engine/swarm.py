"""The swarm of a node, by the SDK's names: init, join, leave; and the tokens that let others in."""

from __future__ import annotations

import re
import shlex
from typing import Any

import docker.errors

from sosclib.engine.faults import SLOW, TRIES, explanation, patient, teaching
from sosclib.engine.ownership import Ownership
from sosclib.engine.shown import AlreadyShown
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import SoscError, SwarmError
from sosclib.lab.node import Node
from sosclib.lab.tokens import without_token

PORT = 2377
"""Where managers listen for nodes; 7946 is for the nodes among themselves, 4789 for overlay networks."""


class JoinToken(AlreadyShown):
    """What lets a node into a swarm: a password, so it shows itself to nobody.

    Parameters
    ----------
    value : str
    address : str
        Where the manager listens, ``172.16.0.11:2377``.
    """

    def __init__(self, value: str, address: str) -> None:
        self.value = value
        self.address = address

    def __repr__(self) -> str:
        return f"<JoinToken {without_token(self.value)} for {self.address}>"


class Swarm:
    """What a node has to do with a swarm.

    Parameters
    ----------
    node : Node
    terminal : Terminal
    ownership : Ownership
    """

    def __init__(self, node: Node, terminal: Terminal, ownership: Ownership) -> None:
        self.api: Any = node.docker.api
        self._node = node
        self._terminal = terminal
        self._ownership = ownership

    @property
    def active(self) -> bool:
        """Whether the node belongs to a swarm."""
        return self.info["LocalNodeState"] not in ("inactive", "")

    @property
    def manager(self) -> bool:
        """Whether the node is one of its managers."""
        return bool(self.info.get("ControlAvailable"))

    @property
    def info(self) -> dict[str, Any]:
        """What the engine says about its swarm: the part ``Swarm`` of ``docker info``."""
        with teaching():
            found: dict[str, Any] = self.api.info()["Swarm"]
        return found

    def init(self, advertise_addr: str | None = None) -> JoinToken:
        """Begin a swarm of which this node is the first manager: ``docker swarm init``.

        Parameters
        ----------
        advertise_addr : str, optional
            The address under which the other nodes reach this one; the private one where nothing is said.

        Returns
        -------
        JoinToken
            For `join` on the other node.

        Raises
        ------
        SwarmError
            Where the node is in a swarm already, or the engine is not the lab's own.
        """
        self._ownership.require_own_engine()
        address = advertise_addr or self._node.private_address
        self._terminal.show(self._node.title, f"docker swarm init --advertise-addr {shlex.quote(address)}")
        try:
            self.api.init_swarm(address)
        except docker.errors.APIError as error:
            raise _explained(explanation(error)) from error
        me = self.info["NodeID"]
        token = self._token("worker")
        self._terminal.say(
            f"Swarm initialized: current node ({me}) is now a manager.\n\n"
            "To add a worker to this swarm, run the following command:\n\n"
            f"    docker swarm join --token {token.value} {token.address}\n"
        )
        return token

    def join_token(self, role: str = "worker") -> JoinToken:
        """Return what lets a node in as ``worker`` or as ``manager``: ``docker swarm join-token``.

        Raises
        ------
        SwarmError
            On a node that is no manager.
        """
        self._terminal.show(self._node.title, f"docker swarm join-token {role}")
        token = self._token(role)
        self._terminal.say(
            f"To add a {role} to this swarm, run the following command:\n\n"
            f"    docker swarm join --token {token.value} {token.address}\n"
        )
        return token

    def join(self, token: JoinToken) -> None:
        """Enter a swarm: ``docker swarm join``.

        Raises
        ------
        SwarmError
            Where the token is wrong, the manager is not reached, or the node is in a swarm already.
        """
        self._ownership.require_own_engine()
        own = self._node.private_address
        words = f'--token "$TOKEN" --advertise-addr {shlex.quote(own)} {token.address}'
        self._terminal.show(self._node.title, f"docker swarm join {words}")
        try:
            self.api.join_swarm([token.address], token.value, advertise_addr=own)
        except docker.errors.APIError as error:
            raise _explained(explanation(error)) from error
        self._terminal.say(f"This node joined a swarm as a {'manager' if self.manager else 'worker'}.")

    def leave(self, *, force: bool = False) -> None:
        """Leave the swarm: ``docker swarm leave``.

        Parameters
        ----------
        force : bool
            Also as a manager: with the last one all services are gone.

        Raises
        ------
        SwarmError
            As a manager without `force`; where the node is in no swarm, or the engine is not the lab's own.
        """
        self._ownership.require_own_engine()
        self._terminal.show(self._node.title, f"docker swarm leave{' --force' if force else ''}")
        try:
            leave_swarm(self.api, force=force)
        except docker.errors.APIError as error:
            raise _explained(explanation(error)) from error
        self._terminal.say("Node left the swarm.")

    def _token(self, role: str) -> JoinToken:
        if role not in ("worker", "manager"):
            raise SwarmError(f"Nobody can join as {role!r}.", help="A node joins as worker or as manager.")
        try:
            attrs = self.api.inspect_swarm()
        except docker.errors.APIError as error:
            raise _explained(explanation(error)) from error
        value = attrs["JoinTokens"][role.capitalize()]
        return JoinToken(value, f"{self.info['NodeAddr']}:{PORT}")


def leave_swarm(api: Any, *, force: bool) -> None:
    """Let a node leave its swarm, and ask again where its engine did not bring that about in time.

    An engine gives its tasks 15 s: too short at times where one fails again and again, and not the next time.

    Raises
    ------
    docker.errors.APIError
        Where the engine refuses.
    SwarmError
        Where it never brought it about.
    """
    try:
        patient(lambda: api.leave_swarm(force=force))
    except docker.errors.APIError as error:
        if SLOW not in explanation(error):
            raise
        raise SwarmError(
            f"The node has not left its swarm, though it was asked {TRIES} times.",
            explanation(error),
            "Once more: docker swarm leave --force. Where that does not help, start its engine anew.",
        ) from error


PATTERNS = (
    (
        r"already part of a swarm",
        "The node is in a swarm already.",
        "docker swarm leave lets it out; with --force a manager too, and all services with the last one.",
    ),
    (
        r"not part of a swarm",
        "The node is in no swarm.",
        "docker swarm init begins one, docker swarm join enters one.",
    ),
    (
        r"(?:not a swarm manager|Worker nodes can't be used)",
        "The node is no manager of a swarm.",
        "Give the command on a manager: docker node ls there tells who it is.",
    ),
    (
        r"(?:invalid join token|InvalidArgument.*token|A valid join token is necessary)",
        "The swarm does not let the node in: the token is wrong.",
        "docker swarm join-token worker, on a manager, shows the right one.",
    ),
    (
        r"(?:Timeout was reached|deadline exceeded|connection refused|could not connect|no route to host)",
        "The manager is not reached.",
        f"TCP port {PORT} of the manager must be open, and the address the manager's private one.",
    ),
    (
        r"You are attempting to leave the swarm on a node that is participating as a manager",
        "The node is a manager of the swarm, and does not leave just so.",
        "With force it does; with the last manager all services are gone.",
    ),
)


def _explained(message: str) -> SoscError:
    for pattern, what, help_ in PATTERNS:
        if re.search(pattern, message):
            return SwarmError(what, without_token(message), help_)
    return SwarmError("The Docker Engine refuses.", without_token(message))
