"""A web page that the lab serves: where a browser finds it, and how it looks there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from sosclib.course.desk import HOLDER

if TYPE_CHECKING:
    from sosclib.views.screenshot import Screenshot


def address(url: str) -> str:
    """Tell under which address a browser on this computer finds a page of VM1.

    Parameters
    ----------
    url : str
        As one would type it on VM1: ``http://localhost:8080/``.

    Returns
    -------
    str
        From a virtual machine the port is brought here, to one that is free.

    Raises
    ------
    LabError
        Where the port cannot be brought here.
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=_here(parts.port)))


def show_page(url: str) -> Screenshot:
    """Show a page of VM1 as a browser without a window shows it.

    Parameters
    ----------
    url : str
        As one would type it on VM1: ``http://localhost:8080/``. From a virtual machine it is brought here,
        and the browser is told where it is.

    Returns
    -------
    Screenshot
        The page's text where this computer has no browser that the library knows.

    Raises
    ------
    LabError
        Where nothing answers.
    """
    from sosclib.views.screenshot import screenshot

    return screenshot(url, at=_here(urlsplit(url).port))


def _here(port: int | None) -> str:
    return f"127.0.0.1:{HOLDER.desk.lab.forward(port or 80)}"
