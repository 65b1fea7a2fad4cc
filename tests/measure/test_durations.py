"""A duration reads in three digits, whatever its size."""

import pytest

from sosclib.measure.durations import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.00054, "0.54 ms"),
        (0.0023, "2.3 ms"),
        (0.02279, "22.8 ms"),
        (0.2164, "216 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1 s"),
        (1.4, "1.4 s"),
        (32.04, "32 s"),
        (154.6, "155 s"),
    ],
)
def test_words(seconds, words):
    assert duration(seconds) == words
