"""How the checks come to their judgement, where that takes no engine."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from sosclib.course.checks import FAILED, PASSED
from sosclib.course.exercises import own_stack, practice, registries, storage
from sosclib.course.exercises.balancing import servers
from sosclib.course.exercises.practice import installs
from sosclib.engine.convergence import Convergence
from sosclib.engine.repository import Tag
from sosclib.engine.tasks import Task


def task(id_, state="running", error=""):
    return Task(id_, "mine_page", 1, "VM2", "n2", "mypage", "running", state, 0.0, error)


def test_an_attempt_that_had_failed_before_neither_ends_the_wait_nor_counts(monkeypatch):
    """A swarm remembers it after the student has mended the file."""
    past, now = task("old", "rejected", "No such image"), task("new", "preparing")
    looks = [
        Convergence("mine_page", 1, 0, tasks=(now, past)),
        Convergence("mine_page", 1, 1, tasks=(task("new"), past)),
    ]
    monkeypatch.setattr(own_stack, "look", lambda *_: looks.pop(0))
    monkeypatch.setattr(own_stack, "LOOK", 0)
    state = own_stack.settled(None)
    assert state.there and [one.id for one in state.tasks] == ["new"]


def test_a_failure_that_comes_anew_ends_the_wait(monkeypatch):
    looks = [
        Convergence("mine_page", 1, 0, tasks=(task("old", "rejected", "No such image"),)),
        Convergence("mine_page", 1, 0, tasks=(task("new", "rejected", "No such image"),)),
    ]
    monkeypatch.setattr(own_stack, "look", lambda *_: looks.pop(0))
    monkeypatch.setattr(own_stack, "LOOK", 0)
    assert [one.id for one in own_stack.settled(None).tasks] == ["new"]


def test_what_a_swarm_has_given_up_is_told_with_its_reason(monkeypatch):
    """With `condition: none`, or after the last attempt, no task comes that could say it once more."""
    over = Convergence("mine_page", 4, 0, tasks=(task("old", "rejected", "No such image: mypage"),))
    monkeypatch.setattr(own_stack, "look", lambda *_: over)
    monkeypatch.setattr(own_stack, "LOOK", 0)
    desk = SimpleNamespace(vm2=SimpleNamespace(title="VM2"))
    result = own_stack._judge_tasks(desk, own_stack.settled(None, patience=0))
    assert result.status == FAILED and "No such image: mypage" in result.reason


@pytest.mark.parametrize(
    "instruction",
    [
        "RUN apt-get update && apt-get install -y ping",
        "RUN apt update; apt -y install ping",
        "RUN apt-get install ping",
    ],
)
def test_packages_are_installed_in_more_than_one_way(instruction):
    assert installs(instruction)


def test_what_has_another_use_installs_nothing():
    assert not installs("RUN python3 -m compileall .") and not installs("COPY adapt-install .")
    assert not installs("RUN rm -rf /var/lib/apt/lists/* && install -d /x")
    assert not installs("RUN apt-get clean && install -d /x")


def test_a_here_document_of_run_has_a_reason_of_its_own_where_it_is_done_anew(monkeypatch):
    """Nothing says that it installs packages."""

    @contextmanager
    def copy(_):
        yield "copy", lambda: SimpleNamespace(ran=ran)

    said = SimpleNamespace(check=lambda: None)
    desk = SimpleNamespace(vm1=SimpleNamespace(node=SimpleNamespace(sh=lambda _: said)))
    monkeypatch.setattr(practice, "_copy", copy)
    for instruction, words in (
        ("RUN <<END", "write it as a plain RUN"),
        ("RUN apt-get install -y ping <<END", "installs all packages again"),
    ):
        ran = [SimpleNamespace(instruction=instruction)]
        assert words in practice._judge_rebuild(desk).reason
    ran = [SimpleNamespace(instruction="COPY <<END /notes.txt")]
    assert practice._judge_rebuild(desk) is None


def test_a_servers_list_on_one_line_is_read_and_comments_are_not():
    listed = "upstream all { server 10.0.0.1:8082; server 10.0.0.1:8082; }"
    assert servers(f"# server 10.0.0.9:8082;\n{listed}\nserver {{ listen 80; }}") == ["10.0.0.1", "10.0.0.1"]


@pytest.mark.parametrize(("base", "status"), [("same", FAILED), ("another", PASSED)])
def test_where_the_registry_counts_no_layers_the_image_itself_is_compared(monkeypatch, base, status):
    desk = SimpleNamespace(
        vm1=SimpleNamespace(registry=SimpleNamespace(prefix="ada")),
        catalogue=SimpleNamespace(resolve=lambda role: role),
    )
    ids = {"ada/greeter:1.0": "same", "base": base}
    monkeypatch.setattr(registries, "pushed", lambda _: {"1.0": Tag("1.0", "sha256:0", "linux/amd64", 1)})
    monkeypatch.setattr(registries.looking, "image_id", lambda _, name: ids[name])
    assert registries.judge_push(desk).status == status


@pytest.mark.parametrize(("owner", "status"), [("1000", PASSED), ("0", FAILED)])
def test_whose_the_file_is_counts_and_not_as_whom_the_container_ran(monkeypatch, owner, status):
    """An engine without root makes root's files the student's."""
    report = {"State": {"Running": False}, "Config": {"User": ""}}
    monkeypatch.setattr(storage.looking, "container", lambda *_: report)
    said = {"stat": owner, "id": "1000", "cat": "42"}
    monkeypatch.setattr(storage, "_shell", lambda _, command: said[command.split()[0]])
    result = storage.judge_result(None)
    assert result.status == status and ("ran as root" in result.reason) == (owner == "0")
