"""Progress survives a restart, a broken file and two writers."""

import json
import subprocess
import sys

import pytest

from sosclib.course.progress import note_finished, note_solved, progress
from sosclib.lab.paths import lab_dir


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("SOSC_STATE", str(tmp_path))


def test_nothing_done_yet():
    assert progress().finished == ()
    assert "finished" not in repr(progress())


def test_what_is_noted_is_shown_once_and_kept():
    for _ in range(2):
        note_solved("03.1")
        note_finished("03")
    assert progress().solved == ("03.1",)
    line = next(line for line in repr(progress()).splitlines() if line.startswith("03"))
    assert line.endswith("finished  03.1")
    assert json.loads((lab_dir() / "progress.json").read_text()) == {"finished": ["03"], "solved": ["03.1"]}


@pytest.mark.parametrize("text", ["", "{half", "[]"])
def test_a_spoilt_file_does_not_stop_the_course(text):
    (lab_dir() / "progress.json").write_text(text)
    assert progress().solved == ()
    note_solved("04.1")
    assert progress().solved == ("04.1",)


def test_two_writers_lose_nothing():
    code = "import sys\nfrom sosclib.course.progress import note_solved\n"
    code += "for n in range(40): note_solved(f'{sys.argv[1]}.{n}')"
    writers = [subprocess.Popen([sys.executable, "-c", code, section]) for section in ("04", "05")]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(progress().solved) == 80
