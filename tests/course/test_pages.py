"""A page of VM1's, found from this computer."""

import urllib.request

import pytest

import sosclib as sosc
from sosclib.course.waiting import until

PORT = 18486
SERVE = ["sh", "-c", "mkdir page; echo 'found it' > page/a.html; exec httpd -f -p 80 -h page"]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("04", marks=pytest.mark.engine),
        pytest.param("17", marks=[pytest.mark.engine, pytest.mark.apart]),
    ],
)
def test_a_browser_on_this_computer_finds_the_page_at_its_address(number, lay_desk):
    vm1 = lay_desk(number).vm1
    vm1.containers.run(sosc.image("small"), SERVE, detach=True, ports={"80/tcp": PORT})
    there = f"http://localhost:{PORT}/a.html?x=1"
    until(lambda: vm1.node.sh(f"wget -qO- '{there}' || curl -sf '{there}'").stdout, "the page to answer")
    here = sosc.address(there)
    assert here.startswith("http://127.0.0.1:") and here.endswith("/a.html?x=1")
    with urllib.request.urlopen(here, timeout=30) as answer:
        assert answer.read() == b"found it\n"
