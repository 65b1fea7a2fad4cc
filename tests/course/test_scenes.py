"""What sets an exercise's scene leaves alone what is a student's, as far as that takes no engine."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

import sosclib
from sosclib.course import checks
from sosclib.course.checks import Exercise, Task
from sosclib.course.desk import Holder
from sosclib.course.exercises import EXERCISES, stacks
from sosclib.course.files import ASIDE
from sosclib.lab.errors import CommandFailed
from sosclib.lab.host import HostNode

FILES = ("folder/given", "folder/beside")
START = """
vm1.sh("mkdir -p folder && test ! -e folder/beside && test ! -e broken").check()
vm1.sh("echo given > folder/given; cat folder/given >> seen").check()
"""


@pytest.fixture
def task(tmp_path, monkeypatch):
    """Give an exercise whose scene is a file, and whose container was lost."""
    node = HostNode(None, tmp_path)
    machine = SimpleNamespace(node=node, sh=node.sh, terminal=SimpleNamespace(quietly=nullcontext))
    holder = Holder()
    holder.put(SimpleNamespace(nodes={"vm1": machine}, vm1=machine))
    monkeypatch.setattr(checks, "HOLDER", holder)
    for name in ("claim", "note_scene", "made_in"):
        monkeypatch.setattr(checks, name, lambda *_: None)
    monkeypatch.setattr(checks, "_exists", lambda *_: False)

    def judge(_):
        pytest.fail("A scene is set without a look at what was made of it: that may take minutes.")

    scene = (("image", "given"),)
    return Task(Exercise("77.1", "", (), "", "", judge, (), start=START, scene=scene, files=FILES))


def test_what_a_student_wrote_is_neither_used_nor_lost_when_a_scene_is_set_anew(task, tmp_path, capsys):
    task.start()
    assert "Left" not in capsys.readouterr().out
    for name in FILES:
        (tmp_path / name).write_bytes(b"mine, and no UTF-8: \xe9")
    task.start()
    assert "Left as you wrote it: folder/given, folder/beside." in capsys.readouterr().out
    assert {(tmp_path / name).read_bytes() for name in FILES} == {b"mine, and no UTF-8: \xe9"}
    assert (tmp_path / "seen").read_text() == "given\ngiven\n"


def test_what_a_student_wrote_is_back_though_the_scene_cannot_be_set(task, tmp_path):
    task.start()
    (tmp_path / FILES[0]).write_text("mine")
    (tmp_path / "broken").touch()
    with pytest.raises(CommandFailed):
        task.start()
    assert (tmp_path / FILES[0]).read_text() == "mine"


def test_a_given_file_that_was_removed_is_written_anew(task, tmp_path, monkeypatch, capsys):
    task.start()
    monkeypatch.setattr(checks, "_exists", lambda *_: True)
    monkeypatch.setattr(checks, "_remove", lambda *_: None)
    capsys.readouterr()
    task.start()
    assert capsys.readouterr().out == "The scene is set already.\n"
    (tmp_path / FILES[0]).unlink()
    task.start()
    assert (tmp_path / FILES[0]).read_text() == "given\n"


def test_a_database_keeps_its_password_when_its_scene_is_set_anew(tmp_path, monkeypatch):
    """Its volume outlives `docker compose down`, and knows no other."""
    stack = SimpleNamespace(up=lambda *_, **__: None)
    monkeypatch.setattr(sosclib, "write_stack", lambda *_, **__: stack, raising=False)
    monkeypatch.setattr("sosclib.course.stacks.port_of", lambda *_: 8080)
    seen = set()
    for _ in range(2):
        exec(EXERCISES["12.1"].start, {"sosc": sosclib, "vm1": HostNode(None, tmp_path)})
        seen.add((tmp_path / stacks.PASSWORD).read_text())
    assert len(seen) == 1 and seen != {""}


def test_what_an_interrupted_start_has_set_aside_comes_back(task, tmp_path):
    task.start()
    aside = tmp_path / ASIDE / FILES[0]
    aside.parent.mkdir(parents=True)
    aside.write_text("mine")
    task.start()
    assert (tmp_path / FILES[0]).read_text() == "mine"
    assert not (tmp_path / ASIDE).exists()


def test_a_file_that_cannot_be_set_aside_is_not_written_over(task, tmp_path):
    task.start()
    (tmp_path / FILES[0]).write_text("mine")
    (tmp_path / ASIDE).write_text("in the way")
    with pytest.raises(CommandFailed):
        task.start()
    assert (tmp_path / FILES[0]).read_text() == "mine"
