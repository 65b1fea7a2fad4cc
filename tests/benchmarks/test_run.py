"""The library's `containers.run` takes no longer than `docker run`."""

import subprocess
from shutil import which

import pytest

from sosclib.measure.timing import compare
from tests.true_image import true_image

BAR = 1.05


@pytest.mark.benchmark
@pytest.mark.engine
def test_run(report, client, machine):
    cli = which("docker") or pytest.skip("there is no docker command to compare with")
    with true_image(client) as image:

        def by_cli():
            subprocess.run([cli, "run", "--rm", image, "true"], check=True, capture_output=True)

        def by_library():
            assert machine.containers.run(image, "true", remove=True).exit_code == 0

        timings = compare({"containers.run": by_library, "docker run": by_cli}, repeats=30, warmup=3)
    ratio = timings.ratio("containers.run", to="docker run")
    report.timings("run a container", timings, figure=f"{ratio:.2f} × docker run", bar=f"≤ {BAR:g}")
    assert ratio <= BAR
