"""Disk usage of a full engine takes about as long as the CLI needs for it."""

import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from shutil import which

import docker
import pytest

from sosclib.measure.timing import compare
from tests.true_image import true_image

BAR = 1.2
MANY = 500
AT_ONCE = 4
SHARE, WHOLE, CLI = "system.df()", "system.df(everything=True)", "docker system df"


@contextmanager
def full_engine(machine, base):
    """Fill the engine with images that share a layer, and a container of each; take them away again."""
    repository = f"sosc-bench-{uuid.uuid4().hex[:8]}"
    names = [f"{repository}:{n}" for n in range(MANY)]
    labels = machine.ownership.labels()
    api = docker.APIClient()
    seed = api.create_container(base, ["true"], labels=labels)["Id"]

    def fill(name):
        changes = f'LABEL number="{name}"'
        api.commit(seed, repository, name.rpartition(":")[2], changes=changes)
        return api.create_container(name, ["true"], labels=labels)["Id"]

    containers = [seed]
    try:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            containers += threads.map(fill, names)
        for name in names:
            machine.ownership.enter("image", name)
        yield
    finally:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(lambda one: api.remove_container(one, force=True), containers))
            present = [tag for image in api.images(repository) for tag in image["RepoTags"]]
            list(threads.map(lambda tag: api.remove_image(tag, force=True), present))
        api.close()


@pytest.mark.benchmark
@pytest.mark.engine
def test_df(report, client, machine):
    cli = which("docker") or pytest.skip("there is no docker command to compare with")
    with true_image(client) as base, full_engine(machine, base):
        lines = machine.system.usage().types
        assert (lines[0].total, lines[1].total) == (MANY, MANY + 1)
        timings = compare(
            {
                SHARE: machine.system.df,
                WHOLE: lambda: machine.system.df(everything=True),
                CLI: lambda: subprocess.run([cli, "system", "df"], check=True, capture_output=True) and None,
            },
            repeats=9,
        )
    share, whole = (timings.ratio(name, to=CLI) for name in (SHARE, WHOLE))
    figure = f"{share:.2f} and {whole:.2f} × {CLI}"
    report.timings(f"df, {MANY} images and containers", timings, figure=figure, bar=f"≤ {BAR:g}")
    assert max(share, whole) <= BAR
