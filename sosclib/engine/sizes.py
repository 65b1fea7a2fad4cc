"""Bytes in words, as the Docker CLI writes them."""

from __future__ import annotations

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def human_size(size: float, digits: int = 4) -> str:
    """Return a size with a decimal unit: ``27.36MB``.

    Parameters
    ----------
    size : float
        Bytes.
    digits : int
        Significant digits: 4 in ``docker system df``, 3 in ``docker images`` and ``docker ps --size``.
    """
    unit = 0
    while abs(size) >= 1000 and unit < len(UNITS) - 1:
        size /= 1000
        unit += 1
    return f"{size:.{digits}g}{UNITS[unit]}"


def binary_size(size: float) -> str:
    """Return a size with a binary unit, as ``docker stats`` tells memory: ``23.5MiB``.

    Parameters
    ----------
    size : float
        Bytes.
    """
    unit = 0
    while abs(size) >= 1024 and unit < len(BINARY_UNITS) - 1:
        size /= 1024
        unit += 1
    return f"{size:.4g}{BINARY_UNITS[unit]}"
