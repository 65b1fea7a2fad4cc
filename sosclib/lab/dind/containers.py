"""The containers that play machines: their network, their volumes, and how they are made and removed."""

from __future__ import annotations

import ipaddress
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import docker.errors

from sosclib.lab.errors import LabError
from sosclib.lab.image_recipe import NODE as ROLE
from sosclib.lab.lab import Progress
from sosclib.lab.offline_images import offline_image
from sosclib.lab.registry import LAB_LABEL, ROLE_LABEL

MACHINES = ("vm1", "vm2")
DISK = "/var/lib/docker"


@contextmanager
def obeying() -> Iterator[None]:
    """Turn the engine's refusal to do something to a machine into the lab's own error.

    Raises
    ------
    LabError
    """
    try:
        yield
    except docker.errors.DockerException as error:
        raise LabError(
            "A container that plays a machine does not obey.",
            str(error),
            "`sosc reset --lab dind` puts both right again.",
        ) from error


class Room:
    """What one lab of containers has in the engine that runs it.

    Parameters
    ----------
    client : docker.DockerClient
    lab : str
        The lab's name.
    """

    def __init__(self, client: docker.DockerClient, lab: str) -> None:
        self.client = client
        self.api: Any = client.api
        self.name = f"sosc-{lab}"
        self.labels = {ROLE_LABEL: ROLE, LAB_LABEL: lab}
        self._filter = {"label": [f"{key}={value}" for key, value in self.labels.items()]}

    def container(self, machine: str) -> str:
        """Return the name of a machine's container."""
        return f"{self.name}-{machine}"

    def address(self, machine: str) -> str:
        """Return a machine's address on the lab's network; empty where it has none now."""
        try:
            found = self.api.inspect_container(self.container(machine))
        except docker.errors.NotFound:
            return ""
        return str(found["NetworkSettings"]["Networks"].get(self.name, {}).get("IPAddress", ""))

    def running(self) -> bool:
        """Tell whether all machines run."""
        return self._number() == len(MACHINES)

    def half_running(self) -> bool:
        """Tell whether a machine runs, but not all do."""
        return 0 < self._number() < len(MACHINES)

    def _number(self) -> int:
        return len(self.api.containers(filters=self._filter))

    def start(self, progress: Progress) -> None:
        """See that all machines are there and run."""
        found = {one["Names"][0].lstrip("/") for one in self.api.containers(all=True, filters=self._filter)}
        missing = [machine for machine in MACHINES if self.container(machine) not in found]
        if missing:
            image = self._image(progress)
            self._network()
            progress("Making VM1 and VM2, as containers")
            for machine in missing:
                self._make(machine, image)
        for machine in MACHINES:
            self.api.start(self.container(machine))
            if not self.address(machine):
                # A drill took it off the network, and whoever did that was killed before undoing it.
                self.join(machine, self._own_address(machine))

    def stop(self) -> None:
        """Stop all machines; what is on their disks stays."""
        for found in self.api.containers(filters=self._filter):
            self.api.stop(found["Id"], timeout=20)

    def remove(self) -> None:
        """Remove all machines with all that is on them, their network and their image."""
        images = set()
        for found in self.api.containers(all=True, filters=self._filter):
            images.add(found["ImageID"])
            self.api.remove_container(found["Id"], force=True, v=True)
        for volume in self.api.volumes(filters=self._filter)["Volumes"] or ():
            self.api.remove_volume(volume["Name"])
        for network in self.api.networks(filters=self._filter):
            self.api.remove_network(network["Id"])
        for image in images:
            try:
                self.api.remove_image(image)
            except docker.errors.APIError as error:
                if error.status_code != 409:
                    raise  # 409: another lab's machines are made from it as well

    def pull_plug(self, machine: str) -> None:
        """End a machine as a power failure would."""
        with obeying():
            self.api.kill(self.container(machine))

    def plug_in(self, machine: str) -> None:
        """Start a machine that is off."""
        with obeying():
            self.api.start(self.container(machine))

    def halt(self, machine: str) -> None:
        """Let a machine end what it does, and stop."""
        with obeying():
            self.api.stop(self.container(machine), timeout=20)

    def cut(self, machine: str) -> None:
        """Take a machine off the lab's network."""
        with obeying():
            self.api.disconnect_container_from_network(self.container(machine), self.name, force=True)

    def join(self, machine: str, address: str) -> None:
        """Put a machine on the lab's network again, under the address that it had."""
        with obeying():
            self.api.connect_container_to_network(self.container(machine), self.name, ipv4_address=address)

    def _network(self) -> None:
        if self.name not in self._networks():
            # A swarm knows its managers by their addresses; chosen they can be only in a subnet of one's own.
            pool = docker.types.IPAMPool(subnet=self._free_subnet())
            self.api.create_network(
                self.name, labels=self.labels, ipam=docker.types.IPAMConfig(pool_configs=[pool])
            )

    def _networks(self) -> set[str]:
        return {str(one["Name"]) for one in self.api.networks(filters=self._filter)}

    def _free_subnet(self) -> str:
        """Return a subnet that nobody has: the engine finds one for a network that is gone at once."""
        name = f"{self.name}-probe"
        if name in self._networks():
            self.api.remove_network(name)  # of one who was killed at this very place
        probe = self.api.create_network(name, labels=self.labels)["Id"]
        try:
            return str(self.api.inspect_network(probe)["IPAM"]["Config"][0]["Subnet"])
        finally:
            self.api.remove_network(probe)

    def _make(self, machine: str, image: str) -> None:
        disk = f"{self.container(machine)}-disk"
        self.api.create_volume(disk, labels=self.labels)
        host = self.api.create_host_config(
            # All that `--privileged` gives but one, which an engine may lack that runs in a container itself.
            cap_add=["ALL"],
            cap_drop=["SYS_RESOURCE"],
            security_opt=["seccomp=unconfined", "apparmor=unconfined", "label=disable"],
            device_cgroup_rules=["a *:* rwm"],
            binds=[f"{disk}:{DISK}"],
            tmpfs={"/run": "", "/tmp": ""},
            init=True,
            extra_hosts={name.upper(): self._own_address(name) for name in MACHINES},
        )
        # The SDK has no words for these: groups of its own, and what the kernel shows of itself open to it.
        host |= {"CgroupnsMode": "private", "MaskedPaths": [], "ReadonlyPaths": []}
        self.api.create_container(
            image,
            name=self.container(machine),
            hostname=machine.upper(),
            labels=self.labels,
            environment={"LAB_REGISTRY": self._registry_of(machine)},
            host_config=host,
            networking_config=self.api.create_networking_config(
                {self.name: self.api.create_endpoint_config(ipv4_address=self._own_address(machine))}
            ),
        )

    def _own_address(self, machine: str) -> str:
        """Return the address that a machine has on the lab's network, also while it is off it."""
        subnet = self.api.inspect_network(self.name)["IPAM"]["Config"][0]["Subnet"]
        return str(ipaddress.ip_network(subnet)[11 + MACHINES.index(machine)])

    def _registry_of(self, machine: str) -> str:
        """Return where a machine finds the registry, in the words of its image."""
        return "here" if machine == MACHINES[0] else self._own_address(MACHINES[0])

    def _image(self, progress: Progress) -> str:
        """Bring the machines' image into the engine, and return its name there."""
        image = offline_image(ROLE, progress)
        reference = f"sosc/{image.repository}:{image.tag}"
        with tempfile.TemporaryFile() as file:
            image.loadable(reference, file, {ROLE_LABEL: ROLE})
            file.seek(0)
            for event in self.api.load_image(file):
                if "error" in event:
                    raise LabError("The engine does not take the machines' image.", str(event["error"]))
        return reference
