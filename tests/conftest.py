"""Which lab the tests run on, told at the start; and that no lab of a person's is touched."""

import os
import shlex
import shutil
import sys
import tempfile
from contextlib import closing

import docker
import pytest
import pytest_rerunfailures

from sosclib.engine.snapshot import objects
from sosclib.lab.host import engine_answers
from sosclib.lab.paths import lab_dir
from sosclib.lab.registry import has_registry, remove_registry
from tests import borrowed_docker

ENGINE = pytest.StashKey[bool]()
STATE = pytest.StashKey[str]()
LEFT_OUT = pytest.StashKey[list[str]]()
WITHOUT_DIND = (
    "{number} tests of machines that containers play were left out: they take an engine of this computer's."
)
WITHOUT_LONG = "{number} long tests were left out: SOSC_TESTS=all make test runs them too.\n{names}"
SLOWER = (
    "no engine answers: everything runs on virtual machines; without KVM that takes hours instead of one, and"
    " sections from 07 on run once (SOSC_TESTS=all: twice)"
)


def pytest_configure(config):
    os.environ.setdefault("SOSC_IMAGES", "offline")
    # Every test sees a lab of this run's own, with no progress, no ledger and no machine in it.
    config.stash[STATE] = tempfile.mkdtemp(prefix="sosc-tests-")
    os.environ["SOSC_STATE"] = config.stash[STATE]
    os.environ["SOSC_LAB_NAME"] = f"tests-{os.getpid()}"
    config.stash[ENGINE] = engine_answers()


def all_ends(session):
    """Return by node how fixtures end: those that the plugin holds back, and those that a second try made."""
    held, now = pytest_rerunfailures.suspended_finalizers, session._setupstate.stack
    for node in held.keys() & now.keys():
        held[node][0].extend(end for end in now[node][0] if end not in held[node][0])
    return held | {node: ends for node, ends in now.items() if node not in held}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Let what a second try made end as well: the plugin would forget it for what the first one made."""
    all_ends(item.session)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    """Let all fixtures end, also where a second try is interrupted."""
    session._setupstate.stack = all_ends(session)


def pytest_unconfigure(config):
    shutil.rmtree(config.stash[STATE], ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what cannot run here, and what takes minutes unless all is asked for."""
    reasons = {} if config.stash[ENGINE] else {"dind": WITHOUT_DIND}
    if os.environ.get("SOSC_TESTS") != "all":
        reasons["long"] = WITHOUT_LONG
    config.stash[LEFT_OUT] = []
    for mark, reason in reasons.items():
        left_out = [item for item in items if item.get_closest_marker(mark)]
        if left_out:
            items[:] = [item for item in items if item not in left_out]
            config.hook.pytest_deselected(items=left_out)
            names = "\n".join(f"  {item.nodeid}" for item in left_out)
            config.stash[LEFT_OUT].append(reason.format(number=len(left_out), names=names))


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(LEFT_OUT, ()):
        terminalreporter.write_line(line)


def pytest_report_header(config):
    found = "the Docker Engine that answers; some sections on virtual machines too (SOSC_TESTS=all: more)"
    return f"lab: {found if config.stash[ENGINE] else SLOWER}"


@pytest.fixture(scope="session")
def tell(request):
    """Give a function that tells what is going on, past the capture of output."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    capture = request.config.pluginmanager.get_plugin("capturemanager")

    def say(line):
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(f"  · {line}")
            reporter.flush()  # somebody waits for it, perhaps at the other end of a pipe

    return say


@pytest.fixture(scope="session")
def vm_lab(tell):
    """Give the run's own two virtual machines, which are gone when all is done."""
    from sosclib.lab.vm import VmLab

    name = os.environ["SOSC_LAB_NAME"]
    lab = VmLab.up(tell, name=name)
    yield lab
    lab.close()
    VmLab.destroy(name)
    shutil.rmtree(lab_dir(name), ignore_errors=True)


@pytest.fixture(scope="module")
def dind_lab(engine):
    """Give two machines that are containers of this computer's engine, gone when a file of tests is done.

    Their image is one in the engine too, and shares its base with those that others pull and remove.
    """
    from sosclib.lab.dind import DindLab

    name = f"{os.environ['SOSC_LAB_NAME']}-dind"
    lab = DindLab.up(name=name)
    yield lab
    lab.close()
    DindLab.destroy(name)
    shutil.rmtree(lab_dir(name), ignore_errors=True)


@pytest.fixture(scope="module")
def two_machines(engine, request):
    """Give two machines: containers that play them; virtual ones where this computer has no engine."""
    return request.getfixturevalue("dind_lab" if engine == "host" else "vm_lab")


@pytest.fixture(scope="session")
def engine(request):
    """See that an engine answers as the SDK finds it; give the provider of labs for one machine."""
    if request.config.stash[ENGINE]:
        return "host"
    request.getfixturevalue("borrowed_engine")
    return "vm"


@pytest.fixture(scope="session")
def no_registry_stays(engine):
    """Remove the course's registry at the end, where it was not there before."""
    with closing(docker.from_env()) as client:
        was_there = has_registry(client)
        yield
        if not was_there:
            remove_registry(client)


@pytest.fixture(scope="module", autouse=True)
def nothing_stays_in_the_engine(request):
    """Fail after a file of tests that leaves something in the engine: the next would stumble over it.

    Where this run has none of its tests of the engine, others may be at work there, and nobody looks.
    """
    if not any(of_the_engine(item) for item in request.session.items if item.path == request.path):
        yield
        return
    request.getfixturevalue("no_registry_stays")
    with closing(docker.from_env()) as client:
        before = objects(client)
        yield
        left = objects(client) - before
    assert not left, "left behind"


def of_the_engine(item):
    return item.get_closest_marker("engine") and not item.get_closest_marker("vm")


@pytest.fixture(scope="session")
def borrowed_engine(vm_lab, tmp_path_factory):
    """Let VM1's engine be this computer's: the SDK finds it, and `docker` is VM1's own CLI."""
    node = vm_lab.nodes["vm1"]
    programs = tmp_path_factory.mktemp("programs")
    client = programs / "docker"
    login = shlex.join(node.carrier.command("-T", node.carrier.destination))
    program = [sys.executable, borrowed_docker.__file__, login]
    client.write_text(f'#!/bin/sh\nexec {shlex.join(program)} "$@"\n')
    client.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", f"unix://{node.socket}")
        patch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        yield
