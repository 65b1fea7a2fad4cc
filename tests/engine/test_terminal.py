"""What the terminal writes can be read over anybody's shoulder: no token of a swarm is in it in full."""

import pytest

from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import CommandFailed
from sosclib.lab.node import CommandResult

TOKEN = "SWMTKN-1-" + "0a1b2" * 10 + "-" + "z9y8x" * 5
LINE = f"    docker swarm join --token {TOKEN} 172.16.0.11:2377\n"
HIDDEN = "    docker swarm join --token SWMTKN-1-… 172.16.0.11:2377\n"


@pytest.mark.parametrize("write", [Terminal.write, Terminal.say])
def test_no_token_is_written(write, capsys):
    write(Terminal(), LINE)
    assert capsys.readouterr().out == HIDDEN


def test_no_token_is_shown_or_remembered_in_a_command(capsys):
    terminal = Terminal()
    terminal.show("VM2", LINE.strip())
    assert capsys.readouterr().out == f"student@VM2:~$ {HIDDEN.strip()}\n"
    assert terminal.steps[0].command == HIDDEN.strip()


def test_each_of_several_commands_has_its_own_prompt_and_a_longer_one_goes_on_below_it(capsys):
    text = "mkdir order\ncat > order/page.txt <<END\nfirst\nEND\nls order"
    terminal = Terminal()
    terminal.show("VM1", text, "shop")
    assert capsys.readouterr().out == (
        "student@VM1:~/shop$ mkdir order\n"
        "student@VM1:~/shop$ cat > order/page.txt <<END\n> first\n> END\n"
        "student@VM1:~/shop$ ls order\n"
    )
    assert [step.command for step in terminal.steps] == [text]


@pytest.mark.parametrize("size", [1, 3, 7, 40])
def test_no_token_is_written_that_comes_in_pieces_and_whoever_asked_gets_it_whole(size, capsys):
    chunks = [LINE[at : at + size].encode() for at in range(0, len(LINE), size)]
    assert Terminal().stream(chunks) == LINE
    assert capsys.readouterr().out == HIDDEN


def test_a_character_that_comes_in_two_chunks_is_one(capsys):
    text = "café, 5 µs, 漢字\n"
    assert Terminal().stream([bytes([byte]) for byte in text.encode()]) == text
    assert Terminal().stream([b"caf\xc3"]) == "caf\ufffd"
    assert capsys.readouterr().out == f"{text}caf\ufffd"


@pytest.mark.parametrize("end", ["a S", "SWMTKN", "SWMTKN-1-", f"it is {TOKEN}"])
def test_all_is_written_in_the_end(end, capsys):
    Terminal().stream([b"one\n", end.encode()])
    assert capsys.readouterr().out == f"one\n{end.replace(TOKEN, 'SWMTKN-1-…')}"


def test_what_comes_is_written_at_once_though_a_token_might_follow(capsys):
    def chunks():
        yield b"one S"
        yield b"ay, two SWM"
        assert capsys.readouterr().out == "one Say, two "
        yield b"P"

    Terminal().stream(chunks())
    assert capsys.readouterr().out == "SWMP"


def test_a_command_that_fails_tells_no_token():
    with pytest.raises(CommandFailed) as failed:
        CommandResult(LINE.strip(), 1, LINE, "").check()
    assert TOKEN not in str(failed.value) and "SWMTKN-1-…" in failed.value.why
