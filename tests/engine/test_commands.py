"""Text is split where a shell would take it."""

import pytest

from sosclib.engine.commands import commands


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("hostname\n\nls -l\n", ["hostname", "ls -l"]),
        ("for n in 1 2\ndo echo $n\ndone\nls", ["for n in 1 2\ndo echo $n\ndone", "ls"]),
        ("echo 'one\ntwo'", ["echo 'one\ntwo'"]),
        ("cat <<END\nhello\nEND\nls", ["cat <<END\nhello\nEND", "ls"]),
        ("echo a \\\n  b\nls", ["echo a \\\n  b", "ls"]),
        ("echo 'never closed\nls", ["echo 'never closed\nls"]),
        ("", []),
    ],
)
def test_text_is_split_into_complete_commands(text, split):
    assert commands(text) == split
