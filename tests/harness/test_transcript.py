"""The commands in a notebook's outputs become a script that a shell accepts."""

import subprocess

import pytest

from sosclib.course.sections import find, sections
from sosclib.engine.terminal import Terminal
from sosclib.harness.transcript import Command, commands, script
from tests.harness.books import code, printed, save, text

HOST = "0123456789ab"
SESSION = f"""\
student@VM1:~$ docker run -it debian:13
root@{HOST}:/# touch my_new_file
root@{HOST}:/# cd /etc; ls
passwd
# not a prompt
> not a continuation
root@{HOST}:/etc# echo "it's"
it's
root@{HOST}:/etc# exit
"""
ABOUT = {"title": "A test", "needs": []}


@pytest.fixture
def book(tmp_path):
    """Give a function that makes a notebook with one cell for each output, each below a heading."""

    def make(*outputs, **about):
        cells = [
            cell
            for number, output in enumerate(outputs, start=1)
            for cell in (text(f"## Step {number}\n\nWhy."), code("1", printed(output)))
        ]
        return save(tmp_path / "97-a-test.ipynb", *cells, sosc=ABOUT | about)

    return make


def accepted(text):
    run = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert not run.stderr, "an open here-document is only a warning"
    return True


def test_a_command_is_what_stands_behind_the_prompt(book):
    path = book("student@VM1:~$ docker images\nREPOSITORY  TAG\nstudent@VM1:~$ docker ps -a\n", "no prompt\n")
    assert commands(path) == [Command("VM1", "docker images"), Command("VM1", "docker ps -a")]


def test_a_command_typed_in_a_folder_is_run_there(book, capsys):
    terminal = Terminal()
    terminal.show("VM1", "docker compose up -d", "my-stack")
    path = book(capsys.readouterr().out + " Network n  Created\nstudent@VM1:~$ ls\n")
    assert commands(path) == [Command("VM1", "docker compose up -d", folder="my-stack"), Command("VM1", "ls")]
    assert "\n(cd my-stack && docker compose up -d)\nls\n" in script(path)
    assert accepted(script(path))


def test_a_command_that_reads_on_does_not_take_the_rest_of_the_script(book):
    path = book("student@VM1:~/shop$ docker compose -p x exec -T store cat\nstudent@VM1:~$ ls\n")
    assert "(cd shop && docker compose -p x exec -T store cat < /dev/null)\nls\n" in script(path)


def test_a_line_that_goes_on_belongs_to_its_command(book):
    path = book('student@VM1:~$ for i in 1 2; do\n>   echo "$i"\n> done\n1\n2\n> an output\n')
    assert commands(path) == [Command("VM1", 'for i in 1 2; do\n  echo "$i"\ndone')]
    assert accepted(script(path))


def test_what_the_terminal_shows_is_read_back_as_it_was(book, capsys):
    terminal = Terminal()
    shown = ["docker run debian:13 echo 'a > b'", "cat > file <<'X'\n> quoted\n\nX", "echo \\\n  on"]
    for command in shown:
        terminal.show("VM1", command)
        terminal.say("output")
    path = book(capsys.readouterr().out)
    assert [command.text for command in commands(path)] == shown
    assert accepted(script(path))


def test_lines_typed_into_a_container_come_from_a_here_document(book):
    path = book(SESSION + "student@VM1:~$ docker ps -a\n")
    session, following = commands(path)
    assert session.typed == ("touch my_new_file", "cd /etc; ls", 'echo "it\'s"', "exit")
    assert following == Command("VM1", "docker ps -a")
    assert session.script() == (
        "docker run -i debian:13 <<'EOF'\ntouch my_new_file\ncd /etc; ls\necho \"it's\"\nexit\nEOF"
    )
    assert accepted(script(path))


def test_here_documents_reach_the_program_line_by_line(book):
    path = book(SESSION.replace("docker run -it debian:13", "docker start -ai box"))
    ran = subprocess.run(
        ["bash"], input="docker() { cat; }\n" + script(path), capture_output=True, text=True, check=True
    )
    assert ran.stdout == 'touch my_new_file\ncd /etc; ls\necho "it\'s"\nexit\n'


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        (f"root@{HOST}:/# ls", True),
        (f"student@{HOST}:~/x$ ls", True),
        ("/ # ls", True),
        ("/etc/apt # ls", True),
        ("bash-5.2# ls", True),
        ("root@another-host:/# ls", False),
        ("# ls", False),
        ("ls", False),
    ],
)
def test_prompts_of_the_shells_in_containers(book, prompt, read):
    path = book(f"student@VM1:~$ docker run -it --rm small\n{prompt}\n")
    assert commands(path)[0].typed == (("ls",) if read else ())


def test_a_command_that_is_not_interactive_has_no_typed_lines(book):
    path = book(f"student@VM1:~$ docker logs box\nroot@{HOST}:/# ls\n")
    assert commands(path) == [Command("VM1", "docker logs box")]
    assert script(path).endswith("\ndocker logs box\n")


def test_an_option_of_the_program_inside_is_left_alone():
    run = Command("VM1", "docker run debian:13 tool -it")
    assert run.script() == run.text


def test_a_script_is_of_one_machine(book):
    path = book("student@VM1:~$ hostname\nVM1\n", "student@VM2:~$ docker swarm join\n", "student@VM1:~$ ls\n")
    assert "swarm" not in script(path)
    assert "hostname" not in script(path, "VM2")
    assert [command.node for command in commands(path)] == ["VM1", "VM2", "VM1"]


def test_a_script_says_what_it_is_and_keeps_the_headings_that_have_commands(book):
    path = book("student@VM1:~$ a\n", "nothing\n", "student@VM1:~$ b\nstudent@VM1:~$ c\n", needs=["base"])
    assert script(path) == (
        "#!/usr/bin/env bash\n"
        "# 97 · A test: the commands of the section on VM1.\n"
        "# It starts from what earlier sections leave: base.\n"
        "\n# Step 1\na\n"
        "\n# Step 3\nb\nc\n"
    )


def test_a_script_that_must_stay_in_the_lab_says_so(book):
    path = book("student@VM1:~$ a\n", labs=["vm"], labs_reason="It bites.")
    assert "\n# Only for the lab vm. It bites.\n" in script(path)


def test_a_script_that_prunes_says_whom_that_concerns():
    heads = {number: script(find(number).path).partition("\n\n")[0] for number in ("04", "06", "09")}
    assert ["`prune` takes all that nobody uses" in head for head in heads.values()] == [False, True, True]


def test_a_section_without_commands_has_a_script_that_does_nothing(book):
    path = book("ready\n")
    assert script(path).splitlines()[1:] == ["# 97 · A test: the commands of the section on VM1."]
    assert accepted(script(path))


def test_the_standard_error_shows_no_commands(tmp_path):
    cell = code("1", printed("student@VM1:~$ a\n", "stderr"))
    assert commands(save(tmp_path / "97-a-test.ipynb", cell, sosc=ABOUT)) == []


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.name)
@pytest.mark.parametrize("node", ["VM1", "VM2"])
def test_a_shell_accepts_the_script_of_every_section(section, node):
    assert accepted(script(section.path, node))
