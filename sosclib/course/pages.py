"""A web page that the lab serves, seen in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sosclib.course.desk import HOLDER

if TYPE_CHECKING:
    from sosclib.views.screenshot import Screenshot


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

    port = urlsplit(url).port or 80
    return screenshot(url, at=f"127.0.0.1:{HOLDER.desk.lab.forward(port)}")
