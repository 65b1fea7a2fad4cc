"""How large the course's own images are, beside those on Docker Hub, and how long their making takes.

The published figures stand with their source in ``data/reference/image_sizes.json``; where none is known the
table says so.
"""

import gzip
import json
import time

import pytest

from sosclib.course.catalogue import ROLES
from sosclib.engine.sizes import human_size
from sosclib.lab.image_recipe import BASE, DockerfileRecipe, recipe
from sosclib.lab.offline_images import offline_image
from sosclib.lab.paths import data_dir

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
UNKNOWN = "not known here"
ALL_BAR = 180


def unpacked(file):
    """Return how many bytes a layer has unpacked."""
    size = 0
    with gzip.open(file) as plain:
        while chunk := plain.read(1 << 20):
            size += len(chunk)
    return size


def known():
    return json.loads((data_dir() / "reference" / "image_sizes.json").read_text())


def published(reference):
    figures = known()
    if reference not in figures["bytes"]:
        return f"{reference}: {UNKNOWN}"
    size, when = figures["bytes"][reference]
    return f"{reference}: {human_size(size, 3)} ({when})"


def test_sizes_and_seconds_of_all_images(report, tmp_path, monkeypatch):
    """Made cold, one after the other, in a cache of their own: packages come from Debian's servers."""
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path))
    total = 0.0
    for role, hub in ROLES.items():
        began, slowest, since = time.monotonic(), ("", 0.0), [("", time.monotonic())]

        def step(words, since=since):
            since.append((words, time.monotonic()))

        image = offline_image(role, detail=step)
        ended = time.monotonic()
        for (words, begin), (_, end) in zip(since, [*since[1:], ("", ended)], strict=True):
            slowest = max(slowest, (words, end - begin), key=lambda one: one[1])
        packed = [layer["size"] for layer in image.manifest["layers"]]
        plain = sum(map(unpacked, image.layers))
        own = f", {human_size(packed[-1], 3)} of it its own" if len(packed) > 1 else ""
        report.line(
            "image" if role == BASE else "",
            f"{role}, {recipe(role).reference}; longest: {slowest[0][:40]} {slowest[1]:.0f} s",
            ended - began,
            figure=f"{human_size(sum(packed), 3)} packed{own}, {human_size(plain, 3)} unpacked",
            bar=published(hub),
        )
        total += ended - began
    bar = f"≤ {ALL_BAR} s on an idle machine"
    report.line("all images", "made cold, one after the other", total, bar=bar)
    report.facts["published sizes"] = known()["source"]
    assert total <= ALL_BAR


def test_together_they_take_the_base_once(report):
    """What a registry keeps of all of them, against what they would be without a common layer."""
    roles = [role for role in ROLES if isinstance(recipe(role), DockerfileRecipe)]
    images = [offline_image(role) for role in (BASE, *roles)]
    apart = sum(image.size for image in images)
    blobs = {digest: file.stat().st_size for image in images for digest, file in image.blobs().items()}
    together = sum(blobs.values())
    report.line(
        "shared layer",
        f"{len(images)} images in a registry",
        0.0,
        figure=f"{human_size(together, 3)} instead of {human_size(apart, 3)}",
    )
    assert together < apart / 2
