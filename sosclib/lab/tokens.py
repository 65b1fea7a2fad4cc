"""Join tokens of swarms: passwords, which are shown to nobody in full."""

from __future__ import annotations

import re

PREFIX = "SWMTKN-1-"
TOKEN = re.compile(rf"({PREFIX})[0-9a-z]+(?:-[0-9a-z]+)?")
HIDDEN = r"\1…"
BODY = re.compile(r"[0-9a-z-]*")


def without_token(text: str) -> str:
    """Return a text in which no token can be read."""
    return TOKEN.sub(HIDDEN, text)


def token_begun(text: str) -> int:
    """Return where, at the end of a text that goes on, a token may have begun; the text's length if nowhere.

    >>> token_begun("docker swarm join --token SWMT")
    26
    """
    start = text.rfind(PREFIX[0])
    end = text[start:] if start >= 0 else ""
    rest = end.removeprefix(PREFIX)
    begun = end and (PREFIX.startswith(end) or (rest != end and BODY.fullmatch(rest)))
    return start if begun else len(text)
