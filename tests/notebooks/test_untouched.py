"""The watch over this computer sees what it is there for."""

import subprocess
import sys

from sosclib.course.waiting import until
from tests.notebooks.untouched import Watch, fingerprint


def test_a_process_of_an_attack_is_seen_and_others_are_not():
    with Watch() as watch:
        until(lambda: watch.rounds > 2, "two looks")
    assert watch.seen == set()
    sleep = "import time; time.sleep(30)"
    with Watch() as watch:
        process = subprocess.Popen([sys.executable, "-c", sleep, "fork while 1"])
        until(lambda: watch.seen, "the attack to be seen")
        process.kill()
        process.wait()
    assert any(line.endswith("fork while 1 ") for line in watch.seen)


def test_a_command_that_only_talks_of_an_attack_is_none():
    words = "ssh vm1 'perl -e \"fork while 1\"'"
    with Watch() as watch:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)", words])
        before = watch.rounds
        until(lambda: watch.rounds > before + 2, "two looks more")
        process.kill()
        process.wait()
    assert watch.seen == set()


def test_a_changed_file_has_another_fingerprint(tmp_path):
    file = tmp_path / "shadow"
    assert fingerprint(file) is None
    file.write_text("one")
    first = fingerprint(file)
    file.write_text("two")
    assert fingerprint(file) != first
