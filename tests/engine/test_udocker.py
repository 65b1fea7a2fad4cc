"""udocker on a machine: what it does, what each call types, and what it says when something is wrong."""

import hashlib
import json
import os
import shutil
import tarfile
import uuid
from pathlib import Path

import pytest

from sosclib.lab.errors import ImageError, NameTaken, NotFound, SoscError, ToolMissing
from sosclib.lab.image_archive import add_file
from sosclib.lab.udocker import FILES, NAME, udocker_archive
from tests.true_image import image_of

pytestmark = pytest.mark.engine
CONFIG = ['ENV ANSWER="42"', "WORKDIR /kitchen", "USER 1234", 'CMD ["sh", "-c", "echo $ANSWER in $PWD"]']


@pytest.fixture(scope="module")
def saved(client, tmp_path_factory):
    """Give an archive of an image with some of this machine's programs, which are linked to its C library."""
    name = f"sosc-test-udocker-{uuid.uuid4().hex[:8]}"
    image_of(client, f"{name}:0", ("sh", "cat", "ls", "stat", "touch", "mv", "id", "mkdir"))
    files = (
        "mkdir /etc /kitchen /root; echo root:x:0:0::/root:/bin/sh > /etc/passwd; echo root:x:0: > /etc/group"
    )
    container = client.api.create_container(f"{name}:0", ["sh", "-c", files])["Id"]
    client.api.start(container)
    assert client.api.wait(container)["StatusCode"] == 0
    client.api.commit(container, repository=name, tag="1.0", changes=CONFIG)
    client.api.remove_container(container)
    target = tmp_path_factory.mktemp("saved") / "image.tar"
    target.write_bytes(b"".join(client.api.get_image(f"{name}:1.0")))
    for tag in ("1.0", "0"):
        client.images.remove(f"{name}:{tag}", force=True)
    return target


@pytest.fixture
def udocker(vm1, saved, tmp_path, monkeypatch):
    """Give udocker with that image and a container of it; the user's home is a folder that stays empty."""
    vm1.copy_to(udocker_archive(), NAME)
    home = tmp_path / "somebody"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    vm1.node.sh(f"tar -xzf {NAME}").check()
    vm1.copy_to(saved, "image.tar")
    vm1.udocker.install()
    vm1.udocker.load("image.tar", "pot")
    vm1.udocker.create("pot:1.0", "box")
    yield vm1.udocker
    assert not list(home.iterdir()), "a user's own ~/.udocker is not for the course to touch"


@pytest.fixture
def repo(vm1):
    return Path(vm1.node.home) / FILES / "repo"


def last(vm1):
    return vm1.terminal.steps[-1].command


def test_an_image_is_loaded_created_and_listed(udocker, vm1, repo):
    assert "pot:1.0" in udocker.images().stdout
    listed = udocker.ps().stdout
    assert last(vm1) == "./udocker ps -m -s"
    assert "P1" in listed and "['box']" in listed and "pot:1.0" in listed
    assert Path(udocker.root("box")).parent.parent == repo / "containers"


def test_metadata_of_the_image_are_honoured_and_can_be_overruled(udocker, vm1):
    assert udocker.run("box").stdout == "42 in /kitchen\n"
    assert udocker.run("box", environment={"ANSWER": "a b"}, working_dir="/").stdout == "a b in /\n"
    assert last(vm1) == "./udocker run --nobanner --workdir=/ --env='ANSWER=a b' box"
    assert udocker.run("box", "id -u").stdout == "1234\n"
    assert udocker.run("box", "id -u", user="root").stdout == "0\n"


def test_what_is_written_into_a_volume_is_ones_own(udocker, vm1):
    vm1.node.sh("mkdir out").check()
    udocker.run("box", ["sh", "-c", "echo $ANSWER > /out/it; id -u"], user="root", volumes=["$PWD/out:/out"])
    assert last(vm1).startswith('./udocker run --nobanner --user=root -v "$PWD/out:/out" box sh -c ')
    written = Path(vm1.node.home) / "out" / "it"
    assert (written.read_text(), written.stat().st_uid) == ("42\n", os.getuid())


def test_a_command_keeps_its_exit_code(udocker):
    assert udocker.run("box", ["sh", "-c", "exit 3"]).exit_code == 3


def test_calls_that_proot_does_not_know_never_reach_the_machines_own_files(udocker, vm1):
    mark = f"/tmp/{uuid.uuid4().hex}"
    Path(mark).write_text("the machine's")
    try:
        assert "No such file" in udocker.run("box", f"stat {mark}").stderr
        script = "mkdir -p /tmp; echo inside > /a && mv /a /b && ls -l /b && stat -c %s /b && test -x /bin/ls"
        done = udocker.run("box", ["sh", "-c", script], user="root")
        assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "7"), done.stderr
        assert "denied" in udocker.run("box", ["sh", "-c", f"ls {mark} || echo denied"]).stdout
    finally:
        Path(mark).unlink()


def test_files_go_out_and_in_again_without_what_is_no_file(udocker, vm1):
    udocker.run("box", "touch /kitchen/mine", user="root")
    udocker.export("box", "box.tar")
    udocker.import_("box.tar", "flat:1")
    udocker.create("flat:1", "again")
    assert udocker.run("again", "ls /kitchen").stdout == "mine\n"
    assert '"Cmd": null' in udocker.inspect("flat:1").stdout
    udocker.rm("again", "box")
    udocker.rmi("flat:1")
    assert "flat" not in udocker.images().stdout and "box" not in udocker.ps().stdout


def test_an_image_without_groups_is_told_where_udocker_stumbles_and_runs_with_the_machines(udocker, vm1):
    vm1.node.sh(f"tar -cf bare.tar -C {udocker.root('box')} bin lib lib64").check()
    udocker.import_("bare.tar", "bare:1")
    udocker.create("bare:1", "bare")
    if os.getgroups():
        assert not udocker.run("bare", "true").exit_code
    else:
        with pytest.raises(ImageError, match="/etc/group") as told:
            udocker.run("bare", "true")
        assert "-v /etc/group:/etc/group" in told.value.help
    lent = udocker.run("bare", ["sh", "-c", "echo here"], working_dir="/", volumes=["/etc/group:/etc/group"])
    assert lent.stdout == "here\n"


def test_a_working_folder_that_is_not_there_is_told(udocker):
    with pytest.raises(ImageError, match="work in /nowhere"):
        udocker.run("box", "true", working_dir="/nowhere")


def test_a_folder_that_is_not_there_is_told(udocker):
    with pytest.raises(NotFound, match="no folder /no/such/folder"):
        udocker.run("box", volumes=["/no/such/folder:/out"])


def test_modes_are_tried_and_told_with_their_reason(udocker):
    modes = udocker.modes("box").set_index("MODE")
    assert list(modes.loc[["P1", "P2"], "WORKS"]) == ["yes", "yes"]
    assert "libfakechroot" in modes.loc["F1", "WHY NOT"]
    assert all(
        bool(why) == (works != "yes") for works, why in zip(modes["WORKS"], modes["WHY NOT"], strict=True)
    )
    assert udocker.run("box").exit_code == 0


def oci(saved, folder):
    """Write an archive in OCI's layout, as engines from version 25 on do."""
    with tarfile.open(saved) as source:
        entry = json.load(source.extractfile("manifest.json"))[0]
        config = source.extractfile(entry["Config"]).read()
        layers = [source.extractfile(name).read() for name in entry["Layers"]]
    blobs = {}

    def blob(content, media):
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {
            "mediaType": f"application/vnd.oci.image.{media}",
            "digest": f"sha256:{digest}",
            "size": len(content),
        }

    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob(config, "config.v1+json"),
        "layers": [blob(layer, "layer.v1.tar") for layer in layers],
    }
    about = blob(json.dumps(manifest).encode(), "manifest.v1+json")
    about["annotations"] = {"org.opencontainers.image.ref.name": "2.0"}
    target = Path(folder) / "oci.tar"
    with tarfile.open(target, "w") as archive:
        add_file(archive, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        add_file(archive, "index.json", json.dumps({"schemaVersion": 2, "manifests": [about]}).encode())
        for name, content in blobs.items():
            add_file(archive, name, content)


def test_an_archive_of_a_newer_engine_needs_a_name(udocker, vm1, saved):
    oci(saved, vm1.node.home)
    with pytest.raises(ImageError, match="would make up a name"):
        udocker.load("oci.tar")
    assert "new/pot:2.0" in udocker.load("oci.tar", "new/pot").stdout
    udocker.create("new/pot:2.0", "new")
    assert udocker.run("new").stdout == "42 in /kitchen\n"


def test_what_is_no_archive_is_told(udocker, vm1):
    (Path(vm1.node.home) / "text.tar").write_text("no archive")
    udocker.export("box", "files.tar")
    for wrong in ("text.tar", "files.tar"):
        with pytest.raises(ImageError, match="no image in that file"):
            udocker.load(wrong, "wrong")
    with pytest.raises(NotFound, match=r"no file nothing\.tar on VM1"):
        udocker.load("nothing.tar", "wrong")
    with pytest.raises(NotFound, match=r"no file nothing\.tar on VM1"):
        udocker.import_("nothing.tar", "wrong:1")


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda udocker: udocker.create("nosuch:1", "new"), NotFound),
        (lambda udocker: udocker.inspect("nosuch"), NotFound),
        (lambda udocker: udocker.export("nosuch", "x.tar"), NotFound),
        (lambda udocker: udocker.rm("nosuch"), NotFound),
        (lambda udocker: udocker.rmi("nosuch"), NotFound),
        (lambda udocker: udocker.create("pot:1.0", "box"), NameTaken),
        (lambda udocker: udocker.setup("box", "Z9"), SoscError),
        (lambda udocker: udocker.pull("student/nosuch:1", registry="localhost:9"), ImageError),
    ],
)
def test_what_udocker_does_not_know_is_told_with_what_helps(udocker, call, kind):
    with pytest.raises(kind) as told:
        call(udocker)
    assert type(told.value) is kind and told.value.why.startswith("Error: ") and told.value.help


def test_a_program_that_speaks_like_udocker_is_not_taken_for_it(udocker):
    assert udocker.run("box", ["sh", "-c", "echo image not found; exit 1"]).exit_code == 1


def test_without_proot_it_is_said_and_mended_and_nothing_is_lost(udocker, repo):
    (repo / "bin" / "proot").unlink()
    with pytest.raises(ToolMissing, match="no PRoot") as told:
        udocker.run("box")
    assert "install --force" in told.value.help
    udocker.install(force=True)
    assert udocker.run("box").stdout == "42 in /kitchen\n"


def test_without_udocker_it_is_said_how_it_comes_there(vm1):
    with pytest.raises(ToolMissing, match="not on VM1") as told:
        vm1.udocker.images()
    assert "udocker_archive" in told.value.help


def test_with_the_script_alone_it_is_said_too(udocker, vm1):
    shutil.rmtree(Path(vm1.node.home) / FILES / "lib")
    with pytest.raises(ToolMissing, match="Only the script"):
        udocker.images()


def test_a_password_stands_in_no_command_line_that_is_shown(udocker, vm1, capsys):
    (Path(vm1.node.home) / "secret").write_text("open-sesame")
    udocker.login("student", "secret", "localhost:5001")
    assert last(vm1).endswith('--password="$(cat secret)" --registry=http://localhost:5001')
    assert "open-sesame" not in capsys.readouterr().out
