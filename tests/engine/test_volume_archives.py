"""A volume's backup and its return: by the shown line, whole or not at all, and nobody else's."""

import docker.errors
import pytest

from sosclib.engine import volume_archives
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import CommandFailed, NotFound, NotOurs, SoscError

pytestmark = pytest.mark.engine


@pytest.fixture
def vm1(vm1_with_folders):
    return vm1_with_folders


def content(vm1, image, volume, file):
    return vm1.containers.run(image, f"cat /v/{file}", remove=True, volumes=[f"{volume}:/v"]).output


@pytest.fixture
def filled(vm1, tools, name):
    """Give a container that has ended and has a volume with a file in it."""
    write = ["sh", "-c", "echo kept > /app/note"]
    vm1.containers.run(tools, write, name="sosc-test-filled", volumes=[f"{name}:/app"])
    return "sosc-test-filled"


@pytest.mark.parametrize(("file", "letters"), [("a.tar", "cf"), ("a.tar.gz", "czf"), ("a.tgz", "czf")])
def test_a_backup_is_what_the_shown_line_makes(vm1, tools, filled, capsys, file, letters):
    capsys.readouterr()
    vm1.volumes.backup(filled, file, image=tools)
    line = capsys.readouterr().out.strip().partition("$ ")[2]
    assert line == (
        f'docker run --rm --volumes-from {filled} -v "$PWD:/backup" {tools}'
        f" tar {letters} /backup/{file} -C / app"
    )
    listed = vm1.node.sh(f"tar tf {file}; rm {file}").check().stdout
    assert vm1.node.sh(line).exit_code == 0
    assert vm1.node.sh(f"tar tf {file}").stdout == listed
    packed = vm1.node.sh(f"od -An -tx1 -N2 {file}").stdout.split() == ["1f", "8b"]
    assert packed == ("z" in letters)
    assert listed == "app/\napp/note\n"


def test_a_backup_is_restored_into_another_volume(vm1, tools, filled, name, capsys):
    vm1.node.sh("mkdir kept").check()
    vm1.volumes.backup(filled, "kept/a.tar.gz", image=tools)
    vm1.containers.run(tools, "true", name="sosc-test-empty", volumes=[f"{name}-2:/app", "/other"])
    with pytest.raises(SoscError, match="holds nothing for /app and /other"):
        vm1.volumes.restore("sosc-test-empty", "kept/a.tar.gz", image=tools)
    vm1.containers.remove("sosc-test-empty", volumes=True)
    vm1.containers.run(tools, "true", name="sosc-test-empty", volumes=[f"{name}-2:/app"])
    capsys.readouterr()
    vm1.volumes.restore("sosc-test-empty", "kept/a.tar.gz", image=tools)
    line = capsys.readouterr().out.strip().partition("$ ")[2]
    assert line == (
        f'docker run --rm --volumes-from sosc-test-empty -v "$PWD/kept:/backup" {tools}'
        " tar xzf /backup/a.tar.gz -C / app"
    )
    assert content(vm1, tools, f"{name}-2", "note") == "kept\n"
    assert vm1.node.sh(line).exit_code == 0


def test_a_nameless_volume_survives_its_backup(vm1, tools):
    vm1.containers.run(tools, "touch /app/note", name="sosc-test-filled", volumes=["/app"])
    vm1.volumes.backup("sosc-test-filled", "a.tar", image=tools)
    vm1.volumes.restore("sosc-test-filled", "a.tar", image=tools)
    assert len(vm1.volumes.list()) == 1


def test_a_backup_that_is_interrupted_leaves_what_was_there(vm1, tools, filled, monkeypatch):
    def interrupted(terminal, chunks):
        assert next(iter(chunks)) == b"half\n"
        patch.setattr(Terminal, "stream", whole)
        raise KeyboardInterrupt

    whole = Terminal.stream
    vm1.node.sh("mkdir kept; echo before > kept/a.tar").check()
    with monkeypatch.context() as patch:
        patch.setattr("sosclib.engine.volume_archives.WRITE", "echo half > $1.part; echo half; sleep 600")
        patch.setattr(Terminal, "stream", interrupted)
        with pytest.raises(KeyboardInterrupt):
            vm1.volumes.backup(filled, "kept/a.tar", image=tools)
    assert vm1.node.sh("ls kept; cat kept/a.tar").stdout == "a.tar\nbefore\n"
    assert list(vm1.containers.list(all=True)["NAMES"]) == [filled]


def test_a_backup_that_fails_leaves_what_was_there(vm1, tools, image, filled):
    vm1.node.sh("echo before > a.tar").check()
    with pytest.raises(CommandFailed, match="no file was written"):
        vm1.volumes.backup(filled, "a.tar", image=image)  # this image has no tar
    broken = 'tar() { echo half > "$2"; return 5; }\n'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volume_archives, "WRITE", broken + volume_archives.WRITE)
        with pytest.raises(CommandFailed, match="no file was written"):
            vm1.volumes.backup(filled, "a.tar", image=tools)
    assert vm1.node.sh("ls; cat a.tar").stdout == "a.tar\nbefore\n"


@pytest.mark.parametrize(
    ("prepare", "file", "error", "words"),
    [
        ("true", "a.tar", NotFound, "no file a.tar"),
        ("echo no > a.tar", "a.tar", SoscError, "no archive that tar can read"),
        ("tar cf a.tar.gz .", "a.tar.gz", SoscError, "no archive that tar can read"),
        ("touch x && tar cf a.tar x", "a.tar", SoscError, "holds nothing for /app"),
        ("true", "a.zip", SoscError, "does not tell what kind of archive"),
    ],
)
def test_a_restore_that_cannot_be_changes_nothing(vm1, tools, filled, name, prepare, file, error, words):
    vm1.node.sh(prepare)
    with pytest.raises(error, match=words):
        vm1.volumes.restore(filled, file, image=tools)
    assert content(vm1, tools, name, "note") == "kept\n"


def test_archives_need_a_container_with_a_volume_and_a_folder(vm1, image, tools, filled, decoys, client):
    vm1.containers.run(image, "true", name="sosc-test-bare", volumes=["$PWD:/here"])
    with pytest.raises(SoscError, match="sosc-test-bare has no volume"):
        vm1.volumes.backup("sosc-test-bare", "a.tar", image=tools)
    with pytest.raises(NotFound, match="no container sosc-test-nobody"):
        vm1.volumes.backup("sosc-test-nobody", "a.tar", image=tools)
    with pytest.raises(NotFound, match="no folder nowhere"):
        vm1.volumes.backup(filled, "nowhere/a.tar", image=tools)
    with pytest.raises(NotOurs):
        vm1.volumes.restore(decoys.ended, "a.tar", image=tools)
    assert decoys.all_there(client)
    with pytest.raises(docker.errors.NotFound):
        client.api.inspect_volume("nowhere")
