"""`import sosclib` is all but free."""

import subprocess
import sys

import pytest

from sosclib.measure.timing import compare

BAR = 0.15


@pytest.mark.benchmark
def test_import(report):
    def python(code):
        return lambda: subprocess.run([sys.executable, "-c", code], check=True) and None

    timings = compare({"import sosclib": python("import sosclib"), "bare Python": python("pass")}, repeats=21)
    cost = timings.median("import sosclib") - timings.median("bare Python")
    report.timings(
        "import sosclib", timings, figure=f"{cost * 1000:.0f} ms over bare Python", bar=f"≤ {BAR:g} s"
    )
    assert cost <= BAR
