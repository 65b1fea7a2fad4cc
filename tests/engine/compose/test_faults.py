"""Faults of a stack: each is told, and nothing is lost."""

import pytest

from sosclib.engine.snapshot import objects
from sosclib.lab.errors import (
    ComposeFileError,
    ImageError,
    NotFound,
    PortTaken,
    ServiceFailed,
)
from tests.engine.compose.stacks import FILE, PORT, containers, named

pytestmark = pytest.mark.engine


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
