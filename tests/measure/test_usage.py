"""Frames carry the engine's figures in bytes, and a comparison tells what a step changed."""

import pandas as pd
import pytest

from sosclib.engine.usage import ContainerUsage, DiskUsage, ImageUsage, TypeUsage, VolumeUsage
from sosclib.lab.errors import SoscError
from sosclib.measure import usage


def moment(images=(0, 0, 0, 0), containers=(0, 0, 0, 0)):
    return DiskUsage(
        types=(
            TypeUsage("Images", *images),
            TypeUsage("Containers", *containers),
            TypeUsage("Local Volumes", 0, 0, 0, 0),
            TypeUsage("Build Cache", 0, 0, 0, 0),
        ),
        images=(ImageUsage("debian", "13", "sha256:1", 0, 100, 80, 20, 1),) if images[0] else (),
        containers=(ContainerUsage("abc", "web", "debian:13", "Created", 7),) if containers[0] else (),
        volumes=(VolumeUsage("data", 1, 12),),
    )


BEFORE = moment(images=(2, 2, 97_220_000, 69_860_000), containers=(4, 0, 27_360_000, 27_360_000))
AFTER = moment(images=(2, 0, 97_220_000, 97_220_000))


def test_one_line_per_type_in_the_order_of_the_cli():
    frame = usage.df(BEFORE)
    assert list(frame.columns) == ["type", "total", "active", "size", "reclaimable"]
    assert frame["type"].tolist() == ["Images", "Containers", "Local Volumes", "Build Cache"]
    assert frame.loc[1].tolist() == ["Containers", 4, 0, 27_360_000, 27_360_000]


def test_verbose_frames_have_their_columns_even_when_empty():
    assert list(usage.df_images(moment()).columns) == [
        "repository", "tag", "id", "created", "size", "shared", "unique", "containers",
    ]  # fmt: skip
    assert usage.df_images(BEFORE).loc[0, ["shared", "unique"]].tolist() == [80, 20]
    assert usage.df_containers(BEFORE)["name"].tolist() == ["web"]
    assert usage.df_volumes(BEFORE).loc[0].tolist() == ["data", 1, 12]


def test_comparison_is_after_minus_before():
    change = usage.compare(BEFORE, AFTER)
    assert change.loc["Containers", ("size", "change")] == -27_360_000
    assert change.loc["Containers", ("total", "before")] == 4
    assert change.loc["Containers", ("total", "after")] == 0
    assert change.loc["Images", ("reclaimable", "change")] == 97_220_000 - 69_860_000
    assert (change.loc["Local Volumes"] == 0).all()


def test_a_frame_that_looks_like_the_cli_s_table_carries_its_figures():
    shown = pd.DataFrame({"TYPE": ["Images"], "SIZE": ["97.22MB"]})
    shown.attrs[usage.KEPT] = BEFORE
    pd.testing.assert_frame_equal(usage.in_bytes(shown), usage.df(BEFORE))
    assert usage.compare(shown, AFTER).equals(usage.compare(BEFORE, AFTER))


def test_another_frame_is_refused_with_the_call_that_helps():
    with pytest.raises(SoscError, match=r"vm1\.system\.df\(\)"):
        usage.in_bytes(pd.DataFrame({"REPOSITORY": ["debian"]}))


def test_steps_stand_below_one_another_in_the_given_order():
    frame = usage.steps({"at first": BEFORE, "after prune": AFTER})
    assert frame["step"].unique().tolist() == ["at first", "after prune"]
    assert len(frame) == 8


@pytest.mark.engine
def test_frames_of_a_real_engine(client, true_image):
    repository = true_image.rpartition(":")[0]
    mine = usage.df_images(client, lambda kind, entry: true_image in (entry.get("RepoTags") or ()))
    assert mine["repository"].tolist() == [repository]
    assert mine.loc[0, "size"] == mine.loc[0, "unique"] == client.api.images(true_image)[0]["Size"]
    line = usage.df(client, lambda kind, entry: true_image in (entry.get("RepoTags") or ())).set_index("type")
    assert line.loc["Images", "size"] == mine.loc[0, "size"]
