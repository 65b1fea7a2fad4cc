"""Each probe gets in where it can, and is held off by the one option that is against it."""

import socket
import uuid

import pytest

from sosclib.lab.errors import NotFound, SoscError
from sosclib.measure.probes import PROBES, probe
from tests.measure.machine import machine
from tests.true_image import image_of

pytestmark = pytest.mark.engine
ALL = [one.name for one in PROBES]
OPEN = {"security_opt": ["seccomp=unconfined"], "environment": {"DB_PASSWORD": "swordfish"}}
CLOSED = {
    "root": {"user": "1000"},
    "root file system": {"read_only": True},
    "capabilities": {"cap_drop": ["ALL"]},
    "new privileges": {"security_opt": ["seccomp=unconfined", "no-new-privileges"]},
    "system calls": {"security_opt": []},
    "processes": {"pids_limit": 20},
    "memory": {"mem_limit": "32m"},
    "engine's socket": {"volumes": []},
    "secret": {"environment": {"DB_PASSWORD_FILE": "/run/secrets/password"}},
}
"""For each probe the options that hold it off."""


@pytest.fixture(scope="module")
def image(client):
    reference = f"sosc-test-probes-{uuid.uuid4().hex[:8]}:1"
    image_of(client, reference, ("sh", "cat", "touch", "rm", "sleep", "mkdir"))
    made = client.containers.create(reference, "mkdir /usr")
    made.start()
    made.wait()
    with_usr = made.commit(*reference.split(":"))
    made.remove()
    yield with_usr.id
    client.images.remove(reference, force=True)


@pytest.fixture
def started(monkeypatch, tmp_path, image):
    """Give a function that starts a container and gives its machine; its socket leads to no engine."""
    file = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as nobody, machine(monkeypatch, tmp_path, "14-test") as vm1:
        nobody.bind(str(file))

        def start(**options):
            given = {**OPEN, "volumes": [f"{file}:/run/docker.sock"], **options}
            vm1.containers.run(image, "sleep 600", detach=True, name="sosc-test-probes", **given)
            return vm1

        yield start


def came_in(vm1):
    table = probe(vm1, "sosc-test-probes")
    assert list(table["PROBE"]) == ALL
    return set(table["PROBE"][table["GETS IN"] == "yes"])


def test_an_open_container_lets_all_of_them_in_and_nothing_is_left_in_it(started):
    vm1 = started()
    assert came_in(vm1) == set(ALL)
    changed = vm1.docker.api.diff("sosc-test-probes") or ()
    assert not [entry["Path"] for entry in changed if ".probe" in entry["Path"]]


@pytest.mark.parametrize("name", ALL)
def test_each_is_held_off_by_its_own_option_alone(started, name):
    held_off = set(ALL) - came_in(started(**CLOSED[name]))
    # Without capabilities root may still write to files of root's.
    assert held_off == {name}


def test_all_options_together_hold_all_of_them_off(started):
    options = {key: value for closed in CLOSED.values() for key, value in closed.items()}
    options["security_opt"] = ["no-new-privileges"]
    assert came_in(started(**options)) == set()


def test_one_that_does_not_run_or_is_not_there_is_told(started):
    vm1 = started()
    vm1.containers.stop("sosc-test-probes", timeout=0)
    with pytest.raises(SoscError, match="does not run"):
        probe(vm1, "sosc-test-probes")
    with pytest.raises(NotFound):
        probe(vm1, "sosc-test-nobody")
