"""What every provider of a lab promises: one suite for all of them."""

import io
import tarfile
import uuid
from contextlib import closing

import pytest

from sosclib.course.preparing import prepare
from sosclib.lab.errors import LabError, NotFound, SoscError
from sosclib.lab.host import HostLab
from sosclib.lab.lab import quiet
from sosclib.lab.registry import registry_of

MARKS = {
    "host": [pytest.mark.engine],
    "dind": [pytest.mark.engine, pytest.mark.apart, pytest.mark.dind],
    "vm": [pytest.mark.vm],
    "ssh": [pytest.mark.vm],
}
TWO = ("vm1", "vm2")
NODES = {"host": ("vm1",), "dind": TWO, "vm": TWO, "ssh": TWO}


def each_provider(names):
    return [pytest.param(name, marks=MARKS[name]) for name in names]


@pytest.fixture(scope="module")
def host_lab(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOSC_STATE", str(tmp_path_factory.mktemp("state")))
        patch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
        with closing(HostLab()) as lab:
            yield lab


@pytest.fixture(params=each_provider(NODES))
def lab(request):
    """Give a lab of each provider."""
    return request.getfixturevalue(f"{request.param}_lab")


@pytest.fixture(params=each_provider(name for name in NODES if len(NODES[name]) == 2))
def two(request):
    """Give the machines of each provider that has two."""
    return tuple(request.getfixturevalue(f"{request.param}_lab").nodes.values())


@pytest.fixture(
    params=[
        pytest.param((lab, name), id=f"{lab}-{name}", marks=MARKS[lab])
        for lab in NODES
        for name in NODES[lab]
    ]
)
def node(request):
    """Give each machine of each provider."""
    provider, name = request.param
    node = request.getfixturevalue(f"{provider}_lab").nodes[name]
    if provider == "vm":
        # On a machine as new the lab's user may not command the engine yet; a section lets him.
        prepare(node, 4, quiet)
    return node


def test_a_node_says_who_it_is(node):
    assert node.title == node.name.upper()
    assert node.private_address.count(".") == 3
    assert node.home.startswith("/")


def test_its_engine_answers_to_the_sdk_and_to_its_own_command(node):
    assert node.docker.ping()
    told = node.cli("version", "--format", "{{.Server.Version}}").check().stdout.strip()
    assert told == node.docker.version()["Version"]


def test_a_command_runs_in_the_users_home_and_its_exit_code_comes_back(node):
    assert node.sh("pwd").check().stdout.strip() == node.home
    assert node.sh("echo out; echo err >&2; exit 3").exit_code == 3
    result = node.sh("echo out; echo err >&2")
    assert (result.stdout, result.stderr) == ("out\n", "err\n")
    assert node.sh("cat", stdin="äöü\n").stdout == "äöü\n"


def test_a_command_that_takes_too_long_is_given_up(node):
    with pytest.raises(LabError, match="did not end within 1 s"):
        node.sh("sleep 5", timeout=1)


def test_lines_are_told_as_they_come(node):
    told = []
    done = node.follow("echo one; echo two; exit 4", told.append)
    assert (told, done.exit_code) == (["one", "two"], 4)


def test_files_and_folders_go_there_and_back_with_every_byte(node, tmp_path):
    name = f"sosc-test-{uuid.uuid4().hex[:8]}"
    folder = tmp_path / name
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "bytes").write_bytes(bytes(range(256)) * 100)
    node.copy_to(folder, name)
    try:
        owner = node.sh(f"stat -c %U {name}/inner/bytes; whoami").check().stdout.split()
        assert owner[0] == owner[1]
        back = tmp_path / "back"
        node.copy_from(name, back)
        assert (back / "inner" / "bytes").read_bytes() == bytes(range(256)) * 100
    finally:
        node.sh(f"rm -r {name}").check()


def test_what_cannot_be_copied_is_told(node, tmp_path):
    with pytest.raises((LabError, OSError)):
        node.copy_from("sosc-test-is-not-there", tmp_path / "x")


def test_after_a_new_login_commands_run_as_before(node):
    node.reconnect()
    assert node.sh("true").exit_code == 0


def test_each_thread_has_a_client_that_works(node):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: node.docker.ping(), range(8))) == [True] * 8


def test_an_image_travels_through_the_socket_whole(node):
    content = b"x" * 3_000_000
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("file")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    name = f"sosc-test-{uuid.uuid4().hex[:8]}"
    node.docker.api.import_image_from_data(buffer.getvalue(), repository=name, tag="1")
    try:
        exported = b"".join(node.docker.images.get(f"{name}:1").save())
        assert content[:1_000_000] in exported
    finally:
        node.docker.images.remove(f"{name}:1")


def test_the_registry_hands_out_the_courses_images_on_every_node(lab):
    registry = registry_of(lab)
    reference = registry.stock("small")
    for node in lab.nodes.values():
        client = node.docker
        there = any(reference in (image.tags or ()) for image in client.images.list())
        client.images.pull(reference)
        said = client.containers.run(reference, "echo it runs", remove=True)
        assert said == b"it runs\n"
        if not there:
            client.images.remove(reference)


def test_the_nodes_know_each_other_by_name(two):
    vm1, vm2 = two
    assert vm1.sh("getent ahostsv4 VM2").stdout.split()[0] == vm2.private_address
    assert vm2.sh("ping -c 1 -W 5 VM1").exit_code == 0
    engines = {node.docker.info()["ID"] for node in two}
    assert len(engines) == 2


def test_a_lab_says_what_it_is(lab):
    status = lab.status()
    assert status.running and status.provider == lab.provider
    assert [name.lower() for name in status.nodes] == list(lab.nodes)


def test_a_lab_whose_connections_were_given_back_can_be_used_again(lab):
    lab.close()
    assert lab.nodes["vm1"].docker.ping()
    assert lab.nodes["vm1"].sh("echo here").stdout == "here\n"


def test_a_checkpoint_that_is_not_there_cannot_be_returned_to(lab):
    with pytest.raises((LabError, NotFound, SoscError)):
        lab.reset("sosc-test-nowhere")
