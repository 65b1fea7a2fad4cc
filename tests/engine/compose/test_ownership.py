"""Whose a stack is: the course's goes with all that it has, and a stranger's survives."""

import uuid

import pytest

from sosclib.engine.cleaning import clean
from sosclib.engine.compose_images import ImagesOfStack
from sosclib.engine.ownership import Ownership
from sosclib.lab.errors import NotOurs, SoscError
from tests.engine.compose.stacks import containers, named

pytestmark = pytest.mark.engine


def test_the_name_has_the_labs_in_it_only_where_the_engine_is_somebodys(vm1):
    own = Ownership("lab-1", "12", True, vm1.ownership.ledger, "engine")
    assert own.project("Word.Press") == "wordpress"
    assert (
        Ownership("lab-1", "12", False, vm1.ownership.ledger, "engine").project("a/shop") == "sosc-lab-1-shop"
    )


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
    with pytest.raises(NotOurs):
        stack.exec("web", "true")


@pytest.mark.parametrize(
    "line", ["PREFIX=decoy\nCOMPOSE_PROJECT_NAME=${{PREFIX}}{rest}\n", "COMPOSE_PROJECT_NAME=Decoy{rest}\n"]
)
def test_a_name_that_only_compose_could_make_out_is_refused(write, vm1, stranger, line):
    rest = stranger.removeprefix("decoy")
    with pytest.raises(SoscError, match="cannot be read here"):
        write(files=(("word", "x"), (".env", line.format(rest=rest))))


def test_of_two_names_the_last_counts_and_one_that_compose_does_not_see_misleads_nobody(write, stranger):
    name = f"sosc-{uuid.uuid4().hex[:8]}-last"
    stack = write(
        files=(("word", "x"), (".env", f"COMPOSE_PROJECT_NAME={name}\nCOMPOSE_PROJECT_NAME={stranger}\n"))
    )
    with pytest.raises(NotOurs):
        stack.down(volumes=True)
    # The line with another name is a part of a value, of which the guard knows nothing.
    hidden = f'COMPOSE_PROJECT_NAME={stranger}\nNOTE="\nCOMPOSE_PROJECT_NAME={name}\n"\n'
    stack = write(files=(("word", "x"), (".env", hidden)))
    stack.up(no_start=True)
    stack.down(volumes=True)


def test_a_stack_that_the_owners_environment_names_is_not_touched(write, vm1, stranger, monkeypatch):
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", stranger)
    monkeypatch.setenv("COMPOSE_FILE", "theirs.yaml")
    monkeypatch.setenv("COMPOSE_PROFILES", "theirs")
    name = f"{vm1.ownership.lab}-named"
    stack = write(files=(("word", "x"), (".env", f"COMPOSE_PROJECT_NAME={name}\n")))
    stack.up(no_start=True)
    assert set(containers(vm1, stack).values()) == {"created"}
    stack.down(volumes=True)
    assert containers(vm1, stack) == {}


def test_cleaning_up_takes_a_stack_with_all_that_it_has_and_forgets_its_name(write, vm1):
    stack = write()
    stack.up()
    assert stack.name in vm1.ownership.entered("stack")
    removed = clean(vm1, section="11-another")
    assert removed == [] and set(containers(vm1, stack).values()) == {"running"}
    removed = clean(vm1, section="04-test")
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


def test_an_image_that_somebody_else_makes_meanwhile_stays_theirs(write, vm1, image):
    theirs = f"decoy-{uuid.uuid4().hex[:8]}"
    made = vm1.docker.api.create_container(image, "true")["Id"]
    config = {"services": {"one": {"build": {"context": ".", "tags": ["mine:2"]}, "image": "mine:1"}}}
    try:
        with ImagesOfStack(vm1.docker.api, vm1.images, vm1.ownership).built(config, "shop"):
            for repository, tag in ((theirs, "1"), ("mine", "1"), ("mine", "2")):
                vm1.docker.api.commit(made, repository=repository, tag=tag, message=repository)
        assert {"mine:1", "mine:2"} < vm1.ownership.entered("image")
        clean(vm1, section=None)
        assert vm1.docker.images.get(f"{theirs}:1")
        assert not vm1.docker.images.list("mine")
    finally:
        vm1.docker.api.remove_container(made)
        vm1.docker.images.remove(f"{theirs}:1")


def test_an_image_of_somebody_elses_is_not_built_over(write, vm1, image):
    text = f"services:\n  one:\n    build: .\n    image: {image}\n"
    stack = write(text, files=(("Dockerfile", f"FROM {image}\nRUN touch /made\n"),))
    before = vm1.docker.images.get(image).id
    with pytest.raises(NotOurs, match="an image"):
        stack.up(build=True)
    assert vm1.docker.images.get(image).id == before
