"""The catalogue of images: from the role that an image plays to the image that plays it here."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cached_property

from sosclib.lab.errors import NotFound, SoscError
from sosclib.lab.image_recipe import recipe

HUB = "https://registry-1.docker.io/v2/"
PATIENCE = 2
MODES = ("auto", "hub", "offline")
ROLES = {
    "base": "ubuntu:24.04",
    "small": "busybox:1.37",
    "web": "nginx:1.29",
    "httpd": "httpd:2.4",
    "database": "mysql:8.4",
    "wordpress": "wordpress:6-apache",
    "python": "python:3.13-slim",
    "registry": "registry:2",
    "stale": "debian:12.5",
}
"""From roles to Docker Hub's images; what plays them offline stands in ``data/images``."""
REGISTRY = "localhost:5000"


@dataclass(frozen=True)
class Catalogue:
    """Which image plays which role.

    Attributes
    ----------
    asked : str
        ``hub``, ``offline``, or ``auto``: the Hub where it answers. The environment variable ``SOSC_IMAGES``
        takes the place of ``auto``.
    registry : str
        Address of the registry that has the offline images.
    """

    asked: str = "auto"
    registry: str = REGISTRY

    @cached_property
    def mode(self) -> str:
        """``hub`` or ``offline``.

        Raises
        ------
        SoscError
            Where something else was asked for.
        """
        chosen = (os.environ.get("SOSC_IMAGES") or "auto") if self.asked == "auto" else self.asked
        if chosen not in MODES:
            raise SoscError(f"Images cannot be {chosen!r}.", help=f"IMAGES is one of {', '.join(MODES)}.")
        if chosen == "auto":
            return "hub" if hub_answer() == "" else "offline"
        return chosen

    def resolve(self, role: str) -> str:
        """Return the full name of the image that plays a role.

        Raises
        ------
        NotFound
            Where the catalogue has no such role.
        """
        if role not in ROLES:
            raise NotFound(f"No image plays the role {role!r}.", help=f"The roles are {', '.join(ROLES)}.")
        if self.mode == "hub":
            return ROLES[role]
        return f"{self.registry}/{recipe(role).reference}"


def hub_answer(url: str = HUB) -> str:
    """Ask whether Docker Hub answers from here; return what is in the way, empty where it does."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            code, headers = answer.status, answer.headers
    except urllib.error.HTTPError as error:
        code, headers = error.code, error.headers
    except OSError as error:
        return f"not reached ({getattr(error, 'reason', error)})"
    # Without a token the Hub answers 401, and that is an answer; a proxy's refusal, or the page on which one
    # logs in to a hotel's network, is not the Hub's.
    is_registry = "registry" in headers.get("Docker-Distribution-Api-Version", "")
    return "" if code in (200, 401) and is_registry else f"refused (HTTP {code})"
