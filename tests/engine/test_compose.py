"""Compose on the engine that answers: what is shown is done, faults are told, a stranger's stack survives."""

import subprocess
import uuid

import pytest

from sosclib.engine.cleaning import clean
from sosclib.engine.compose import Compose
from sosclib.engine.compose_cli import OLDER, PLUGIN, ComposeCli
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import PROJECT_LABEL, Ownership
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.compose_plugin import compose_plugin
from sosclib.lab.errors import (
    ComposeFileError,
    ImageError,
    LabError,
    NotFound,
    NotOurs,
    PortTaken,
    ServiceFailed,
    ToolMissing,
)
from sosclib.lab.host import HostLab

pytestmark = pytest.mark.engine

FILE = """
services:
  store:
    image: {image}
    command: sh -c 'cat /run/secrets/word > /data/word; touch /data/ready; exec sleep 600'
    init: true
    secrets: [word]
    volumes: ["data:/data"]
    networks: [back]
    healthcheck:
      test: cat /data/ready
      interval: 1s
      retries: 5
  shop:
    image: {image}
    command: sleep 600
    init: true
    depends_on:
      store:
        condition: service_healthy
    networks: [back, front]
    ports: ["{port}:80"]
networks:
  back:
  front:
volumes:
  data:
secrets:
  word:
    file: word
"""
PORT = 18473


@pytest.fixture
def vm1(engine, request, monkeypatch, tmp_path):
    """Give a machine whose folders its engine sees too; afterwards the engine holds what it held before."""
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    lab = HostLab() if engine == "host" else request.getfixturevalue("vm_lab")
    node = lab.nodes["vm1"]
    ownership = Ownership(lab.name, "12-test", False, lab.ledger, node.docker.info()["ID"])
    machine = Machine(node, ownership, Terminal())
    before = objects(node.docker)
    yield machine
    clean(machine, section=None)
    node.sh("rm -rf shop")
    left = objects(node.docker) - before
    assert not left
    assert not ownership.entered("stack")
    if engine == "host":
        lab.close()


@pytest.fixture
def write(vm1, image):
    """Give a function that writes the stack's folder, and returns its project."""

    def write_file(text=FILE, port=PORT, files=(("word", "sesame\n"),)):
        vm1.node.sh("mkdir -p shop").check()
        content = (("compose.yaml", text.format(image=image, port=port)), *files)
        for name, words in content:
            vm1.node.sh(f"cat > shop/{name}", stdin=words).check()
        return vm1.compose.project("shop")

    return write_file


def containers(vm1, project):
    found = vm1.docker.api.containers(all=True, filters={"label": f"{PROJECT_LABEL}={project.name}"})
    return {raw["Labels"]["com.docker.compose.service"]: raw["State"] for raw in found}


def named(vm1, kind):
    return {thing.name for thing in objects(vm1.docker) if thing.kind == kind}


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


def test_the_name_has_the_labs_in_it_only_where_the_engine_is_somebodys(vm1):
    own = Ownership("lab-1", "12", True, vm1.ownership.ledger, "engine")
    assert own.project("Word.Press") == "wordpress"
    assert (
        Ownership("lab-1", "12", False, vm1.ownership.ledger, "engine").project("a/shop") == "sosc-lab-1-shop"
    )


def test_up_tells_how_the_stack_came_up(write):
    rise = write().up(wait=True)
    told = [(event.service, event.what) for event in rise.events]
    assert told.index(("store", "health_status: healthy")) < told.index(("shop", "start"))
    moments = [event.seconds for event in rise.events]
    assert moments == sorted(moments) and moments[-1] <= rise.seconds


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
    stack.logs("store", tail=3)
    out = capsys.readouterr().out
    assert f"docker compose -p {stack.name} exec -T store cat /data/word\nsesame\n" in out
    assert f"docker compose -p {stack.name} logs --tail 3 store\n" in out and "\x1b" not in out


def test_the_list_of_stacks_has_the_courses_only_unless_asked(write, vm1, stranger, capsys):
    stack = write()
    stack.up(no_start=True)
    listed = vm1.compose.list()
    assert listed.values.tolist() == [[stack.name, "created(2)", "~/shop/compose.yaml"]]
    assert stranger in set(vm1.compose.list(everything=True)["NAME"])
    assert "docker compose ls -a" in capsys.readouterr().out


@pytest.fixture
def stranger(vm1, image):
    """Give the name of a stranger's stack, which is still there with all that it has at the end."""
    name = f"decoy-{uuid.uuid4().hex[:8]}"
    vm1.node.sh("mkdir -p theirs").check()
    vm1.node.sh("cat > theirs/compose.yaml", stdin=FILE.format(image=image, port=PORT + 1)).check()
    vm1.node.sh("echo x > theirs/word")
    vm1.node.provide_compose()
    vm1.node.sh(f"cd theirs && docker compose -p {name} up -d").check()
    before = {thing for thing in objects(vm1.docker) if name in thing.name}
    yield name
    try:
        assert before <= objects(vm1.docker)
        assert len(before) == 5
        running = vm1.docker.api.containers(filters={"label": f"{PROJECT_LABEL}={name}"})
        assert len(running) == 2
    finally:
        vm1.node.sh(f"cd theirs && docker compose -p {name} down -v; cd .. && rm -rf theirs")


def test_a_strangers_stack_is_neither_listed_pruned_nor_cleaned(write, vm1, stranger):
    write().up(no_start=True)
    theirs = {
        name for kind in ("container", "volume", "network") for name in named(vm1, kind) if stranger in name
    }
    assert not theirs & set(vm1.containers.list(all=True)["NAMES"])
    assert not theirs & set(vm1.volumes.list()["VOLUME NAME"])
    assert not theirs & set(vm1.networks.list()["NAME"])
    vm1.system.prune()
    vm1.volumes.prune(all=True)
    clean(vm1, section=None)


def test_a_strangers_stack_of_the_same_name_is_not_touched(write, vm1, stranger):
    stack = write(files=(("word", "x"), (".env", f"COMPOSE_PROJECT_NAME={stranger}\n")))
    for action in (stack.up, stack.start, stack.stop, stack.down):
        with pytest.raises(NotOurs, match=f"a stack {stranger} already"):
            action()


def test_cleaning_up_takes_a_stack_with_all_that_it_has_and_forgets_its_name(write, vm1):
    stack = write()
    stack.up()
    assert stack.name in vm1.ownership.entered("stack")
    removed = clean(vm1, section="11-another")
    assert removed == [] and set(containers(vm1, stack).values()) == {"running"}
    removed = clean(vm1, section="12-test")
    assert sorted(words.split()[0] for words in removed) == ["container"] * 2 + ["network"] * 2 + ["volume"]
    assert not vm1.ownership.entered("stack")


def test_a_network_that_a_strangers_container_has_joined_stays(write, vm1, image, capsys):
    stack = write()
    stack.up(no_start=True)
    theirs = vm1.docker.containers.run(
        image, "sleep 600", detach=True, network=f"{stack.name}_back", init=True
    )
    try:
        stack.down()
        assert f" Network {stack.name}_back  Resource is still in use\n" in capsys.readouterr().out
        removed = clean(vm1, section=None)
        assert f"network {stack.name}_back" not in removed
        assert vm1.docker.containers.get(theirs.id).status == "running"
        assert stack.name in vm1.ownership.entered("stack")
    finally:
        theirs.remove(force=True)


def test_a_volume_that_an_image_asks_for_is_known_as_the_courses(write, vm1, image, client):
    wants = f"sosc-test-wants-{uuid.uuid4().hex[:8]}:1"
    made = vm1.docker.api.create_container(image, "true")["Id"]
    repository, tag = wants.split(":")
    vm1.docker.api.commit(made, repository=repository, tag=tag, changes='VOLUME ["/mine"]')
    vm1.docker.api.remove_container(made)
    try:
        before = named(vm1, "volume")
        stack = write(f"services:\n  one:\n    image: {wants}\n    command: 'true'\n")
        stack.up(no_start=True)
        [nameless] = named(vm1, "volume") - before
        stack.down()
        assert nameless in named(vm1, "volume")
        assert f"volume {nameless}" in clean(vm1, section=None)
    finally:
        vm1.docker.images.remove(wants, force=True)


def test_an_image_that_is_built_is_the_courses(write, vm1, image):
    text = "services:\n  one:\n    build: .\n    command: 'true'\n"
    stack = write(text, files=(("Dockerfile", f"FROM {image}\nRUN touch /made\n"),))
    stack.up(build=True, no_start=True)
    built = f"{stack.name}-one:latest"
    assert built in vm1.ownership.entered("image")
    assert f"image {built}" in clean(vm1, section=None)


def test_an_image_of_somebody_elses_is_not_built_over(write, vm1, image):
    text = f"services:\n  one:\n    build: .\n    image: {image}\n"
    stack = write(text, files=(("Dockerfile", f"FROM {image}\nRUN touch /made\n"),))
    before = vm1.docker.images.get(image).id
    with pytest.raises(NotOurs, match="an image"):
        stack.up(build=True)
    assert vm1.docker.images.get(image).id == before


# Faults: each is told, and nothing is lost.


def test_a_folder_or_a_file_that_is_not_there(vm1):
    with pytest.raises(NotFound, match="no folder nowhere"):
        vm1.compose.project("nowhere")
    vm1.node.sh("mkdir shop").check()
    with pytest.raises(ComposeFileError, match="no compose file"):
        vm1.compose.project("shop").up()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("services:\n  one:\n  image: {image}\n   command: x\n", "does not understand"),
        ("services:\n  one:\n    imagee: {image}\n", "does not understand"),
        ("services:\n  one:\n    image: ${{NO_SUCH_IMAGE}}\n", "has no image"),
        ("services:\n  one:\n    image: {image}\n    networks: [a]\n", "uses the network a"),
        ("services:\n  one:\n    image: {image}\n    volumes: ['aa:/a']\n", "uses the volume aa"),
        ("services:\n  one:\n    image: {image}\n    secrets: [a]\n", "the secret a"),
        ("services:\n  one:\n    image: {image}\n    depends_on: [two]\n", "waits for the service two"),
    ],
)
def test_a_file_that_is_wrong_is_told_and_nothing_is_done(write, vm1, text, told):
    before = objects(vm1.docker)
    stack = write(text)
    for action in (stack.up, stack.config):
        with pytest.raises(ComposeFileError, match=told):
            action()
    assert objects(vm1.docker) == before


def test_a_secret_that_is_missing_is_named_and_the_data_stay(write, vm1):
    stack = write()
    stack.up(wait=True)
    stack.down()
    vm1.node.sh("rm -rf shop/word").check()
    with pytest.raises(NotFound, match="shop/word of a secret"):
        stack.up()
    assert f"{stack.name}_data" in named(vm1, "volume")
    vm1.node.sh("rm -rf shop/word; echo again > shop/word").check()
    stack.up(wait=True)
    assert stack.exec("store", "cat /data/word").output == "again\n"


def test_a_port_that_is_taken_is_told_and_what_runs_runs_on(write, vm1, image):
    taken = vm1.docker.containers.run(image, "sleep 600", detach=True, ports={"80/tcp": PORT + 2}, init=True)
    try:
        stack = write(port=PORT + 2)
        with pytest.raises(PortTaken, match=str(PORT + 2)):
            stack.up()
        assert containers(vm1, stack)["store"] == "running"
    finally:
        taken.remove(force=True)
    stack.up(wait=True)
    assert set(containers(vm1, stack).values()) == {"running"}


def test_an_image_that_no_registry_has_is_told_and_nothing_is_done(write, vm1):
    before = objects(vm1.docker)
    with pytest.raises(ImageError):
        write("services:\n  one:\n    image: localhost:9/nothing:1\n").up()
    assert objects(vm1.docker) == before


@pytest.mark.parametrize("wait", [False, True])
def test_a_service_that_becomes_ill_is_named_with_its_log(write, vm1, wait):
    ill = FILE.replace("touch /data/ready;", "echo I feel unwell;").replace("retries: 5", "retries: 2")
    stack = write(ill)
    with pytest.raises(ServiceFailed, match="service store is not ready") as told:
        stack.up(wait=wait)
    assert "I feel unwell" in told.value.why and "unhealthy" in told.value.why
    assert "docker compose logs store" in told.value.help
    assert f"{stack.name}_data" in named(vm1, "volume")


def test_a_service_that_ends_is_named_with_its_log_and_code(write):
    ends = "services:\n  one:\n    image: {image}\n    command: sh -c 'echo no good; sleep 1; exit 3'\n"
    ends += "    healthcheck:\n      test: 'false'\n      interval: 1s\n      retries: 1000\n"
    with pytest.raises(ServiceFailed, match="service one is not ready") as told:
        write(ends).up(wait=True)
    assert "exit code 3" in told.value.why and "no good" in told.value.why


def test_a_service_that_takes_too_long_is_named(write):
    slow = "services:\n  one:\n    image: {image}\n    command: sleep 600\n    stop_grace_period: 0s\n"
    slow += "    healthcheck:\n      test: 'false'\n      interval: 1s\n      retries: 1000\n"
    with pytest.raises(ServiceFailed, match="service one") as told:
        write(slow).up(wait=True, limit=3)
    assert "Waited 3 s." in told.value.why and "starting" in told.value.why


def test_work_that_is_done_and_over_is_no_failure(write):
    write("services:\n  one:\n    image: {image}\n    command: 'true'\n").up(wait=True)


def test_a_network_that_is_taken_away_under_a_container_comes_back(write, vm1):
    stack = write()
    stack.up(wait=True)
    vm1.networks.disconnect(f"{stack.name}_front", stack.container("shop"))
    assert stack.compared().differences == ("the service shop is not connected to front",)
    vm1.networks.remove(f"{stack.name}_front")
    assert "the network front is not there" in stack.compared().differences
    vm1.containers.remove(stack.container("shop"), force=True)
    stack.up(wait=True)
    assert stack.compared().differences == ()


# Which Compose there is.


class OnlyOlder:
    """A node whose Docker CLI has no Compose and can be given none; `docker-compose` is on its path."""

    def __init__(self, node, programs):
        self._node = node
        self._programs = programs

    def __getattr__(self, name):
        return getattr(self._node, name)

    def provide_compose(self):
        raise LabError("No plugin could be had.", help="install it")

    def sh(self, command, **options):
        return self._node.sh(f"PATH={self._programs}:$PATH; {command}", **options)

    def follow(self, command, told):
        return self._node.follow(f"PATH={self._programs}:$PATH; {command}", told)


@pytest.fixture
def older(vm1, engine, tmp_path):
    """Give a machine that has `docker-compose` only."""
    if engine != "host":
        pytest.skip("the lab's own machines have the plugin")
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "docker-compose").symlink_to(compose_plugin())
    return Machine(OnlyOlder(vm1.node, tmp_path / "programs"), vm1.ownership, Terminal())


def test_the_older_command_takes_over_with_a_notice(older, write, vm1, capsys):
    write()
    stack = older.compose.project("shop")
    stack.up()
    stack.down(volumes=True)
    out = capsys.readouterr().out
    assert out.count("Notice: VM1 has the older command `docker-compose` only") == 1
    assert f"student@VM1:~/shop$ docker-compose -p {stack.name} up -d\n" in out
    assert containers(vm1, stack) == {}


def test_without_any_compose_it_is_told_what_to_install(older, write, vm1, tmp_path):
    write()
    (tmp_path / "programs" / "docker-compose").unlink()
    if not subprocess.run(["which", "docker-compose"], capture_output=True).returncode:
        pytest.skip("docker-compose is installed here")
    with pytest.raises(ToolMissing, match="no Compose on VM1") as told:
        older.compose.project("shop").up()
    assert told.value.help == "install it"
    assert ComposeCli(vm1.node, Terminal()).words == PLUGIN != OLDER
    assert isinstance(vm1.compose, Compose)
