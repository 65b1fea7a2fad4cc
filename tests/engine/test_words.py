"""Words, tables and command lines, without an engine."""

import shlex
import subprocess

import pytest

from sosclib.engine.options import flags, quoted, text_of, words_of
from sosclib.engine.progress import TransferState
from sosclib.engine.table import table
from sosclib.engine.terminal import Terminal
from sosclib.engine.words import age, ellipsis, full_name, ports, split_name
from sosclib.lab.errors import SoscError


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "Less than a second"),
        (1.2, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (150, "2 minutes"),
        (3700, "About an hour"),
        (7200, "2 hours"),
        (50 * 3600, "2 days"),
        (15 * 86400, "2 weeks"),
        (70 * 86400, "2 months"),
        (800 * 86400, "2 years"),
    ],
)
def test_ages_are_those_of_the_cli(seconds, words):
    assert age(seconds) == words


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("debian", "debian:latest"),
        ("localhost:5000/debian", "localhost:5000/debian:latest"),
        ("a/b:1", "a/b:1"),
        ("docker.io/library/debian", "debian:latest"),
        ("index.docker.io/library/debian:12", "debian:12"),
        ("library/debian", "debian:latest"),
        ("docker.io/debian", "debian:latest"),
        ("docker.io/student/web:1", "student/web:1"),
        ("localhost:5000/library/debian", "localhost:5000/library/debian:latest"),
        ("docker.io/library/a/b", "library/a/b:latest"),
    ],
)
def test_full_names(name, full):
    assert full_name(name) == full
    assert ":".join(split_name(name)) == full


def test_a_digest_stays_in_an_images_name():
    assert full_name("docker.io/library/debian@sha256:12") == "debian@sha256:12"
    assert split_name("docker.io/library/debian@sha256:12") == ("debian", "sha256:12")


def test_ports_and_ellipsis():
    published = [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"PrivatePort": 443, "Type": "tcp"},
    ]
    assert ports(published) == "0.0.0.0:8080->80/tcp, 443/tcp"
    assert ellipsis("12345", 5) == "12345"
    assert ellipsis("123456", 5) == "1234…"


@pytest.mark.parametrize(
    "command", ['echo "a b"', "echo 'a $b'", "echo $HOME", "ls *", "a; b", "echo a\\ b", "a\nb"]
)
def test_a_command_is_shown_such_that_a_shell_makes_the_same_words_of_it(command):
    words = words_of(command)
    shown = subprocess.run(f"printf '%s\\n' {text_of(command)}", shell=True, capture_output=True, text=True)
    assert shown.stdout.splitlines() == words
    assert command != 'echo "a b"' or text_of(command) == command


@pytest.mark.parametrize("read", [words_of, text_of])
@pytest.mark.parametrize("command", ["echo it's me", 'echo "', "echo a\\"])
def test_a_command_that_no_shell_would_take_is_told(read, command):
    with pytest.raises(SoscError, match="quotation mark"):
        read(command)


@pytest.mark.parametrize("folder", ["/data", "/my data", "/data (1)", "/it's", '/a"b', "/a$b", "/a`b"])
def test_the_current_folder_is_put_in_whatever_else_a_path_has(folder, tmp_path):
    shown = subprocess.run(
        ["sh", "-c", f"printf %s {quoted(f'$PWD{folder}')}"], cwd=tmp_path, capture_output=True
    )
    assert shown.stdout.decode() == f"{tmp_path}{folder}"


def test_flags_are_quoted_and_in_a_fixed_order():
    options = {"volumes": ["data:/x"], "name": "it", "environment": {"A": "b c"}, "ports": {"80/tcp": 8080}}
    line = " ".join(flags(options))
    assert line == "--name it -e 'A=b c' -p 8080:80 -v data:/x"
    assert shlex.split(line)[3] == "A=b c"


def test_table_reads_like_the_clis(capsys):
    shown = table([{"A": "x", "B": 1}, {"A": "longer", "B": 22}], ("A", "B"))
    assert repr(shown) == "A        B\nx        1\nlonger   22"
    assert repr(table([], ("A", "B"))) == "A   B"


def test_terminal_shows_prompts_remembers_and_can_be_quiet(capsys):
    terminal = Terminal()
    terminal.show("VM1", "docker ps")
    with terminal.quietly():
        terminal.show("VM1", "docker info")
        terminal.say("hidden")
    terminal.show("VM2", "for i in 1 2\ndo echo $i; done")
    assert capsys.readouterr().out == (
        "student@VM1:~$ docker ps\nstudent@VM2:~$ for i in 1 2\n> do echo $i; done\n"
    )
    assert [step.node for step in terminal.steps] == ["VM1", "VM2"]


def test_pull_states_follow_events():
    state = TransferState()
    for event in (
        {"status": "Pulling from debian", "id": "13"},
        {"status": "Downloading", "id": "abc", "progressDetail": {"current": 5, "total": 10}},
        {"status": "Pull complete", "id": "abc", "progressDetail": {}},
        {"status": "Digest: sha256:1"},
    ):
        state = state.after(event)
    assert state.layers["abc"].done
    assert state.lines == ("13: Pulling from debian", "Digest: sha256:1")
