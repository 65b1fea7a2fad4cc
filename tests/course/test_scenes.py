"""What sets an exercise's scene leaves alone what is a student's, as far as that takes no engine."""

import subprocess
from types import SimpleNamespace

import pytest

import sosclib
from sosclib.course.exercises import EXERCISES, stacks


@pytest.fixture
def machine(tmp_path):
    """Give a machine that has a home and a shell, and no engine."""

    def sh(command, **how):
        return subprocess.run(command, shell=True, check=True, cwd=tmp_path, **how)

    return SimpleNamespace(sh=sh, home=tmp_path)


def test_a_database_keeps_its_password_when_its_scene_is_set_anew(machine, monkeypatch):
    """Its volume outlives `docker compose down`, and knows no other."""
    stack = SimpleNamespace(up=lambda *_, **__: None)
    monkeypatch.setattr(sosclib, "write_stack", lambda *_, **__: stack, raising=False)
    monkeypatch.setattr("sosclib.course.stacks.port_of", lambda *_: 8080)
    seen = set()
    for _ in range(2):
        exec(EXERCISES["12.1"].start, {"sosc": sosclib, "vm1": machine})
        seen.add((machine.home / stacks.PASSWORD).read_text())
    assert len(seen) == 1 and seen != {""}
