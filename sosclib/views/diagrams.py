"""The course's diagrams, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sosclib.lab.errors import NotFound
from sosclib.views import (
    diagrams_balancing,
    diagrams_build,
    diagrams_course,
    diagrams_docker,
    diagrams_microservices,
    diagrams_registry,
    diagrams_security,
    diagrams_storage,
    diagrams_swarm,
    diagrams_udocker,
    diagrams_virtual,
)
from sosclib.views.picture import Diagram

DIAGRAMS: Mapping[str, Callable[[], Diagram]] = {
    "journey": diagrams_course.journey,
    "lab": diagrams_course.lab,
    "kvm": diagrams_virtual.kvm,
    "vm-and-container": diagrams_virtual.vm_and_container,
    "engine": diagrams_docker.engine,
    "layers": diagrams_docker.layers,
    "lifecycle": diagrams_docker.lifecycle,
    "build": diagrams_build.build,
    "image-name": diagrams_registry.image_name,
    "push-and-pull": diagrams_registry.push_and_pull,
    "storage": diagrams_storage.storage,
    "walls": diagrams_security.walls,
    "load-balancer": diagrams_balancing.load_balancer,
    "udocker": diagrams_udocker.udocker,
    "architectures": diagrams_microservices.architectures,
    "swarm": diagrams_swarm.swarm,
}


def diagram(name: str) -> Diagram:
    """Return one of the course's diagrams.

    Parameters
    ----------
    name : str
        One of the names in `DIAGRAMS`, ``layers``.

    Raises
    ------
    NotFound
        Where there is none of that name.
    """
    if name not in DIAGRAMS:
        raise NotFound(f"There is no diagram {name!r}.", help=f"Choose one of {', '.join(DIAGRAMS)}.")
    return DIAGRAMS[name]()
