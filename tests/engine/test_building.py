"""docker build by both builders: the same data, the same lines; errors that teach; strangers untouched."""

import re
import uuid

import pytest

from sosclib.engine import building_classic, building_kit
from sosclib.engine.building_state import CACHED, DONE, NOTED
from sosclib.engine.building_traces import image_ids, record_ids, remove_records
from sosclib.engine.cleaning import clean
from sosclib.engine.sizes import human_size
from sosclib.lab.errors import ImageError, NotFound, NotOurs
from tests.engine.building import put_cli, unchanged, upon, write
from tests.engine.stores import keeps_packed

pytestmark = pytest.mark.engine


@pytest.fixture(params=["classic", "BuildKit"])
def builder(request, monkeypatch, tmp_path):
    """Let the machine's CLI have BuildKit, or not."""
    if not put_cli(monkeypatch, tmp_path / "cli", request.param):
        pytest.skip("no Docker CLI with BuildKit on this computer")
    return request.param


@pytest.fixture
def lab(builder, vm1, image, client):
    """Give the machine; afterwards nothing that a build made is left, seen or unseen."""
    before = upon(client, image), record_ids(client.api)
    yield vm1
    clean(vm1, section=None)
    assert (upon(client, image), record_ids(client.api)) == before
    assert vm1.ownership.ledger.entries() == []


@pytest.fixture
def dockerfile(image):
    return "\n".join(
        [
            f"FROM {image}",
            "# a comment",
            "ENV GREETING=hello",
            "RUN echo $GREETING > /greeting && \\",
            "    seq 1000",
            "COPY index.html /www/",
            "EXPOSE 80",
            'CMD ["cat", "/www/index.html"]',
        ]
    )


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def weighs(lab, size, content):
    """Tell whether a layer is as large as its one file, with containerd's store a few whole blocks."""
    if not keeps_packed(lab.docker):
        return size == len(content)
    return len(content) < size < 64_000 and size % 4096 == 0


def states(build):
    return [step.state for step in build.steps]


def test_a_build_makes_an_image_and_tells_each_step(lab, builder, dockerfile, image, capsys):
    write(lab, dockerfile, index_html="a page")
    build = lab.images.build("web", tag="sosc-test-web")
    assert lines(capsys) == [
        "student@VM1:~$ docker build -t sosc-test-web web",
        f"[1/6] FROM {image}",
        "[2/6] ENV GREETING=hello",
        "[3/6] RUN echo $GREETING > /greeting && seq 1000",
        "[4/6] COPY index.html /www/",
        "[5/6] EXPOSE 80",
        '[6/6] CMD ["cat", "/www/index.html"]',
        "sosc-test-web:latest",
    ]
    assert states(build) == [DONE, NOTED, DONE, DONE, NOTED, NOTED]
    assert [step.line for step in build.steps] == [1, 3, 4, 6, 7, 8]
    assert build.builder == builder
    assert build.id == lab.docker.api.inspect_image("sosc-test-web")["Id"]
    run, copy = build.steps[2], build.steps[3]
    assert weighs(lab, run.size, "hello\n") and weighs(lab, copy.size, "a page")
    assert "\n999\n1000\n" in run.output
    assert build.seconds >= run.seconds > 0
    assert lab.containers.run("sosc-test-web", remove=True).output == "a page"


def test_what_the_owner_has_set_for_other_builds_does_not_count(lab, image, monkeypatch):
    monkeypatch.setenv("BUILDX_BUILDER", "nowhere")
    monkeypatch.setenv("DOCKER_DEFAULT_PLATFORM", "linux/s390x")
    write(lab, f"FROM {image}\nRUN touch /made\n")
    assert lab.images.build("web", tag="sosc-test-web").id


def test_what_has_not_changed_is_taken_from_the_cache(lab, builder, dockerfile, capsys):
    write(lab, dockerfile, index_html="one")
    first = lab.images.build("web", tag="sosc-test-web")
    again = lab.images.build("web", tag="sosc-test-web")
    assert states(again) == [DONE, NOTED, CACHED, CACHED, NOTED, NOTED]
    assert again.id == first.id
    assert [step.size for step in again.steps] == [step.size for step in first.steps]
    capsys.readouterr()
    write(lab, dockerfile, index_html="two")
    changed = lab.images.build("web", tag="sosc-test-web")
    assert states(changed) == [DONE, NOTED, CACHED, DONE, NOTED, NOTED]
    assert [step.number for step in changed.ran] == [4]
    assert lines(capsys)[3:5] == [
        "[3/6] RUN echo $GREETING > /greeting && seq 1000  (cached)",
        "[4/6] COPY index.html /www/",
    ]
    listed = lab.images.list()
    # Upon containerd's store, BuildKit keeps no image without a name.
    left = [] if builder == "BuildKit" and keeps_packed(lab.docker) else ["<none>"]
    assert sorted(listed["REPOSITORY"]) == [*left, "sosc-test-web"], "the old image has lost its name"
    assert states(lab.images.build("web", tag="sosc-test-web", no_cache=True))[2:4] == [DONE, DONE]


def test_the_command_is_shown_with_its_options(lab, image, capsys):
    write(lab, "FROM no-such-image")
    write(lab, f"FROM {image} AS one\nARG WORD\nRUN echo $WORD > /word\nFROM one\nRUN echo never\n")
    (write(lab, "FROM no-such-image") / "Other").write_text(
        f"FROM {image} AS one\nARG WORD\nRUN echo $WORD > /word\nFROM one AS two\nRUN echo never\n"
    )
    build = lab.images.build(
        "web",
        tag="sosc-test-web:2",
        dockerfile="Other",
        build_args={"WORD": "a b"},
        target="one",
        no_cache=True,
    )
    assert lines(capsys)[0] == (
        "student@VM1:~$ docker build -t sosc-test-web:2 -f web/Other --build-arg 'WORD=a b'"
        " --target one --no-cache web"
    )
    assert [step.size for step in build.steps[:2]] == [0, 0]
    assert weighs(lab, build.steps[2].size, "a b\n")
    assert build.steps[4].state == "skipped"
    assert lab.containers.run("sosc-test-web:2", "cat /word", remove=True).output == "a b\n"


def test_stages(lab, image):
    write(
        lab,
        f"FROM {image} AS made\nRUN echo 42 > /answer\nFROM {image}\nCOPY --from=made /answer /copied\n"
        "WORKDIR /here\n",
    )
    build = lab.images.build("web", tag="sosc-test-web")
    assert states(build) == [DONE] * 5
    assert lab.containers.run("sosc-test-web", "cat /copied", remove=True).output == "42\n"


def test_what_dockerignore_names_is_not_sent(lab, image):
    where = write(lab, f"FROM {image}\nCOPY . /all/\n", keep_txt="kept", secret_key="not for you")
    (where / ".dockerignore").write_text("# not into an image\n*.key\n")
    lab.images.build("web", tag="sosc-test-web")
    found = lab.containers.run("sosc-test-web", "ls /all", remove=True).output.split()
    assert found == ["Dockerfile", "keep.txt"]


BROKEN = {
    "a command that fails": (
        "RUN echo first\nRUN echo so far && \\\n  ls /nothing-here",
        ImageError,
        r"Line 3 of the Dockerfile failed \(step 3 of 3\): RUN echo so far && ls /nothing-here ended with"
        r" exit code 2\.\n.*last words were:\n(.*\n)*.*nothing-here",
    ),
    "a file that is not there": (
        "RUN echo first\nCOPY page.html /www/",
        ImageError,
        r"Line 3 of the Dockerfile asks for page\.html, and the folder web has no such file",
    ),
    "an instruction that there is not": (
        "RUNN true",
        ImageError,
        r"Line 2 .* RUNN(.*\n)*.*Did you mean RUN\?",
    ),
    "a value that cannot be": ("EXPOSE a-door", ImageError, "containerPort: a-door"),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_mistake_is_explained_and_leaves_nothing(lab, image, client, mistake):
    text, kind, message = BROKEN[mistake]
    write(lab, f"FROM {image}\n{text}\n")
    with unchanged(client, image), pytest.raises(kind, match=message):
        lab.images.build("web", tag="sosc-test-web")
    assert lab.ownership.ledger.entries() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "FROM 127.0.0.1:9/nothing:1\nRUN true\n",
            "Line 1 of the Dockerfile starts from 127.0.0.1:9/nothing:1",
        ),
        ("# only a comment\n", "The Dockerfile is empty"),
        ("FROM scratch\nCOPY nothing /\n", "Line 2 .* asks for nothing"),
    ],
)
def test_a_dockerfile_that_cannot_begin(lab, image, client, text, message):
    write(lab, text)
    with unchanged(client, image), pytest.raises(ImageError, match=message):
        lab.images.build("web", tag="sosc-test-web")


def test_a_stage_that_there_is_not(lab, image, client):
    write(lab, f"FROM {image} AS one\nRUN true\n")
    with unchanged(client, image), pytest.raises(ImageError, match=r"no stage two\.(.*\n)*.*stages are one"):
        lab.images.build("web", tag="sosc-test-web", target="two")


def test_folder_or_dockerfile_missing(lab, image, client):
    with unchanged(client, image), pytest.raises(NotFound, match="no folder nowhere on VM1"):
        lab.images.build("nowhere", tag="sosc-test-web")
    (write(lab, "") / "Dockerfile").unlink()
    with unchanged(client, image), pytest.raises(NotFound, match="folder web has no file Dockerfile"):
        lab.images.build("web", tag="sosc-test-web")
    with pytest.raises(NotFound, match="folder web has no file Containerfile"):
        lab.images.build("web", tag="sosc-test-web", dockerfile="Containerfile")


@pytest.mark.parametrize("name", ["Web", "web:", "a b", "web:two:three"])
def test_a_name_that_no_image_can_bear(lab, dockerfile, client, image, name, capsys):
    write(lab, dockerfile, index_html="a page")
    with unchanged(client, image), pytest.raises(ImageError, match="is no name for an image"):
        lab.images.build("web", tag=name)
    assert "docker build" not in capsys.readouterr().out


def test_a_failed_build_leaves_the_image_of_that_name(lab, dockerfile, image):
    write(lab, dockerfile, index_html="a page")
    good = lab.images.build("web", tag="sosc-test-web")
    write(lab, f"FROM {image}\nRUN false\n")
    with pytest.raises(ImageError, match="exit code 1"):
        lab.images.build("web", tag="sosc-test-web")
    assert lab.docker.api.inspect_image("sosc-test-web")["Id"] == good.id
    assert [step.state for step in good.steps].count(CACHED) == 0
    write(lab, dockerfile)
    assert states(lab.images.build("web", tag="sosc-test-web"))[2:4] == [CACHED, CACHED]


def test_a_strangers_name_is_not_taken(lab, dockerfile, decoys, client, image):
    write(lab, dockerfile, index_html="a page")
    with unchanged(client, image), pytest.raises(NotOurs, match="not the course's own"):
        lab.images.build("web", tag=decoys.image)
    assert decoys.all_there(client)


def test_what_a_stranger_built_is_neither_used_nor_removed(
    vm1, dockerfile, image, client, monkeypatch, tmp_path
):
    """With the classic builder; of BuildKit's cache on one engine all builds take what they find."""
    put_cli(monkeypatch, tmp_path / "cli", "classic")
    where = write(vm1, dockerfile, index_html="a page")
    theirs, _ = client.images.build(path=str(where), tag=f"stranger-{uuid.uuid4().hex[:8]}:1", rm=True)
    theirs_all = upon(client, image)
    try:
        mine = vm1.images.build("web", tag="sosc-test-web")
        assert DONE in states(mine)[2:] and CACHED not in states(mine)
        assert states(vm1.images.build("web", tag="sosc-test-web"))[2:4] == [CACHED, CACHED]
        vm1.images.remove("sosc-test-web")
        assert theirs_all <= image_ids(client.api)
        vm1.images.build("web", tag="sosc-test-web")
        vm1.system.prune(all=True)
        assert theirs_all <= image_ids(client.api)
        clean(vm1, section=None)
        assert upon(client, image) == theirs_all
    finally:
        client.images.remove(theirs.id, force=True)


def test_a_strangers_records_of_the_cache_stay(vm1, image, client, monkeypatch, tmp_path):
    if not put_cli(monkeypatch, tmp_path / "cli", "BuildKit"):
        pytest.skip("no Docker CLI with BuildKit on this computer")
    mark = uuid.uuid4().hex[:8]
    write(vm1, f"FROM {image}\nRUN echo {mark} > /theirs\n")
    before = record_ids(client.api)
    vm1.node.sh(f"DOCKER_BUILDKIT=1 docker build -t stranger-{mark}:1 web").check()
    theirs = record_ids(client.api) - before
    assert theirs
    try:
        write(vm1, f"FROM {image}\nRUN echo {mark} > /mine\n")
        vm1.images.build("web", tag="sosc-test-web")
        share = vm1.system.df().set_index("TYPE")["TOTAL"]["Build Cache"]
        whole = vm1.system.df(everything=True).set_index("TYPE")["TOTAL"]["Build Cache"]
        assert 0 < share == len(vm1.ownership.entered("cache")) <= whole - len(theirs)
        clean(vm1, section=None)
        assert theirs <= record_ids(client.api)
        assert vm1.ownership.entered("cache") == set()
    finally:
        client.images.remove(f"stranger-{mark}:1", force=True)
        remove_records(client.api, theirs)


def test_an_interrupt_before_a_build_has_begun_takes_nobodys_cache(lab, builder, dockerfile, monkeypatch):
    write(lab, dockerfile, index_html="a page")
    lab.images.build("web", tag="sosc-test-web")
    before = record_ids(lab.docker.api)

    def interrupted(*_):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(building_kit if builder == "BuildKit" else building_classic, "image_ids", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lab.images.build("web", tag="sosc-test-other")
    assert record_ids(lab.docker.api) == before
    assert lab.images.inspect("sosc-test-web")["Id"]


def test_prune_takes_the_courses_nameless_images_and_cache(lab, builder, dockerfile, decoys, client, capsys):
    write(lab, dockerfile, index_html="one")
    lab.images.build("web", tag="sosc-test-web")
    write(lab, dockerfile, index_html="two")
    lab.images.build("web", tag="sosc-test-web")
    capsys.readouterr()
    lab.system.prune()
    printed = capsys.readouterr().out
    assert list(lab.images.list()["REPOSITORY"]) == ["sosc-test-web"]
    assert ("Deleted build cache objects" in printed) == (builder == "BuildKit")
    assert lab.ownership.entered("cache") == set()
    assert decoys.all_there(client)


def test_the_watcher_sees_every_state(lab, dockerfile):
    seen = []
    lab.images._builder._watch = seen.append
    write(lab, dockerfile, index_html="a page")
    lab.images.build("web", tag="sosc-test-web")
    walked = [[state.steps[n].state for state in seen] for n in (2, 3)]
    for states_of_one in walked:
        assert list(dict.fromkeys(states_of_one)) in (["waiting", "running", "done"], ["waiting", "done"])
    assert all(step.over for step in seen[-1].steps)


def test_the_table_has_a_line_per_step(lab, dockerfile):
    write(lab, dockerfile, index_html="a page")
    build = lab.images.build("web", tag="sosc-test-web")
    table = build.table()
    assert list(table["STATE"]) == [DONE, NOTED, DONE, DONE, NOTED, NOTED]
    assert table["SIZE"][3] == human_size(build.steps[3].size, digits=3)
    assert all(re.fullmatch(r"\d+\.\d", seconds) for seconds in table["SECONDS"])


def test_a_file_that_cannot_be_read_is_told(vm1, dockerfile, monkeypatch, tmp_path):
    put_cli(monkeypatch, tmp_path / "cli", "classic")
    write(vm1, dockerfile, index_html="a page")

    def unreadable(**_):
        raise OSError("Can not read file in context: web/secret")

    monkeypatch.setattr(vm1.docker.api, "build", unreadable)
    with pytest.raises(ImageError, match="Can not read file in context"):
        vm1.images.build("web", tag="sosc-test-web")
