"""The memory of a container is watched to its end, whichever end that is."""

import uuid

import pytest

from sosclib.lab.errors import SoscError
from sosclib.measure.memory import watch_memory
from tests.measure.machine import machine
from tests.true_image import image_of

pytestmark = pytest.mark.engine
LIMIT = 32 << 20


@pytest.fixture(scope="module")
def image(client):
    """Give the name of an image with `tail`, which keeps in memory a line until it has ended."""
    reference = f"sosc-test-memory-{uuid.uuid4().hex[:8]}:1"
    image_of(client, reference, ("sleep", "tail"))
    yield reference
    client.images.remove(reference, force=True)


@pytest.fixture
def start(monkeypatch, tmp_path, image):
    """Give a function that starts a container, and gives it with its machine."""
    with machine(monkeypatch, tmp_path, "14-test") as vm1:
        yield lambda command, **options: (vm1, vm1.containers.run(image, command, detach=True, **options))


def test_one_that_asks_for_more_than_its_limit_is_killed(start):
    vm1, container = start("tail /dev/zero", mem_limit=str(LIMIT), memswap_limit=str(LIMIT))
    trace = watch_memory(vm1, container)
    assert (trace.limit, trace.exit_code, trace.oom_killed) == (LIMIT, 137, True)
    assert (trace.samples["bytes"] <= LIMIT).all()
    assert repr(trace) == f"{container.name}: killed by the kernel for want of memory, exit code 137"


def test_one_that_asks_for_little_ends_by_itself(start):
    vm1, container = start("sleep 4")
    trace = watch_memory(vm1, container)
    assert (trace.limit, trace.exit_code, trace.oom_killed) == (0, 0, False)
    assert len(trace.samples) > 1
    assert trace.samples["seconds"].is_monotonic_increasing and trace.samples["seconds"].min() >= 0
    assert repr(trace) == f"{container.name}: ended by itself, exit code 0"


def test_one_that_does_not_end_is_watched_for_a_while_only_and_runs_on(start):
    vm1, container = start("sleep 600")
    with pytest.raises(SoscError, match="watched no longer"):
        watch_memory(vm1, container, patience=0.5)
    assert container.status == "running"
