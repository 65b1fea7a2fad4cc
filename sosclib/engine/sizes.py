"""Bytes in words, as the Docker CLI writes them."""

from __future__ import annotations

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


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
