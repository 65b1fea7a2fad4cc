"""The facts without which a measured time says nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import docker
    import pandas as pd


@dataclass(frozen=True)
class Environment:
    """Where a measurement was made; an empty text where a fact does not apply.

    Attributes
    ----------
    kernel, architecture : str
        Of this machine.
    cpus : int
        That this process may use.
    accelerator : str
        Of virtual machines: ``kvm``, ``tcg``, or empty where none was started.
    engine, engine_kernel : str
        Version of the Docker Engine, and the kernel its containers share.
    engine_cpus : int
        0 where there is no engine.
    storage_driver, network, image : str
    image_present : bool or None
        Whether the image was there before the measurement, so that no pull is part of it.
    """

    kernel: str
    architecture: str
    cpus: int
    accelerator: str = ""
    engine: str = ""
    engine_kernel: str = ""
    engine_cpus: int = 0
    storage_driver: str = ""
    network: str = ""
    image: str = ""
    image_present: bool | None = None

    def facts(self) -> dict[str, str]:
        """Return the facts that apply, in words."""
        words = {"image_present": "image already present", "cpus": "CPUs", "engine_cpus": "engine CPUs"}
        return {
            words.get(name, name.replace("_", " ")): _word(value)
            for name, value in asdict(self).items()
            if value is False or value not in ("", 0, None)
        }

    def frame(self) -> pd.DataFrame:
        """Return the facts that apply as a frame with one line each."""
        import pandas as pd

        return pd.DataFrame({"value": self.facts()}).rename_axis("fact")


def environment(
    client: docker.DockerClient | None = None,
    *,
    accelerator: str = "",
    network: str = "",
    image: str = "",
) -> Environment:
    """Look at this machine and, where a client is given, at its engine.

    Parameters
    ----------
    client : docker.DockerClient, optional
    accelerator : str
        What virtual machines run with.
    network : str
        Mode of the containers' network.
    image : str
        Reference of the containers' image; whether it is present is looked up now.
    """
    info = _info(client) if client else {}
    return Environment(
        kernel=platform.release(),
        architecture=platform.machine(),
        cpus=usable_cpus(),
        accelerator=accelerator,
        engine=info.get("ServerVersion", ""),
        engine_kernel=info.get("KernelVersion", ""),
        engine_cpus=info.get("NCPU", 0),
        storage_driver=info.get("Driver", ""),
        network=network,
        image=image,
        image_present=is_present(client, image) if client and image else None,
    )


def is_present(client: docker.DockerClient, image: str) -> bool:
    """Tell whether an engine has an image already."""
    from docker.errors import ImageNotFound

    api: Any = client.api
    try:
        api.inspect_image(image)
    except ImageNotFound:
        return False
    return True


def usable_cpus() -> int:
    """Return the number of CPUs that this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _info(client: docker.DockerClient) -> dict[str, Any]:
    api: Any = client.api
    info: dict[str, Any] = api.info()
    return info


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
