"""The one family of exceptions: every message says what happened, why, and what helps."""

from __future__ import annotations


class SoscError(Exception):
    """A foreseeable fault, told so that the reader knows what to do.

    Parameters
    ----------
    what : str
        What happened, in one sentence.
    why : str, optional
        The reason, as far as it is known.
    help : str, optional
        The command or call that helps.
    """

    def __init__(self, what: str, why: str = "", help: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.help = help

    def __str__(self) -> str:
        parts = [self.what]
        if self.why:
            parts.append(f"Why: {self.why}")
        if self.help:
            parts.append(f"What helps: {self.help}")
        return "\n".join(parts)

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to show the message alone: the library's insides teach nobody."""
        return [f"{type(self).__name__}: {self}"]


class EngineUnreachable(SoscError):
    """No Docker Engine answers where one is expected."""


class ToolMissing(SoscError):
    """A program that is needed on this machine is not installed."""


class LabError(SoscError):
    """The lab cannot do what was asked of it."""


class WrongLab(LabError):
    """A section cannot run on the lab that was asked for."""


class CommandFailed(SoscError):
    """A command on a node ended with an exit code other than 0."""


class NotOurs(SoscError):
    """The object was there before the course: the course leaves it alone."""


class NotFound(SoscError):
    """No container, image, volume, network or section bears that name."""


class NameTaken(SoscError):
    """The name is in use already."""


class PortTaken(SoscError):
    """Another program listens on that port already."""


class EngineFull(SoscError):
    """The disk on which an engine keeps its images and containers has no room left."""


class VolumeInUse(SoscError):
    """A container, running or not, still uses the volume."""


class NetworkInUse(SoscError):
    """A container that runs is still connected to the network."""


class ComposeFileError(SoscError):
    """A compose file is not there, or Compose does not understand it."""


class ServiceFailed(SoscError):
    """A service of a stack ended, or does not become healthy."""


class ImageError(SoscError):
    """An image cannot be pulled, built or loaded."""


class RegistryError(SoscError):
    """A registry does not answer, or does not do what was asked of it."""


class LoginRefused(RegistryError):
    """A registry wants to know who is asking, or does not believe it."""


class SwarmError(SoscError):
    """A swarm cannot be formed, joined or left, or the node is not of the kind that is needed."""


class ServiceError(SoscError):
    """A service of a swarm does not come to what was asked for."""
