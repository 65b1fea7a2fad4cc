"""`sosc prefetch` on a terminal and in a log, with pieces that take no time."""

import io
from contextlib import contextmanager

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sosclib import cli_jupyter, cli_prefetch
from sosclib.cli import app
from sosclib.course import prefetching
from sosclib.course.prefetching import Piece, Took


@pytest.fixture
def two(monkeypatch, tmp_path):
    """Two pieces: one says how many steps it has, the other does not."""
    made = []

    def make(name, *steps):
        return lambda tell: [*map(tell, steps), made.append(name)]

    wanted = [
        Piece("web: nginx:1", 2, make("web", "unpacking the base", "line 3: RUN [ -e /a ] && echo [b]b[/b]")),
        Piece("machines", None, make("machines", "installing")),
    ]

    @contextmanager
    def pieces():
        yield wanted

    monkeypatch.setattr(prefetching, "pieces", pieces)
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path))
    (tmp_path / "file").write_bytes(b"x" * 2_000_000)
    return made


def test_in_a_log_a_line_for_each_and_what_the_cache_holds(two):
    done = CliRunner().invoke(app, ["prefetch"])
    assert done.exit_code == 0, done.output
    assert two == ["web", "machines"]
    assert "1 of 2  web: nginx:1  0.0 s" in done.output
    assert "The cache holds 2" in done.output and "MB" in done.output


def test_on_a_terminal_a_bar_for_each_and_one_for_all(two):
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=140, height=40)
    with prefetching.pieces() as wanted:
        took = list(cli_prefetch._with_bars(wanted, console))
    assert [one.step for one in took] == [
        "preparing",
        "unpacking the base",
        "line 3: RUN [ -e /a ] && echo [b]b[/b]",
        "preparing",
        "installing",
    ]
    for words in ("all", "web: nginx:1", "machines", "2/2", "1/1"):
        assert words in written.getvalue()


def test_the_longest_steps_are_told_with_their_share():
    took = [Took("web", "packing", 10.0), Took("db", "line 1: RUN x", 30.0), Took("db", "short", 0.1)]
    assert cli_prefetch.longest(took) == [
        "Longest:  30.0 s (75%) db, line 1: RUN x",
        "          10.0 s (25%) web, packing",
    ]
    assert cli_prefetch.longest([]) == []


def test_the_lab_makes_only_the_images_of_the_first_sections(monkeypatch):
    asked = []
    monkeypatch.setattr("sosclib.lab.offline_images.offline_image", lambda name, _: asked.append(name))
    monkeypatch.setattr("sosclib.lab.offline_images.is_made", lambda name: name in asked)
    later = cli_jupyter.make_first_images(lambda phase: None)
    assert sorted(asked) == ["base", "registry", "small"]
    assert later == ["database", "httpd", "python", "stale", "web", "wordpress"]
