"""Containers: each call does on the engine what its command line says, and shows just that line."""

import os
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager

import pytest
import requests.exceptions

from sosclib.engine.options import flags
from sosclib.engine.session import Session
from sosclib.engine.snapshot import objects
from sosclib.lab.errors import ImageError, NameTaken, NotFound, NotOurs, PortTaken, SoscError

pytestmark = pytest.mark.engine


def test_run_shows_its_command_and_the_output(vm1, image, capsys):
    result = vm1.containers.run(image, 'echo "hello from the container"')
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f'student@VM1:~$ docker run {image} echo "hello from the container"',
        "hello from the container",
    ]
    assert result.exit_code == 0
    assert vm1.containers.get(result.container).status == "exited"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("true", 0),
        ("bash -c 'exit 3'", 3),
        ("no-such-program", 127),
        ("/bin", 126),
    ],
)
def test_exit_code_is_that_of_the_cli(vm1, image, command, code):
    line = f"docker run --rm {image} {command}"
    assert subprocess.run(line, shell=True, capture_output=True).returncode == code
    assert vm1.containers.run(image, command, remove=True).exit_code == code


def test_what_cannot_start_says_the_same_as_the_cli(vm1, image, capsys):
    vm1.containers.run(image, "ping -c 1 127.0.0.1", remove=True)
    shown = capsys.readouterr().out.splitlines()[1]
    line = f"docker run --rm {image} ping -c 1 127.0.0.1"
    real = subprocess.run(line, shell=True, capture_output=True, text=True).stderr.splitlines()[0]
    assert shown.rstrip(".") == real.rstrip(".")
    assert '"ping": executable file not found in $PATH' in shown


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("echo one   two", {}),
        (["sh", "-c", "echo $HOME; echo 'a  b'"], {}),
        ("sh -c 'echo $GREETING'", {"environment": {"GREETING": "good morning; all"}}),
        ("sh -c 'hostname; pwd'", {"hostname": "box", "working_dir": "/bin"}),
        ("echo $HOME", {}),
        ('echo "a*b" *', {}),
        ("/out; true", {"entrypoint": "echo"}),
    ],
)
def test_the_shown_line_typed_into_a_shell_says_the_same(vm1, image, capsys, command, options):
    result = vm1.containers.run(image, command, remove=True, **options)
    prompt, _, line = capsys.readouterr().out.splitlines()[0].partition("$ ")
    assert prompt == "student@VM1:~"
    assert subprocess.run(line, shell=True, capture_output=True, text=True).stdout == result.output


def test_in_the_background(vm1, image, capsys):
    container = vm1.containers.run(image, "sleep 60", name="napper", detach=True, init=True)
    assert container.status == "running"
    listed = vm1.containers.list()
    assert list(listed["NAMES"]) == ["napper"]
    assert container.exec("echo inside").output == "inside\n"
    assert any("sleep 60" in command for command in container.top()["CMD"])
    container.stop(timeout=1)
    assert container.status == "exited"
    assert vm1.containers.list().empty
    container.remove()
    assert vm1.containers.list(all=True).empty
    with pytest.raises(NotFound, match="no container napper"):
        vm1.containers.remove("napper")


def test_logs_are_kept(vm1, image, capsys):
    vm1.containers.run(image, "seq 3", name="counter")
    assert vm1.containers.logs("counter").output == "1\n2\n3\n"


def test_session_is_a_real_terminal_that_remembers(vm1, image, capsys):
    with vm1.containers.session(image) as shell:
        assert shell("tty").startswith("/dev/pts/")
        shell("cd /bin")
        assert "bash" in shell("ls")
        shell("touch /kept")
        assert shell("printf 'no newline'") == "no newline"
    assert shell.container.status == "exited"
    with shell.container.session() as again:
        assert again("ls /kept") == "/kept\n"
    text = capsys.readouterr().out
    assert f"student@VM1:~$ docker run -it {image}\n" in text
    assert f"docker start -ai {shell.container.name}\n" in text
    assert "\x1b" not in text and "\r" not in text


@pytest.mark.parametrize("length", [150, 199, 200, 250, 1000])
def test_a_line_that_is_wider_than_the_terminal_is_no_part_of_the_answer(vm1, image, length):
    with vm1.containers.session(image, remove=True) as shell:
        assert shell(f"word={'a' * length}; echo ${{#word}}") == f"{length}\n"


def test_session_that_waits_for_an_answer_is_given_up_in_words(vm1, image):
    with pytest.raises(SoscError, match="does not come back to its prompt"):
        with vm1.containers.session(image) as shell:
            shell._limit = 1
            shell("cat")
    assert shell.container.status == "exited"


def test_closed_session_says_how_to_open_one(vm1, image):
    with vm1.containers.session(image, remove=True) as shell:
        pass
    assert isinstance(shell, Session)
    with pytest.raises(SoscError, match="session is over"):
        shell("ls")
    assert vm1.containers.list(all=True).empty


@pytest.fixture
def interrupts():
    """Let interrupts be heard: a program started in the background may have been told to ignore them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def interrupted_once_begun(client, name):
    """Send this program an interrupt as soon as a container says that it has begun."""
    over = threading.Event()

    def watch():
        while not any(b"begun" in one.logs() for one in client.containers.list(filters={"name": name})):
            if over.wait(0.05):
                return
        os.kill(os.getpid(), signal.SIGINT)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize("remove", [True, False])
def test_a_run_that_is_interrupted_does_not_go_on_unseen(vm1, image, client, remove):
    with pytest.raises(KeyboardInterrupt), interrupted_once_begun(client, "long"):
        vm1.containers.run(image, ["sh", "-c", "echo begun; sleep 600"], name="long", remove=remove)
    if remove:
        assert vm1.containers.list(all=True).empty
    else:
        # Asked for it by name, the engine looks; its list is a little behind.
        assert vm1.containers.get("long").status == "exited"


def test_a_run_that_is_interrupted_while_it_starts_leaves_nothing(vm1, image, monkeypatch):
    def start(container):
        raise KeyboardInterrupt

    monkeypatch.setattr(vm1.docker.api, "start", start)
    with pytest.raises(KeyboardInterrupt):
        vm1.containers.run(image, "sleep 600", remove=True)
    assert vm1.containers.list(all=True).empty


def test_an_interrupt_is_told_even_where_the_engine_is_gone(vm1, image, monkeypatch):
    def gone(*_, **__):
        raise requests.exceptions.ConnectionError("gone")

    def start(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(vm1.docker.api, "start", start)
        patch.setattr(vm1.docker.api, "remove_container", gone)
        with pytest.raises(KeyboardInterrupt):
            vm1.containers.run(image, "sleep 600", remove=True)


def test_a_session_in_which_there_is_no_shell_leaves_nothing(vm1, image):
    with pytest.raises(SoscError):
        with vm1.containers.session(image, "no-such-shell", remove=True):
            pytest.fail("there is no prompt")
    assert vm1.containers.list(all=True).empty


def test_taken_name_changes_nothing(vm1, image):
    vm1.containers.run(image, "true", name="only-one")
    before = objects(vm1.docker)
    with pytest.raises(NameTaken, match="The name only-one is taken"):
        vm1.containers.run(image, "true", name="only-one")
    assert objects(vm1.docker) == before


@pytest.fixture
def taken_port(engine):
    """Give a port on which a program listens where the engine runs; in a virtual machine sshd does."""
    if engine == "vm":
        yield 22
        return
    with socket.create_server(("0.0.0.0", 0)) as other:
        yield other.getsockname()[1]


def test_taken_port_changes_nothing(vm1, image, taken_port):
    before = objects(vm1.docker)
    with pytest.raises(PortTaken, match=f"Port {taken_port} is in use"):
        vm1.containers.run(image, "sleep 9", detach=True, ports={"80/tcp": taken_port})
    assert objects(vm1.docker) == before


@pytest.mark.parametrize("remove", [True, False])
def test_what_does_not_start_leaves_no_nameless_volume(vm1, image, taken_port, remove):
    before = objects(vm1.docker)
    with pytest.raises(PortTaken):
        vm1.containers.run(image, remove=remove, ports={"80/tcp": taken_port}, volumes=["/nameless"])
    if remove:
        vm1.containers.run(image, "no-such-program", remove=True, volumes=["/nameless"])
    assert objects(vm1.docker) == before


def test_missing_image_that_nobody_has(vm1):
    before = objects(vm1.docker)
    with pytest.raises(ImageError, match="cannot be pulled"):
        vm1.containers.run("127.0.0.1:9/nobody/has-it:1")
    assert objects(vm1.docker) == before


def test_unknown_option_is_named(vm1, image):
    with pytest.raises(SoscError, match="no option colour"):
        vm1.containers.run(image, colour="red")


def test_hostile_text_is_escaped(vm1, image):
    vm1.containers.run(image, ["echo", "<img src=x onerror=alert(1)>"], name="evil")
    page = vm1.containers.list(all=True)._repr_html_()
    assert "<img" not in page
    assert "&lt;img" in page


def test_in_a_strangers_container_nothing_is_run(vm1, image, decoys, client):
    stranger = client.containers.create(image, "sh", tty=True, stdin_open=True)
    try:
        with pytest.raises(NotOurs), vm1.containers.resume(stranger.name):
            pytest.fail("nobody gets in")
        with pytest.raises(NotOurs):
            vm1.containers.get(stranger.name).session()
        with pytest.raises(NotOurs):
            vm1.containers.get(decoys.running).exec("true")
        stranger.reload()
        assert stranger.status == "created" and decoys.all_there(client)
    finally:
        stranger.remove()


def test_committed_image_does_not_make_strangers_containers_ours(vm1, image, client):
    vm1.containers.run(image, "touch /mark", name="maker")
    vm1.containers.commit("maker", "sosc-test-made:1")
    stranger = client.containers.create("sosc-test-made:1", "true")
    try:
        assert list(vm1.containers.list(all=True)["NAMES"]) == ["maker"]
        with pytest.raises(NotOurs):
            vm1.containers.remove(stranger.name)
    finally:
        stranger.remove()


def test_commit_takes_nobodys_name_away(vm1, image, decoys, client):
    vm1.containers.run(image, "true", name="maker")
    before = client.images.get(decoys.image).id
    with pytest.raises(NotOurs, match="already"):
        vm1.containers.commit("maker", decoys.image)
    assert client.images.get(decoys.image).id == before


def test_a_folder_of_the_lab_users_home_is_mounted_where_the_shell_would_mount_it(vm1, image, engine, capsys):
    write = ["sh", "-c", "echo hello > /data/note"]
    vm1.containers.run(image, write, volumes=["$PWD/shared:/data"], remove=True)
    if engine == "host":
        assert vm1.node.sh("cat shared/note").stdout == "hello\n"
    result = vm1.containers.run(image, "cat /data/note", volumes=["$PWD/shared:/data:ro"], remove=True)
    assert result.output == "hello\n"
    assert f'docker run --rm -v "$PWD/shared:/data:ro" {image} cat /data/note\n' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("item", "flag"),
    [
        ("data:/app", "data:/app"),
        ("$PWD:/app", '"$PWD:/app"'),
        ("$PWD/my shared:/app", '"$PWD/my shared:/app"'),
        ("$PWD/$HOME:/app", '"$PWD"' + "'/$HOME:/app'"),
        ("/srv/$PWD:/app", "'/srv/$PWD:/app'"),
    ],
)
def test_only_the_current_folder_is_left_to_the_shell(item, flag):
    assert flags({"volumes": [item]}) == ["-v", flag]
