"""Text is split where a shell would take it."""

import os
import shutil

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


BASH_WHERE_SPANISH_IS_SPOKEN = """#!/bin/sh
if [ "$LC_ALL" = C ]; then exec {bash} "$@"; fi
{bash} "$@" 2>&1 | sed "s/here-document/documento-aquí/" >&2
"""


@pytest.mark.skipif(not shutil.which("bash"), reason="commands are told apart by bash")
def test_a_here_document_stays_together_whatever_language_bash_speaks(monkeypatch, tmp_path):
    bash = tmp_path / "bash"
    bash.write_text(BASH_WHERE_SPANISH_IS_SPOKEN.format(bash=shutil.which("bash")))
    bash.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("LC_ALL", "es_ES.UTF-8")
    text = "cat <<END\nhello\nEND"
    assert commands(f"{text}\nls") == [text, "ls"]
