"""Two machines that are containers of one engine, each with a Docker Engine of its own inside."""

from sosclib.lab.dind.lab import DindLab

__all__ = ["DindLab"]
