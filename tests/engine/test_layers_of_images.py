"""What is in an image's layers: from archives made here in both layouts, and from a real engine's."""

import gzip
import hashlib
import io
import json
import tarfile

import pytest

from sosclib.engine.layers import ADDED, CHANGED, REMOVED, read_layers
from sosclib.lab.errors import ImageError, NotFound


def packed(files):
    """Return a tar archive; a content of None is a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            if content is None:
                member.type = tarfile.DIRTYPE
            elif isinstance(content, tuple):
                member.type, member.linkname = content
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    return buffer.getvalue()


LAYERS = (
    packed({"etc": None, "etc/motd": b"hi", "etc/conf": b"old", "opt/a/one": b"1" * 5, "opt/a/two": b"22"}),
    packed({"./etc/conf": b"newer", "etc/.wh.motd": b"", "srv/new": b"3" * 9}),
    packed({"opt/a/.wh..wh..opq": b"", "opt/a/two": b"2222", "srv/link": (tarfile.SYMTYPE, "new")}),
    packed({".wh.opt": b""}),
)
HISTORY = [
    {"created_by": "made of packages"},
    {"created_by": "/bin/sh -c #(nop)  ENV A=b", "empty_layer": True},
    {"created_by": "|1 X=1 /bin/sh -c apt-get update"},
    {"created_by": "RUN /bin/sh -c make all # buildkit"},
    {"created_by": "/bin/sh -c #(nop) COPY file:b4883d in /www/ "},
]


def digest(content):
    return hashlib.sha256(content).hexdigest()


def docker_layout(layers, history=HISTORY):
    names = [f"{digest(layer)}/layer.tar" for layer in layers]
    manifest = [{"Config": "c.json", "RepoTags": ["a:1"], "Layers": names}]
    files = dict(zip(names, layers, strict=True))
    return packed({**files, "c.json": config(history), "manifest.json": json.dumps(manifest).encode()})


def oci_layout(layers, history=HISTORY):
    blobs = [f"blobs/sha256/{digest(layer)}" for layer in layers]
    about = config(history)
    name = f"blobs/sha256/{digest(about)}"
    manifest = [{"Config": name, "RepoTags": ["a:1"], "Layers": blobs}]
    return packed(
        {
            "blobs": None,
            **dict(zip(blobs, layers, strict=True)),
            name: about,
            "index.json": b'{"schemaVersion": 2}',
            "manifest.json": json.dumps(manifest).encode(),
            "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        }
    )


def config(history):
    return json.dumps({"history": history}).encode()


def in_chunks(data, size=1000):
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("layout", [docker_layout, oci_layout])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_each_layer_tells_what_it_changed(layout, pack):
    found = read_layers("a:1", in_chunks(layout([pack(layer) for layer in LAYERS])))
    changes = [{(one.path, one.change, one.size) for one in layer.files} for layer in found.layers]
    assert changes == [
        {
            ("etc/motd", ADDED, 2),
            ("etc/conf", ADDED, 3),
            ("opt/a/one", ADDED, 5),
            ("opt/a/two", ADDED, 2),
        },
        {("etc/conf", CHANGED, 5), ("etc/motd", REMOVED, 0), ("srv/new", ADDED, 9)},
        {("opt/a/one", REMOVED, 0), ("opt/a/two", CHANGED, 4), ("srv/link", ADDED, 0)},
        {("opt/a/two", REMOVED, 0)},
    ]
    assert [layer.instruction for layer in found.layers] == [
        "made of packages",
        "RUN apt-get update",
        "RUN make all",
        "COPY … /www/",
    ]
    assert [layer.size for layer in found.layers] == [12, 14, 4, 0]
    assert found.size == 30
    assert found.hidden == 3 + 2 + 5 + 2 + 4
    assert found.layers[1].largest[0].path == "srv/new"
    assert [found.layers[1].count(change) for change in (ADDED, CHANGED, REMOVED)] == [1, 1, 1]


def test_a_layer_that_is_kept_once_is_found_by_its_link():
    first = LAYERS[0]
    manifest = [{"Config": "c.json", "Layers": ["one/layer.tar", "two/layer.tar"]}]
    whole = packed(
        {
            "one/layer.tar": first,
            "two/layer.tar": (tarfile.SYMTYPE, "../one/layer.tar"),
            "c.json": config([]),
            "manifest.json": json.dumps(manifest).encode(),
        }
    )
    found = read_layers("a:1", in_chunks(whole))
    assert [layer.count(CHANGED) for layer in found.layers] == [0, 4]
    assert [layer.instruction for layer in found.layers] == ["", ""]


@pytest.mark.parametrize("layout", [docker_layout, oci_layout])
def test_a_stream_that_ends_too_early_is_told(layout):
    whole = layout(list(LAYERS))
    for cut in (0, 700, len(whole) // 2):
        with pytest.raises(ImageError, match="layers of a:1 cannot be read"):
            read_layers("a:1", in_chunks(whole[:cut]))


def test_a_layer_packed_by_zstd_is_told():
    with pytest.raises(ImageError, match="zstd"):
        read_layers("a:1", in_chunks(docker_layout([b"\x28\xb5\x2f\xfd" + b"\0" * 600])))


@pytest.mark.engine
def test_layers_of_a_real_image(vm1, image, capsys):
    vm1.containers.run(image, ["sh", "-c", "echo hello > /greeting && echo x > /etc/new"], name="maker")
    vm1.containers.commit("maker", "sosc-test-layers")
    capsys.readouterr()
    found = vm1.images.layers("sosc-test-layers")
    assert capsys.readouterr().out == "student@VM1:~$ docker save sosc-test-layers | tar -tf -\n"
    assert len(found.layers) == 2
    assert {("greeting", ADDED, 6), ("etc/new", ADDED, 2)} <= {
        (one.path, one.change, one.size) for one in found.layers[1].files
    }
    assert "echo hello > /greeting" in found.layers[1].instruction
    assert "bin/bash" in {one.path for one in found.layers[0].files}
    with pytest.raises(NotFound, match="no image not-here"):
        vm1.images.layers("not-here")


@pytest.mark.parametrize(
    "manifest", [[{"Config": "c.json", "Layers": ["nowhere"]}], [{"Config": "c.json", "Layers": None}], {}, 5]
)
def test_a_manifest_that_names_what_is_not_there_is_told(manifest):
    files = {"c.json": config(HISTORY), "manifest.json": json.dumps(manifest).encode()}
    with pytest.raises(ImageError, match="layers of a:1 cannot be read"):
        read_layers("a:1", in_chunks(packed(files)))


def test_a_text_that_breaks_off_is_told():
    with pytest.raises(ImageError, match="layers of a:1 cannot be read"):
        read_layers("a:1", in_chunks(packed({"manifest.json": b'[{"Config"'})))
