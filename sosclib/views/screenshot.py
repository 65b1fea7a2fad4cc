"""A web page as a real browser shows it, without a window; its text where there is no browser."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sosclib.lab.errors import LabError
from sosclib.lab.system_packages import BROWSERS, advice, find_browser, packages

WIDTH, HEIGHT = 1000, 620
PATIENCE = 60
SETTLING = 8000
"""Milliseconds of the page's own clock until it is drawn."""
SILENT = ("script", "style", "head", "noscript", "template")
LINES = 30
CONFINED = (
    "This computer's browser has drawn the page, and its picture is nowhere to be found: one that was"
    " installed as a snap sees a <code>/tmp</code> of its own."
)


@dataclass(frozen=True)
class Screenshot:
    """A page as it was seen.

    Attributes
    ----------
    url, title : str
    words : str
        What stands in it, line by line.
    png : bytes
        Its picture; empty where there was no browser, or none whose picture can be had.
    confined : bool
        Whether a browser drew it, and its picture did not come out of where it is kept.
    """

    url: str
    title: str
    words: str = field(repr=False)
    png: bytes = field(repr=False, default=b"")
    confined: bool = False

    @property
    def alt(self) -> str:
        """What the picture shows, in words."""
        return f"The page “{self.title}” at {self.url}, as a browser shows it."

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self._html(), "text/plain": self.alt}

    def _html(self) -> str:
        if self.png:
            coded = base64.b64encode(self.png).decode()
            return (
                f'<img alt="{escape(self.alt)}" width="{WIDTH}" style="border:1px solid #cbd2d9"'
                f' src="data:image/png;base64,{coded}">'
            )
        return (
            f"<p>{CONFINED if self.confined else _no_browser()}</p>"
            f"<p>The text of <b>{escape(self.title)}</b>:</p><pre>{escape(self.words)}</pre>"
        )


def _no_browser() -> str:
    browser = [package for package in packages() if package.any_of == BROWSERS]
    return (
        "This computer has no browser that can draw the page here. To get one: <code>"
        f"{escape(advice(browser))}</code>"
    )


def screenshot(url: str, *, at: str = "") -> Screenshot:
    """Look at a page.

    Parameters
    ----------
    url : str
        As the page itself knows its address.
    at : str
        Host and port at which the page's server is really reached from here.

    Raises
    ------
    LabError
        Where the page does not answer, or the browser gives up.
    """
    html = _fetched(url, at)
    title = re.search(r"<title[^>]*>(.*?)</title>", html, re.S | re.I)
    named = " ".join(unescape(title[1]).split()) if title else url
    program = find_browser()
    png = _drawn(program, url, at) if program else b""
    return Screenshot(url, named, _words(html), png, confined=bool(program) and not png)


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows to the next page of the same server, which knows itself by another address than ours."""

    def __init__(self, host: str, at: str) -> None:
        self._host = host
        self._at = at

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request for the next page, sent to where the server is reached."""
        target = _moved(newurl, self._at)
        following = super().redirect_request(req, fp, code, msg, headers, target)
        if following is not None:
            following.add_header("Host", self._host)
        return following


def _fetched(url: str, at: str) -> str:
    host = urlsplit(url).netloc
    opener = urllib.request.build_opener(_SameHost(host, at))
    request = urllib.request.Request(_moved(url, at), headers={"Host": host})
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            return str(answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        return str(error.read().decode(errors="replace"))  # a page about an error is a page
    except OSError as error:
        help_ = "docker ps shows which ports are published."
        raise LabError(f"Nothing answers at {url}.", str(error), help_) from error


def _moved(url: str, at: str) -> str:
    return urlunsplit(urlsplit(url)._replace(netloc=at)) if at else url


def _drawn(program: str, url: str, at: str) -> bytes:
    """Return the picture that a browser makes of a page; nothing where it keeps the picture to itself."""
    with tempfile.TemporaryDirectory(prefix="sosc-browser-") as folder:
        picture = Path(folder) / "page.png"
        command = [
            *(program, "--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            f"--user-data-dir={folder}/profile",
            f"--window-size={WIDTH},{HEIGHT}",
            f"--virtual-time-budget={SETTLING}",
            *([f"--host-resolver-rules=MAP {urlsplit(url).netloc} {at}"] if at else []),
            *(f"--screenshot={picture}", url),
        ]
        try:
            run = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, cwd=folder)
        except subprocess.TimeoutExpired as error:
            raise LabError("The browser does not finish the page.", f"Waited {PATIENCE} s.") from error
        if not picture.exists() and run.returncode:
            said = run.stderr.decode(errors="replace").strip().splitlines()[-3:]
            raise LabError("The browser could not draw the page.", "\n".join(said))
        return picture.read_bytes() if picture.exists() else b""


class _Words(HTMLParser):
    """Collects what stands in a page, without what is there for the browser alone."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._silent += tag in SILENT

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if words and not self._silent:
            self.lines.append(words)


def _words(html: str) -> str:
    reader = _Words()
    reader.feed(html)
    return "\n".join(reader.lines[:LINES])
