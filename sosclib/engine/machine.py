"""A node as a student meets it: collections over its engine, and its shell."""

from __future__ import annotations

import shlex
from pathlib import Path

import docker

from sosclib.engine.building_state import WatchBuild
from sosclib.engine.compose import Compose
from sosclib.engine.compose_progress import WatchCompose
from sosclib.engine.containers import Containers
from sosclib.engine.convergence import Told
from sosclib.engine.images import Images
from sosclib.engine.networks import Networks
from sosclib.engine.nodes import Nodes
from sosclib.engine.ownership import Ownership
from sosclib.engine.progress import Watch
from sosclib.engine.registry import Registry
from sosclib.engine.services import Services
from sosclib.engine.shown import Shown, shown
from sosclib.engine.swarm import Swarm
from sosclib.engine.swarm_files import CONFIG, SECRET, SwarmFiles
from sosclib.engine.swarm_stacks import Stacks
from sosclib.engine.system import System
from sosclib.engine.terminal import Terminal
from sosclib.engine.udocker import Udocker
from sosclib.engine.volumes import Volumes
from sosclib.lab.hub import Account
from sosclib.lab.mesh import has_mesh
from sosclib.lab.node import Node


class Machine:
    """One machine of the lab.

    Parameters
    ----------
    node : Node
    ownership : Ownership
    terminal : Terminal
    registry : str
        Address of the registry that is searched; Docker Hub where it is empty.
    watch : callable, optional
        Sees the progress of pulls and pushes.
    watch_build : callable, optional
        Sees the progress of builds.
    account : Account, optional
        Where the section pushes to.
    watch_service : callable, optional
        Sees how far a service of a swarm is.
    watch_compose : callable, optional
        Sees the progress of Compose.

    Attributes
    ----------
    containers, images, volumes, networks, system
        The engine, by the SDK's names.
    compose
        Its stacks.
    registry
        Where the section pushes to.
    udocker
        udocker on the machine, which needs no engine.
    swarm, nodes, services, stacks, secrets, configs
        The swarm that the engine belongs to.
    """

    def __init__(
        self,
        node: Node,
        ownership: Ownership,
        terminal: Terminal,
        registry: str = "",
        watch: Watch | None = None,
        watch_build: WatchBuild | None = None,
        account: Account | None = None,
        watch_service: Told | None = None,
        watch_compose: WatchCompose | None = None,
    ) -> None:
        self.node = node
        self.ownership = ownership
        self.terminal = terminal
        client = node.docker
        self.images = Images(node, terminal, ownership, registry, watch, watch_build)
        self.containers = Containers(node, terminal, ownership, self.images)
        self.registry = Registry(node, terminal, account)
        self.volumes = Volumes(node, terminal, ownership, self.containers)
        self.networks = Networks(node, terminal, ownership, self.containers)
        self.compose = Compose(node, terminal, ownership, self.images, watch_compose)
        self.system = System(client, node.title, terminal, ownership)
        self.udocker = Udocker(node, terminal)
        self.swarm = Swarm(node, terminal, ownership)
        self.nodes = Nodes(node, terminal, ownership)
        self.services = Services(node, terminal, ownership, watch_service)
        self.stacks = Stacks(node, terminal, ownership, watch_service)
        self.secrets = SwarmFiles(SECRET, node, terminal, ownership)
        self.configs = SwarmFiles(CONFIG, node, terminal, ownership)

    def __repr__(self) -> str:
        return f"<{self.title}>"

    @property
    def name(self) -> str:
        """``vm1`` or ``vm2``."""
        return self.node.name

    @property
    def title(self) -> str:
        """The name as the prompt has it, ``VM1``."""
        return self.node.title

    @property
    def has_mesh(self) -> bool:
        """Whether a swarm's routing mesh works here: the kernel has IPVS."""
        return has_mesh(self.node)

    @property
    def docker(self) -> docker.DockerClient:
        """The bare client of Docker's SDK for Python."""
        return self.node.docker

    def sh(self, command: str, *, timeout: float | None = None) -> Shown:
        """Run a shell command on the machine and show it with its output.

        Parameters
        ----------
        command : str
        timeout : float, optional
            Seconds.

        Returns
        -------
        Shown
            With `exit_code` and `output`; a command that fails does not raise.
        """
        self.terminal.show(self.title, command)
        result = self.node.sh(command, timeout=timeout)
        self.terminal.say(result.output)
        return shown(result)

    def cli(self, *arguments: str, timeout: float | None = None) -> Shown:
        """Run the Docker CLI on the machine and show it with its output: ``vm1.cli("compose", "ps")``."""
        self.terminal.show(self.title, shlex.join(["docker", *arguments]))
        result = self.node.cli(*arguments, timeout=timeout)
        self.terminal.say(result.output)
        return shown(result)

    def copy_to(self, source: Path | str, target: str) -> None:
        """Copy a file or folder of this computer to the machine."""
        self.node.copy_to(Path(source), target)

    def copy_from(self, source: str, target: Path | str) -> None:
        """Copy a file or folder of the machine to this computer."""
        self.node.copy_from(source, Path(target))
