"""A page in a real browser; and its text, with a way to a browser, where there is none."""

import http.server
import re
import threading

import pytest

from sosclib.lab.errors import LabError
from sosclib.lab.system_packages import find_browser
from sosclib.views import screenshot as module
from sosclib.views.screenshot import screenshot

PAGE = """<!DOCTYPE html><html><head><title>A &amp; B</title><style>p {{color: red}}</style></head>
<body style="background: rgb(0, 114, 178)"><p>Seen by {host}</p><script>var x = 1</script></body></html>"""

ASKED = []
"""The pages that were asked for, and under which host's name."""


class Site(http.server.BaseHTTPRequestHandler):
    """Knows itself by another address than that at which it is reached, like a site in a virtual machine."""

    def do_GET(self):
        ASKED.append((self.path, self.headers["Host"]))
        if self.path == "/":
            self.send_response(302)
            self.send_header("Location", "http://localhost:18080/home")
            self.end_headers()
            return
        self.send_response(200 if self.path == "/home" else 500)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.format(host=self.headers["Host"]).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ASKED.clear()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(not find_browser(), reason="there is no browser here: apt-get install chromium")
def test_a_browser_draws_the_page_and_follows_it_to_where_it_really_is(site):
    page = screenshot("http://localhost:18080/", at=site)
    assert page.png.startswith(b"\x89PNG") and len(page.png) > 2000
    assert {host for _, host in ASKED} == {"localhost:18080"}
    assert repr(page) == "The page “A & B” at http://localhost:18080/, as a browser shows it."
    shown = page._repr_mimebundle_()
    assert re.search(r'<img alt="[^"]*A &amp; B[^"]*" [^>]*src="data:image/png;base64,', shown["text/html"])


def test_without_a_browser_the_text_is_shown_and_how_to_get_one(site, monkeypatch):
    monkeypatch.setattr(module, "find_browser", lambda: None)
    page = screenshot("http://localhost:18080/", at=site)
    html = page._repr_mimebundle_()["text/html"]
    assert page.png == b"" and "Seen by localhost:18080" in html
    assert "var x" not in html and "color: red" not in html
    assert "chromium" in html


@pytest.mark.parametrize("code", [0, 1])
def test_a_browser_that_writes_no_picture_is_told_by_how_it_ended(site, monkeypatch, tmp_path, code):
    """One in a snap ends well, and writes into a /tmp of its own."""
    browser = tmp_path / "chromium"
    browser.write_text(f"#!/bin/sh\nexit {code}\n")
    browser.chmod(0o755)
    monkeypatch.setattr(module, "find_browser", lambda: str(browser))
    if code:
        with pytest.raises(LabError, match="could not draw"):
            screenshot("http://localhost:18080/", at=site)
        return
    html = screenshot("http://localhost:18080/", at=site)._repr_mimebundle_()["text/html"]
    assert "snap" in html and "Seen by localhost:18080" in html and "no browser" not in html


def test_a_page_about_an_error_is_a_page(site, monkeypatch):
    monkeypatch.setattr(module, "find_browser", lambda: None)
    assert screenshot(f"http://{site}/broken").title == "A & B"


def test_where_nothing_answers_it_is_told(site):
    with pytest.raises(LabError, match="Nothing answers at http://localhost:1/"):
        screenshot("http://localhost:1/", at="127.0.0.1:1")
