"""Stacks of a swarm, for real: deployed, changed, removed; what is wrong with a file is told."""

import pytest

from sosclib.course.waiting import until
from sosclib.engine.cleaning import clean
from sosclib.engine.stack_faults import stack_fault
from sosclib.lab.errors import ComposeFileError, NotFound, PortTaken, ServiceError, SwarmError
from sosclib.lab.node import CommandResult
from tests.engine.swarm.conftest import SECTION, tags

pytestmark = [pytest.mark.engine, pytest.mark.apart, pytest.mark.timeout(600)]

FILE = """\
services:
  sleeper:
    image: ${IMAGE}
    command: sleep 600
    stop_grace_period: 1s
    volumes: ["data:/data"]
    networks: [inside]
    configs: [{source: greeting, target: /greeting}]
    secrets: [word]
    deploy: {mode: global, endpoint_mode: dnsrr}
  other:
    image: ${IMAGE}
    build: .
    command: sleep 600
    stop_grace_period: 1s
    deploy: {replicas: 1, endpoint_mode: dnsrr}
networks: {inside: }
volumes: {data: }
configs: {greeting: {file: greeting.txt}}
secrets: {word: {external: true}}
"""


@pytest.fixture
def folder(swarm, small):
    """Give the manager, with a stack's files in a folder `mine`; afterwards the folder is gone."""
    vm1, _ = swarm
    write(vm1, "stack.yaml", FILE)
    write(vm1, ".env", f"IMAGE={small}\n")
    write(vm1, "greeting.txt", "hello\n")
    with vm1.terminal.quietly():
        vm1.secrets.create("word", "correct horse")
    yield vm1
    vm1.node.sh("rm -rf mine").check()


def write(vm1, file, text):
    vm1.node.sh(f"mkdir -p mine && cat > mine/{file}", stdin=text).check()


def deploy(vm1, **options):
    return vm1.stacks.deploy("mine/stack.yaml", "mine", env_file="mine/.env", **options)


def test_a_stack_comes_up_is_shown_and_goes(capsys, folder, swarm):
    vm1 = folder
    stack = deploy(vm1)
    said = capsys.readouterr().out
    assert "student@VM1:~$ (set -a; . mine/.env && docker stack deploy -c mine/stack.yaml mine)\n" in said
    assert " mine)\nIgnoring unsupported options: build\n" in said
    assert "--detach" not in said
    assert "Creating service mine_other\nCreating service mine_sleeper\n" in said
    assert said.endswith("mine_other: 1/1\nmine_sleeper: 2/2\n")
    assert vm1.stacks.list().values.tolist() == [["mine", 2]]
    assert stack.services()["NAME"].tolist() == ["mine_other", "mine_sleeper"]
    assert len(stack.ps()) == 3 and stack.replicas == {"mine_other": "1/1", "mine_sleeper": "2/2"}
    assert all("mine_data" in volumes(one) for one in swarm), "each node has a volume of its own"
    stack.remove()
    assert vm1.stacks.list().empty
    assert not vm1.docker.networks.list(names=["mine_inside"])
    assert vm1.configs.list().empty and vm1.secrets.list()["NAME"].tolist() == ["word"]
    assert "mine_data" in volumes(vm1), "what a stack has written stays"
    with pytest.raises(NotFound, match="no stack mine"):
        stack.remove()
    assert "docker stack rm mine\n" in capsys.readouterr().out


def test_a_network_that_a_task_keeps_a_moment_longer_is_removed_all_the_same(monkeypatch, capsys, folder):
    vm1, refused = folder, []
    stack, real = deploy(vm1), vm1.node.sh

    def sh(command, **options):
        if command.startswith("docker stack rm") and not refused:
            # Whether a task is that late cannot be caused for real.
            refused.append(command)
            why = "Failed to remove network mine_inside: network mine_inside is in use by task abc\n"
            return CommandResult(command, 1, "Removing network mine_inside\n", why)
        return real(command, **options)

    monkeypatch.setattr(vm1.node, "sh", sh)
    capsys.readouterr()
    stack.remove()
    assert refused and vm1.stacks.list().empty
    assert "Failed" not in capsys.readouterr().out


def volumes(machine):
    return [one.name for one in machine.docker.volumes.list()]


def test_a_stack_is_cleaned_up_on_both_machines_with_all_that_it_has(folder, swarm):
    vm1, vm2 = swarm
    deploy(vm1)
    removed = clean(vm1, section=SECTION, keep=tags(vm1))
    assert {
        "service mine_sleeper",
        "service mine_other",
        "secret word",
        "config mine_greeting",
        "volume mine_data",
        "swarm swarm",
    } <= set(removed)
    assert "volume mine_data" in clean(vm2, section=SECTION, keep=tags(vm2))
    assert not volumes(vm1) and not volumes(vm2)


def test_a_changed_file_changes_the_swarm_and_what_it_lacks_goes_if_asked(capsys, folder):
    vm1 = folder
    deploy(vm1)
    capsys.readouterr()
    short = FILE.replace("replicas: 1", "replicas: 3")
    write(vm1, "stack.yaml", short)
    assert deploy(vm1).replicas["mine_other"] == "3/3"
    assert "Updating service mine_other" in capsys.readouterr().out
    start, end = short.index("  other:"), short.index("networks: {inside")
    write(vm1, "stack.yaml", short[:start] + short[end:])
    assert "mine_other" in deploy(vm1).replicas
    assert list(deploy(vm1, prune=True).replicas) == ["mine_sleeper"]
    write(vm1, "greeting.txt", "good evening\n")
    with pytest.raises(ComposeFileError, match="config mine_greeting cannot be changed"):
        deploy(vm1)


def test_a_file_of_variables_that_is_not_there_is_told_and_nothing_is_deployed(folder):
    with pytest.raises(ComposeFileError, match=r"There is no file mine/\.envs\."):
        folder.stacks.deploy("mine/stack.yaml", "mine", env_file="mine/.envs")
    assert folder.stacks.list().empty


# An emulated machine tells late of a failure: what comes after the monitor has looked is none of the update.
PAGE = """\
services:
  page:
    image: %s
    command: %s
    stop_grace_period: 1s
    deploy: {endpoint_mode: dnsrr, update_config: {failure_action: rollback, monitor: 60s}}
"""


def test_an_update_that_the_swarm_takes_back_is_told(folder, small):
    write(folder, "stack.yaml", PAGE % (small, "sleep 600"))
    deploy(folder)
    write(folder, "stack.yaml", PAGE % (small, "'false'"))
    with pytest.raises(ServiceError, match="The update of mine_page has failed, and the swarm took it back"):
        deploy(folder)
    assert folder.stacks.replicas("mine") == {"mine_page": "1/1"}


def test_a_service_that_does_not_come_names_the_node_and_the_error(folder):
    # At an address where nobody listens: how long a name takes that cannot be found is the network's affair.
    nowhere = "127.0.0.1:9/page:1"
    write(folder, "stack.yaml", f"services: {{page: {{image: '{nowhere}', deploy: {{mode: global}}}}}}\n")

    def told():
        with pytest.raises(ServiceError, match="mine_page has 0/2 replicas") as raised:
            deploy(folder, limit=15)
        return raised.value.why

    # An emulated machine takes longer to tell.
    until(lambda: f"No such image: {nowhere}" in told(), "the error")
    assert folder.stacks.get("mine").replicas == {"mine_page": "0/2"}


WRONG = {
    "depends_on": (
        "services: {a: {image: x, depends_on: {b: {condition: service_healthy}}}, b: {image: x}}",
        "for Compose only",
    ),
    "no image": ("services: {a: {image: $NOTHING}}", "service mine_a has no image"),
    "an unknown word": ("services: {a: {image: x, colour: blue}}", "not understood"),
    "no yaml": ("services:\n a: b: c\n", "not understood"),
    "a secret that is not there": (
        "services: {a: {image: x, secrets: [lost]}}\nsecrets: {lost: {external: true}}",
        "takes lost for granted",
    ),
    "a secret that is not named": ("services: {a: {image: x, secrets: [lost]}}", "uses the secret"),
    "a network that is not named": ("services: {a: {image: x, networks: [lost]}}", "uses the network"),
    "a network that is not there": (
        "services: {a: {image: x, networks: [lost]}}\nnetworks: {lost: {external: true}}",
        "the network lost for granted",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_with_a_file_is_told(folder, wrong):
    text, what = WRONG[wrong]
    write(folder, "stack.yaml", text)
    with pytest.raises((ComposeFileError, NotFound), match=what):
        deploy(folder)
    assert folder.stacks.list().empty, "what was begun has no service"


def test_what_is_wrong_with_the_place_is_told(folder, swarm):
    vm1, vm2 = swarm
    with pytest.raises(ComposeFileError, match=r"no file nowhere\.yaml"):
        vm1.stacks.deploy("nowhere.yaml", "mine")
    vm2.node.sh("mkdir -p mine && echo 'services: {a: {image: x}}' > mine/stack.yaml").check()
    with pytest.raises(SwarmError, match="no manager"):
        vm2.stacks.deploy("mine/stack.yaml", "mine")
    vm2.node.sh("rm -rf mine").check()
    with pytest.raises(NotFound, match="no stack nothing"):
        vm1.stacks.get("nothing")


def test_what_docker_says_otherwise_is_told_as_everywhere():
    said = ["failed to create service a_b: rpc error: port '8080' is already in use by service 'web' (x)"]
    assert isinstance(stack_fault(said, "f"), PortTaken)
    assert "It said nothing" in stack_fault([], "f").why
