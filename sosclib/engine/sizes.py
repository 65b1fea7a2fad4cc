"""Bytes in words, as the Docker CLI writes them."""

from __future__ import annotations

from collections.abc import Sequence

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
    return _scaled(size, 1000, UNITS, digits)


def binary_size(size: float) -> str:
    """Return a size with a binary unit, as ``docker stats`` tells memory: ``23.5MiB``.

    Parameters
    ----------
    size : float
        Bytes.
    """
    return _scaled(size, 1024, BINARY_UNITS, 4)


def _scaled(size: float, step: int, units: Sequence[str], digits: int) -> str:
    unit = 0
    while abs(size) >= step and unit < len(units) - 1:
        size /= step
        unit += 1
    return f"{size:.{digits}g}{units[unit]}"
