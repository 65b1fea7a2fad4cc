"""A stack from up to down: what is shown is done, and it is what the command line says."""

import uuid
from dataclasses import replace

import pytest

from sosclib.engine.compose_events import StackEvents
from sosclib.engine.machine import Machine
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import SoscError
from sosclib.views.stack_live import StackView
from tests.engine.compose.stacks import PORT, containers, named

pytestmark = pytest.mark.engine


def test_a_whole_life_is_shown_as_typed_and_prints_the_same_every_time(write, vm1, capsys):
    stack = write()
    p = stack.name
    said = []
    for _ in range(2):
        stack.up(build=True, no_start=True)
        assert set(containers(vm1, stack).values()) == {"created"}
        stack.start()
        rise = stack.up(wait=True)
        assert set(containers(vm1, stack).values()) == {"running"}
        assert rise.seconds > 0
        stack.stop()
        assert set(containers(vm1, stack).values()) == {"exited"}
        stack.down(volumes=True)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    prompt = f"student@VM1:~/shop$ docker compose -p {p}"
    assert said[0].splitlines() == [
        f"{prompt} up --build --no-start",
        f" Network {p}_back  Created",
        f" Network {p}_front  Created",
        f" Volume {p}_data  Created",
        f" Container {p}-shop-1  Created",
        f" Container {p}-store-1  Created",
        f"{prompt} start",
        f" Container {p}-shop-1  Started",
        f" Container {p}-store-1  Healthy",
        f"{prompt} up -d --wait",
        f" Container {p}-shop-1  Healthy",
        f" Container {p}-store-1  Healthy",
        f"{prompt} stop",
        f" Container {p}-shop-1  Stopped",
        f" Container {p}-store-1  Stopped",
        f"{prompt} down -v",
        f" Network {p}_back  Removed",
        f" Network {p}_front  Removed",
        f" Volume {p}_data  Removed",
        f" Container {p}-shop-1  Removed",
        f" Container {p}-store-1  Removed",
    ]


def test_a_name_beside_the_file_counts_and_is_then_not_said_again(write, vm1, capsys):
    name = f"sosc-{uuid.uuid4().hex[:8]}-named"
    stack = write(files=(("word", "x"), (".env", f"COMPOSE_PROJECT_NAME={name}\n")))
    assert stack.name == name
    stack.up(no_start=True)
    assert capsys.readouterr().out.startswith("student@VM1:~/shop$ docker compose up --no-start\n")
    assert f"{name}_data" in named(vm1, "volume")


OWN_NAME = "services:\n  one:\n    image: {image}\n    command: sleep 600\n    init: true\n"


@pytest.fixture
def alone(vm1):
    """Give a machine whose engine is the course's own: its stacks have the names that Compose gives them."""
    return Machine(vm1.node, replace(vm1.ownership, exclusive=True), Terminal())


@pytest.mark.parametrize(
    ("line", "files", "front"),
    [
        ("name: {name}  # of this test", (), ""),
        ('name: "{name}"', (("compose.override.yml", "services: {}\n"),), ""),
        ("name: ${{NOT_SET:-nowhere}}", (), "-p shop "),
    ],
)
def test_a_name_in_the_file_is_the_stacks_where_the_engine_is_the_courses(
    write, vm1, alone, capsys, line, files, front
):
    name = f"test-{uuid.uuid4().hex[:8]}"
    write(f"{line.replace('{name}', name)}\n{OWN_NAME}", files=files)
    stack = alone.compose.project("shop")
    try:
        assert stack.name == ("shop" if front else name)
        stack.up(wait=True)
        assert list(stack.ps()["SERVICE"]) == ["one"]
        assert f"$ docker compose {front}up -d --wait\n" in capsys.readouterr().out
    finally:
        stack.down(volumes=True)


def test_a_stack_of_the_home_folder_is_called_as_that_is(write, vm1, capsys):
    write()
    vm1.node.sh("cp shop/* .").check()
    stack = vm1.compose.project("shop/..")
    title = vm1.node.home.rpartition("/")[2]
    assert (stack.title, stack.name) == (title, vm1.ownership.project(title))
    stack.up(no_start=True)
    assert set(containers(vm1, stack).values()) == {"created"}
    assert f"student@VM1:~$ docker compose -p {stack.name} up --no-start\n" in capsys.readouterr().out
    stack.down(volumes=True)
    assert containers(vm1, stack) == {}


def test_nobody_waits_for_a_stack_that_is_called_otherwise_by_now(write, vm1, alone):
    write(OWN_NAME)
    stack = alone.compose.project("shop")
    renamed = f"test-{uuid.uuid4().hex[:8]}"
    write(f"name: {renamed}\n{OWN_NAME}")
    try:
        with pytest.raises(SoscError, match="called otherwise"):
            stack.up(wait=True)
    finally:
        alone.compose.project("shop").down(volumes=True)


def test_up_tells_how_the_stack_came_up(write):
    rise = write().up(wait=True)
    told = [(event.service, event.what) for event in rise.events]
    assert told.index(("store", "health_status: healthy")) < told.index(("shop", "start"))
    moments = [event.seconds for event in rise.events]
    assert moments == sorted(moments) and moments[-1] <= rise.seconds


def test_a_live_picture_keeps_step_with_the_engine(write):
    stack, shown, seen = write(), [], []
    with StackView(stack, show=shown.append, live=True, watch=seen.append, period=0):
        stack.up(wait=True)
    states = [{one.name: one.state for one in stack_seen.services} for stack_seen in seen]
    assert states[0] == {"shop": "not there", "store": "not there"}
    assert {"shop": "created", "store": "starting"} in states
    assert states[-1] == {"shop": "running", "store": "healthy"}
    assert seen[-1].differences == () and len(shown) == 1 and "Nothing differs." in shown[0].value


def test_ps_is_what_the_cli_lists(write, vm1, capsys):
    stack = write()
    stack.up(wait=True)
    shown = stack.ps()
    real = vm1.node.sh(
        f"cd shop && docker compose -p {stack.name} ps --format '{{{{.Name}}}} {{{{.Service}}}}'"
    )
    assert [f"{row.NAME} {row.SERVICE}" for row in shown.itertuples()] == sorted(real.stdout.splitlines())
    assert shown["STATUS"].str.startswith("Up").all()
    stack.stop("shop")
    assert list(stack.ps()["SERVICE"]) == ["store"]
    assert list(stack.ps(all=True)["SERVICE"]) == ["shop", "store"]
    assert capsys.readouterr().out.splitlines()[-1].endswith("ps -a")


def test_logs_config_and_exec(write, vm1, capsys):
    stack = write()
    stack.up()
    capsys.readouterr()
    assert stack.exec("store", "cat /data/word").output == "sesame\n"
    assert stack.exec("store", "sh -c 'exit 3'").exit_code == 3
    config = stack.config().output
    assert vm1.node.home not in config and "~/shop/word" in config
    assert stack.exec("store", "echo $HOME; ls").output == "$HOME; ls\n"
    stack.logs("store", tail=3)
    out = capsys.readouterr().out
    assert f"docker compose -p {stack.name} exec -T store cat /data/word\nsesame\n" in out
    assert f"docker compose -p {stack.name} exec -T store echo '$HOME;' ls\n$HOME; ls\n" in out
    assert f"docker compose -p {stack.name} logs --tail 3 store\n" in out and "\x1b" not in out


def test_the_list_of_stacks_has_the_courses_only_unless_asked(write, vm1, stranger, capsys):
    stack = write()
    stack.up(no_start=True)
    listed = vm1.compose.list()
    assert listed.values.tolist() == [[stack.name, "created(2)", "~/shop/compose.yaml"]]
    assert stranger in set(vm1.compose.list(everything=True)["NAME"])
    assert "docker compose ls -a" in capsys.readouterr().out


def test_a_service_has_as_many_containers_as_asked_for(write, vm1, capsys):
    stack = write()
    stack.up(scale={"store": 3}, wait=True)
    assert stack.ps()["SERVICE"].tolist() == ["shop", "store", "store", "store"]
    assert f"docker compose -p {stack.name} up -d --scale store=3 --wait\n" in capsys.readouterr().out
    assert stack.compared().differences == ()
    vm1.docker.api.kill(f"{stack.name}-store-2")
    vm1.docker.api.wait(f"{stack.name}-store-2")
    assert stack.compared().differences == ("the service store: 2 of 3 healthy, 1 exited (137)",)
    stack.up()
    assert stack.ps()["SERVICE"].tolist() == ["shop", "store"]


def test_copies_share_a_range_of_ports(write):
    stack = write(port=f"{PORT}-{PORT + 1}")
    stack.up(scale={"shop": 2}, wait=True)
    assert stack.planned().service("shop").ports == ((f"{PORT}-{PORT + 1}", 80),)
    assert stack.compared().differences == ()


def test_work_that_is_done_and_over_is_no_failure(write):
    write("services:\n  one:\n    image: {image}\n    command: 'true'\n").up(wait=True)


def test_nobody_waits_for_events_that_have_ended(vm1):
    with StackEvents(vm1.docker.api, "no-such-stack") as events:
        pass
    limit = 60.0
    assert events.wait(limit) is None
    assert events.seconds < limit
