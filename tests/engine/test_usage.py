"""Disk usage is the CLI's to the byte, and a share counts each of its layers once."""

import io
import json
import os
import subprocess
import tarfile
import uuid

import docker
import pytest

from sosclib.engine.sizes import human_size
from sosclib.engine.usage import disk_usage
from tests.engine.stores import keeps_packed

pytestmark = pytest.mark.engine


def layer(name: str, size: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = size
        archive.addfile(entry, io.BytesIO(os.urandom(size)))
    return buffer.getvalue()


class Scratch:
    """Images and containers of one test, under one label, removed at its end."""

    def __init__(self, client: docker.DockerClient) -> None:
        self.client = client
        self.mark = f"usage-{uuid.uuid4().hex[:8]}"

    def owns(self, kind, entry):
        return self.mark in (entry.get("Labels") or {})

    def image(self, name: str, size: int) -> str:
        self.client.api.import_image_from_data(
            layer(name, size), repository=f"{self.mark}/{name}", tag="1", changes=[f"LABEL {self.mark}=1"]
        )
        return f"{self.mark}/{name}:1"

    def container(self, image: str, writes: int = 0):
        made = self.client.containers.create(image, ["/nothing"], labels={self.mark: "1"})
        if writes:
            made.put_archive("/", layer("written", writes))
        return made

    def child(self, image: str, name: str, size: int) -> str:
        container = self.container(image, writes=size)
        container.commit(f"{self.mark}/{name}", tag="1")
        container.remove()
        return f"{self.mark}/{name}:1"

    def clean(self) -> None:
        for container in self.client.containers.list(all=True, filters={"label": self.mark}, sparse=True):
            container.remove(force=True)
        for image in reversed(self.client.images.list(filters={"label": self.mark})):
            for tag in image.tags:
                self.client.images.remove(tag)


@pytest.fixture(scope="module")
def client(engine):
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture
def scratch(client):
    scratch = Scratch(client)
    yield scratch
    scratch.clean()


def lines(usage):
    return {line.type: line for line in usage.types}


def test_a_layer_shared_within_the_share_is_counted_once(client, scratch, image):
    base = scratch.image("base", 100_000)
    scratch.child(base, "left", 20_000)
    scratch.child(base, "right", 3_000)
    scratch.image("alone", 400)

    usage = disk_usage(client, scratch.owns)

    sizes = {image.repository.rpartition("/")[2]: image for image in usage.images}
    if keeps_packed(client):
        whole = {name: image.size for name, image in sizes.items()}
        once = whole["left"] + whole["right"] - whole["base"] + whole["alone"]
        assert lines(usage)["Images"].size == pytest.approx(once, rel=0.2)
        assert {name: image.shared > 0 for name, image in sizes.items()} == {
            **dict.fromkeys(("base", "left", "right"), True),
            "alone": False,
        }
        return
    assert lines(usage)["Images"].size == 123_400
    assert (sizes["base"].shared, sizes["base"].unique) == (100_000, 0)
    assert (sizes["left"].size, sizes["left"].shared, sizes["left"].unique) == (120_000, 100_000, 20_000)
    assert (sizes["alone"].shared, sizes["alone"].unique) == (0, 400)


def test_what_others_share_with_us_is_counted_and_what_only_they_have_is_not(client, scratch):
    base = scratch.image("base", 100_000)
    scratch.child(base, "child", 20_000)

    def only_the_child(kind, entry):
        return scratch.owns(kind, entry) and entry.get("RepoTags") != [base]

    usage = disk_usage(client, only_the_child)
    assert lines(usage)["Images"].size == (usage.images[0].size if keeps_packed(client) else 120_000)


def test_an_image_with_a_container_is_active_and_a_stopped_container_can_be_reclaimed(client, scratch, image):
    base = scratch.image("base", 100_000)
    scratch.image("unused", 7_000)
    scratch.container(base, writes=5_000)

    whole = disk_usage(client, scratch.owns)
    usage = lines(whole)

    assert (usage["Images"].total, usage["Images"].active) == (2, 1)
    assert (usage["Containers"].total, usage["Containers"].active) == (1, 0)
    assert usage["Containers"].size == usage["Containers"].reclaimable
    if keeps_packed(client):
        # Such an engine may count what containers wrote among the images' layers.
        unused = next(image.size for image in whole.images if "unused" in image.repository)
        assert unused <= usage["Images"].reclaimable < usage["Images"].size
        assert usage["Containers"].size > 5_000
    else:
        assert usage["Images"].reclaimable == 7_000
        assert usage["Containers"].size == 5_000


def test_a_volume_in_use_cannot_be_reclaimed(client, scratch):
    volume = client.volumes.create(scratch.mark, labels={scratch.mark: "1"})
    try:
        before = lines(disk_usage(client, scratch.owns))["Local Volumes"]
        base = scratch.image("base", 1_000)
        client.containers.create(
            base, ["/nothing"], volumes=[f"{scratch.mark}:/data"], labels={scratch.mark: "1"}
        ).put_archive("/data", layer("file", 9_000))
        after = lines(disk_usage(client, scratch.owns))["Local Volumes"]
        scratch.clean()
    finally:
        volume.remove()
    assert (before.total, before.active) == (1, 0)
    assert (after.total, after.active, after.size, after.reclaimable) == (1, 1, 9_000, 0)


def test_the_whole_engine_is_what_the_cli_says(client, scratch):
    base = scratch.image("base", 123_456)
    scratch.child(base, "child", 65_432)
    scratch.container(base, writes=10_000)

    for _ in range(20):
        before, ours, after = cli_df(), disk_usage(client), cli_df()
        if before == after:
            break
    else:
        pytest.fail("the engine never stood still long enough to compare two answers")
    assert {line.type: (str(line.total), str(line.active), human_size(line.size)) for line in ours.types} == {
        line["Type"]: (line["TotalCount"], line["Active"], line["Size"]) for line in after
    }
    assert {line.type: human_size(line.reclaimable) for line in ours.types} == {
        line["Type"]: line["Reclaimable"].split(" ")[0] for line in after
    }


def cli_df() -> list[dict]:
    run = subprocess.run(
        ["docker", "system", "df", "--format", "{{json .}}"], capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize(
    ("size", "digits", "text"),
    [
        (0, 4, "0B"),
        (999, 4, "999B"),
        (27_360_000, 4, "27.36MB"),
        (69_900_000, 3, "69.9MB"),
        (1.5e12, 4, "1.5TB"),
    ],
)
def test_sizes_are_written_as_the_cli_writes_them(size, digits, text):
    assert human_size(size, digits) == text
