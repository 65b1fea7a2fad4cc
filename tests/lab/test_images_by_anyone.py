"""The course's images as an ordinary user makes them, who can make no devices."""

import os

import pytest

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users, and others are ordinary"),
]
MAKE = """
from sosclib.lab.offline_images import offline_image
print([offline_image(role).repository for role in ("base", "httpd")])
"""


def test_an_image_whose_packages_want_devices_is_made_without_root(user):
    done = user.python(MAKE)
    assert done.stdout.strip() == "['debian', 'httpd']", done.stderr
    assert not list((user.home / ".cache" / "sosc" / "images").glob(".*"))
