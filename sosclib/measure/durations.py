"""Seconds in words, in a unit in which they read easily."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return a duration in a unit in which it reads easily: ``0.54 ms``, ``216 ms``, ``1.4 s``, ``47 s``."""
    if seconds < 0.9995:
        return f"{_three(seconds * 1000)} ms"
    return f"{_three(seconds)} s"


def _three(value: float) -> str:
    """Return about three digits, without an exponent."""
    if value >= 99.95:
        return f"{value:.0f}"
    text = f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
