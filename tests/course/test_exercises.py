"""Each exercise is proven both ways: what solves it passes, what does not is told apart, with a reason."""

import base64
import re
import uuid
from dataclasses import replace

import pytest
import requests.exceptions

from sosclib.course.begin import clear, end
from sosclib.course.checks import FAILED, PASSED, UNTRIED, Task, exercise, filled
from sosclib.course.exercises import EXERCISES, balancing, microservices
from sosclib.course.exercises.own_image import (
    BUILD,
    COPY,
    FILES,
    PREPARE,
    PROGRAM,
    PUSH,
    RUN,
    WRITE_DOCKERFILE,
    program,
)
from sosclib.course.exercises.practice import BETTER, GIVEN
from sosclib.course.progress import progress
from sosclib.course.sections import find, sections
from sosclib.course.stacks import write_stack
from sosclib.course.waiting import until
from sosclib.lab.errors import EngineUnreachable, NotFound, SoscError
from sosclib.lab.host import HostLab, engine_answers
from sosclib.lab.hub import Account
from sosclib.lab.registry import registry_of
from sosclib.lab.vm.accelerator import accelerator

pytestmark = pytest.mark.engine


SWARMS = {about.id for about in sections() if about.nodes > 1 and "host" not in about.labs}
"""The sections whose exercises are tried on machines that containers play."""


def each(*values, id_, long=False):
    """Return a test's values for an exercise, with its marks."""
    marks = [pytest.mark.apart] if EXERCISES[id_].section in SWARMS else []
    return pytest.param(*values, id="-".join(values), marks=[*marks, *([pytest.mark.long] if long else [])])


ALL = [each(id_, id_=id_) for id_ in sorted(EXERCISES)]
SLOW = not engine_answers() and accelerator().name == "tcg"
"""Whether the engine is an emulated machine's: wrong answers take it more than an hour."""
MISTAKES = [
    each(id_, mistake, id_=id_, long=SLOW) for id_ in sorted(EXERCISES) for mistake in EXERCISES[id_].mistakes
]
SOCKET = re.compile(r"(?<=\")/var/run/docker\.sock(?=:)")
"""The engine's socket, where code mounts it."""


@pytest.fixture(scope="module", autouse=True)
def layers(engine, tmp_path_factory):
    """Keep the layers of the sections' images in the engine, under a name of its own: so pulls are quick."""
    if engine != "host":
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOSC_STATE", str(tmp_path_factory.mktemp("state")))
        lab = HostLab()
    client, kept = lab.nodes["vm1"].docker, f"sosc-test-kept-{uuid.uuid4().hex[:8]}"
    roles = {role for one in EXERCISES.values() for role in find(one.section).images}
    registry = registry_of(lab)
    for role in roles:
        reference = registry.stock(role)
        client.images.pull(reference).tag(kept, role)
        client.images.remove(reference)
    yield
    for role in roles:
        client.images.remove(f"{kept}:{role}")
    lab.close()


@pytest.fixture(autouse=True)
def no_way_out(engine, monkeypatch, tmp_path):
    """On this computer's own engine a file stands for its socket: attacks stay in the lab's machines."""
    if engine != "host":
        return
    file = tmp_path / "docker.sock"
    file.touch()

    def closed(code):
        return SOCKET.sub(str(file), code)

    for id_, one in EXERCISES.items():
        mistakes = {name: closed(code) for name, code in one.mistakes.items()}
        monkeypatch.setitem(EXERCISES, id_, replace(one, start=closed(one.start), mistakes=mistakes))


@pytest.fixture
def scene(lay_desk):
    """Give a function that opens an exercise's section and sets its scene."""

    def open_exercise(id_):
        about = find(EXERCISES[id_].section)
        # A build that is typed in a shell pulls what it starts from: on somebody's own engine nobody would
        # know whose that is.
        needs = () if about.nodes > 1 and about.needs_own_engines else ("base", "small", *about.images)
        desk = lay_desk(about.id, needs=tuple(dict.fromkeys(needs)))
        task = exercise(id_)
        if EXERCISES[id_].start:
            task.start()
        return desk, task

    return open_exercise


@pytest.mark.parametrize("id_", ALL)
def test_the_untouched_state_is_not_attempted(scene, id_):
    _, task = scene(id_)
    result = task.check()
    assert (result.status, bool(result.reason)) == (UNTRIED, True)
    assert id_ not in progress().solved


@pytest.mark.parametrize("id_", ALL)
def test_the_solution_passes_and_is_kept(scene, id_):
    desk, task = scene(id_)
    EXERCISES[id_].solve(desk)
    assert task.check().status == PASSED
    assert id_ in progress().solved


@pytest.mark.parametrize("id_", ALL)
def test_the_shells_way_passes_and_is_cleaned_up(scene, id_):
    desk, task = scene(id_)
    for command in filled(EXERCISES[id_].shell, desk).splitlines():
        desk.vm1.node.sh(command).check()
    result = task.check()
    assert result.status == PASSED, result.reason


@pytest.mark.parametrize(("id_", "mistake"), MISTAKES)
def test_a_wrong_answer_fails_with_a_reason(scene, id_, mistake):
    desk, task = scene(id_)
    EXERCISES[id_].perform(EXERCISES[id_].mistakes[mistake], desk)
    result = task.check()
    assert result.status == FAILED
    assert len(result.reason) > 20
    assert repr(result).startswith("✘ failed: ")


def test_the_engines_socket_is_mounted_on_a_machine_of_the_labs_own_only(scene):
    desk, _ = scene("14.1")
    shop = EXERCISES["14.1"]
    for code in ("", shop.mistakes["the socket for convenience"]):
        shop.perform(code, desk)
        (source,) = (
            mount["Source"]
            for mount in desk.vm1.containers.inspect("shop")["Mounts"]
            if mount["Source"].endswith("docker.sock")
        )
        assert source.endswith("/run/docker.sock") == (desk.lab.provider == "vm")


def test_every_exercise_has_hints_and_at_least_two_mistakes():
    for one in EXERCISES.values():
        assert len(one.hints) >= 2 and len(one.mistakes) >= 2, one.id


def test_what_was_there_before_the_section_is_neither_judged_nor_removed(lay_desk, client):
    small = lay_desk("04").catalogue.resolve("small")
    theirs = client.api.create_container(small, "sleep 600", name="sleeper")["Id"]
    try:
        desk = lay_desk("04")
        result = EXERCISES["04.1"].look(desk)
        assert result.status == UNTRIED and "left alone" in result.reason
        clear(desk)
        assert client.api.inspect_container(theirs)["Name"] == "/sleeper"
    finally:
        client.api.remove_container(theirs, force=True)


def test_a_volume_that_was_there_before_the_section_is_neither_judged_nor_removed(lay_desk, client):
    theirs = client.volumes.create("board")
    try:
        desk = lay_desk("09")
        desk.vm1.node.sh(EXERCISES["09.1"].shell.replace("{base}", desk.catalogue.resolve("base"))).check()
        result = EXERCISES["09.1"].look(desk)
        assert result.status == UNTRIED and "the volume board was here before" in result.reason
        clear(desk)
        assert client.volumes.get("board").attrs == theirs.attrs | {
            "CreatedAt": client.volumes.get("board").attrs["CreatedAt"]
        }
    finally:
        theirs.remove()


def test_a_volume_typed_in_a_shell_is_claimed_by_its_name_and_removed(lay_desk, client):
    desk = lay_desk("09")
    desk.vm1.node.sh("docker volume create board && docker volume create sosc-test-mine").check()
    try:
        EXERCISES["09.1"].look(desk)
        assert list(desk.vm1.volumes.list()["VOLUME NAME"]) == ["board"]
        assert "volume board" in clear(desk)
        assert client.volumes.get("sosc-test-mine")
    finally:
        client.volumes.get("sosc-test-mine").remove()


def test_hints_help_more_each_time_and_the_last_one_stays(lay_desk):
    lay_desk("04")
    shown = [repr(exercise("04.1").hint()) for _ in range(5)]
    assert [text.partition(".")[0] for text in shown] == [f"Hint {n} of 3" for n in (1, 2, 3, 3, 3)]


def test_a_solution_names_the_image_of_this_catalogue(lay_desk):
    desk = lay_desk("04")
    text = repr(exercise("04.1").solution())
    assert f"docker run -d --name sleeper {desk.catalogue.resolve('base')} sleep 600" in text
    assert "```" not in text and "```sh" in exercise("04.1").solution()._repr_markdown_()


@pytest.mark.parametrize("id_", ["07.1", "10.1"])
def test_a_solution_logs_in_with_the_file_where_there_is_one_and_else_asks(lay_desk, monkeypatch, id_):
    desk = lay_desk(id_.partition(".")[0])
    account = desk.vm1.registry.account
    login = f"docker login -u student --password-stdin {account.address} < .registry-password\n"
    assert login in repr(exercise(id_).solution())
    monkeypatch.setattr(desk.vm1.registry, "_account", Account("ada"))
    told = repr(exercise(id_).solution())
    assert "docker login -u ada\n" in told and "docker push ada/" in told
    assert ".registry-password" not in told


def test_a_scene_that_is_set_anew_keeps_the_port_that_the_section_chose(scene):
    desk, task = scene("16.1")
    stack = write_stack("services", web_port=18493)
    stack.down(volumes=True)
    task.start()
    ports = desk.vm1.containers.inspect(stack.container("front"))["HostConfig"]["PortBindings"]
    assert [one["HostPort"] for one in ports["8000/tcp"]] == ["18493"]


def test_an_image_is_compared_with_the_one_that_it_starts_from(scene):
    """A base that brings more than the course's own may: asked for is what comes on top of it."""
    desk, task = scene("13.1")
    tools, own = "student/tools:1.0", EXERCISES["13.1"]
    desk.vm1.node.sh("mkdir -p tools && head -c 20000000 /dev/urandom > tools/charts").check()
    python = desk.catalogue.resolve("python")
    desk.vm1.node.sh(f"printf 'FROM {python}\nCOPY charts /\n' > tools/Dockerfile").check()
    desk.vm1.images.build("tools", tag=tools)
    own.perform(own.solution.replace("FROM {python}", f"FROM {tools} AS tools\nFROM tools"), desk)
    assert task.check().status == PASSED


def test_an_unknown_exercise_and_one_of_another_section_are_told(lay_desk):
    lay_desk("04")
    with pytest.raises(NotFound, match=r"04\.1"):
        exercise("77.1")
    with pytest.raises(SoscError, match="another section"):
        exercise("05.1")


def test_a_log_that_looks_like_html_is_shown_as_text(lay_desk):
    desk = lay_desk("04")
    desk.vm1.containers.run(desk.catalogue.resolve("base"), ["echo", "<img src=x>|`b`"], name="whoami")
    shown = Task(EXERCISES["04.2"]).check()._repr_markdown_()
    assert "<img" not in shown and "&lt;img" in shown


def test_a_scene_is_set_once_and_can_be_set_anew(scene, capsys):
    desk, task = scene("06.1")
    capsys.readouterr()
    task.start()
    assert capsys.readouterr().out == "The scene is set already.\n"
    desk.vm1.containers.remove("busy", "done-1", force=True)
    assert task.check().status == FAILED
    task.start()
    assert task.check().status == UNTRIED


SPOILT = {
    "07.2": 'vm1.containers.run(sosc.image("base"), "true", name="writer")\n'
    'vm1.containers.commit("writer", f"{vm1.registry.prefix}/greeter:1.0")',
    "15.1": 'vm1.sh("rm -r analysis.tar udocker*")',
    "16.1": 'vm1.docker.api.kill(vm1.compose.project("services").container("front"))',
}
"""What takes the scene away, and leaves what was made for it."""


@pytest.mark.parametrize("id_", SPOILT)
def test_a_scene_of_which_only_the_last_part_is_left_can_be_set_anew(lay_desk, capsys, id_):
    desk = lay_desk(id_.partition(".")[0], needs=("base", "small", *find(id_.partition(".")[0]).images))
    task = exercise(id_)
    if id_ != "07.2":
        task.start()
    EXERCISES[id_].perform(SPOILT[id_], desk)
    assert not EXERCISES[id_].ready(desk)
    task.start()
    assert EXERCISES[id_].look(desk).status == UNTRIED
    capsys.readouterr()
    task.start()
    assert capsys.readouterr().out == "The scene is set already.\n"


@pytest.mark.apart
@pytest.mark.timeout(600)
@pytest.mark.parametrize("id_", ["17.1", "19.1"])
def test_a_machine_that_left_the_swarm_is_let_in_again(scene, id_):
    desk, task = scene(id_)
    desk.vm2.swarm.leave()
    until(lambda: not EXERCISES[id_].ready(desk), "VM1 to know that VM2 has left")
    task.start()
    assert EXERCISES[id_].ready(desk)
    desk.vm2.swarm.leave()
    desk.vm2.swarm.init(desk.vm2.node.private_address)
    desk.vm1.swarm.leave(force=True)
    desk.vm1.swarm.join(desk.vm2.swarm.join_token())
    task.start()
    assert desk.vm1.swarm.manager and EXERCISES[id_].ready(desk)


def test_an_engine_that_stopped_is_told_in_the_courses_words(lay_desk, monkeypatch):
    desk = lay_desk("04")

    def silent(*_, **__):
        raise requests.exceptions.ConnectionError("Connection aborted.")

    with monkeypatch.context() as patch:
        patch.setattr(desk.vm1.docker.api, "containers", silent)
        for call in (exercise("04.1").check, Task(EXERCISES["05.2"]).start, end, lambda: clear(desk)):
            with pytest.raises(EngineUnreachable):
                call()
        with pytest.raises(EngineUnreachable):
            lay_desk("04", lab=desk.lab)


@pytest.mark.parametrize(
    ("id_", "given", "better", "file"),
    [
        ("08.2", "student/site:slow", "student/site:fast", "site/Dockerfile"),
        ("13.1", GIVEN, BETTER, "monitor/Dockerfile"),
    ],
)
def test_an_image_to_compare_with_that_is_gone_is_told_and_made_anew(scene, id_, given, better, file):
    """The student's Dockerfile lies where the given one lay; it neither goes nor is what is built."""
    desk, task = scene(id_)
    desk.vm1.images.tag(desk.catalogue.resolve("base"), better)
    steps = desk.vm1.docker.api.history(given)
    desk.vm1.images.remove(given)
    desk.vm1.node.sh(f"echo FROM scratch > {file}").check()
    result = task.check()
    assert result.status == FAILED and "is gone: .start() makes it anew" in result.reason
    task.start()
    assert "is gone" not in task.check().reason
    assert desk.vm1.node.sh(f"cat {file}").stdout == "FROM scratch\n"
    assert len(desk.vm1.docker.api.history(given)) == len(steps)


@pytest.mark.parametrize(
    ("id_", "file"), [("12.1", "wordpress/compose.override.yaml"), ("16.1", "services/compose.yaml")]
)
def test_the_scene_of_a_stack_is_set_whatever_a_student_wrote(scene, id_, file):
    desk, task = scene(id_)
    desk.vm1.node.sh(f"echo 'services: [' > {file}").check()
    desk.vm1.containers.remove(filled(EXERCISES[id_].scene[-1][1], desk), force=True)
    task.start()
    assert task.check().status == UNTRIED
    assert desk.vm1.node.sh(f"cat {file}").stdout == "services: [\n"


@pytest.mark.parametrize(("id_", "name"), [("08.1", "student/saying:1.0"), ("13.1", BETTER)])
def test_an_image_without_any_command_is_told(scene, id_, name):
    desk, task = scene(id_)
    base = desk.catalogue.resolve("base")
    lines = f"FROM {base}\nCOPY saying.txt /\nCMD []"
    desk.vm1.node.sh("mkdir -p saying && echo Be brief > saying/saying.txt").check()
    desk.vm1.node.sh(f"printf '{lines}\n' > saying/Dockerfile").check()
    desk.vm1.images.build("saying", tag=name)
    result = task.check()
    assert result.status == FAILED and "ommand specified" in result.reason


CODED = base64.b64encode(PROGRAM.encode()).decode()
NOBODYS = "'USER 1000' "
INTO_IMAGE = {
    "another user": f"vm1.sh({PREPARE!r} + ' && chmod 777 results')\n"
    + program(PROGRAM, WRITE_DOCKERFILE.replace(COPY, COPY + NOBODYS))
    + BUILD,
    "a RUN": program(
        PROGRAM, WRITE_DOCKERFILE.replace(COPY, f"'RUN echo {CODED} | base64 -d > /program.py' ")
    )
    + BUILD,
    "a commit": FILES
    + 'mine = f"{vm1.registry.prefix}/mine:1.0"\n'
    + 'vm1.containers.run(sosc.image("python"), "cp /in/program.py /", name="another",'
    + ' volumes=["$PWD/mine:/in"])\n'
    + """vm1.sh(f"docker commit -c 'CMD python3 /program.py' another {mine}")\n""",
}


@pytest.mark.parametrize("way", INTO_IMAGE)
def test_a_program_may_come_into_its_image_by_any_way_and_run_as_anybody(scene, way):
    desk, task = scene("10.1")
    EXERCISES["10.1"].perform(INTO_IMAGE[way] + RUN + PUSH, desk)
    result = task.check()
    assert result.status == PASSED, result.reason


CONSTANTS = "mkdir -p own && printf 'FROM {image}\nLABEL mine=1\n' > own/Dockerfile"


@pytest.mark.parametrize(("role", "status"), [("small", PASSED), ("python", FAILED)])
def test_what_counts_is_from_what_an_image_is_made_and_not_what_it_is_called(scene, role, status):
    desk, task = scene("16.1")
    desk.vm1.node.sh(CONSTANTS.replace("{image}", desk.catalogue.resolve(role))).check()
    desk.vm1.images.build("own", tag="student/own:1")
    lines = [line.replace("{small}", "student/own:1") for line in microservices.LINES]
    if role == "python":
        lines = [
            line.replace("httpd -f -p 8000 -h /pages", "python3 -m http.server -d /pages 8000")
            for line in lines
        ]
    EXERCISES["16.1"].perform(microservices.written(*lines), desk)
    result = task.check()
    assert result.status == status, result.reason
    assert status == PASSED or "another technology" in result.reason


IN_ONE_LINE = (
    'vm1.sh("""mkdir -p swarm/weighted && cd swarm/weighted\n'
    "printf '%s\\n' 'FROM {web}' 'COPY nginx.conf /etc/nginx/nginx.conf' 'COPY up.conf /etc/' > Dockerfile\n"
    "echo 'upstream swarm_cluster {{ {servers} }}' > up.conf\n"
    "cat > nginx.conf <<'END'\n"
    + "\n".join((*balancing.LINES[:4], "include /etc/up.conf;", *balancing.LINES[8:])).replace("80;", "8085;")
    + '\nEND""")\n'
    'vm1.images.build("swarm/weighted", tag="weighted")\n'
    'vm1.containers.run("weighted", detach=True, name="weighted", ports={"8085/tcp": 8090},'
    ' restart="unless-stopped")\n'
)


@pytest.mark.apart
@pytest.mark.timeout(600)
def test_a_list_of_servers_in_a_file_of_its_own_is_read_and_any_port_inside_will_do(scene):
    desk, task = scene("18.1")
    one, two = "server {vm1}:8082", "server {vm2}:8082;"
    for listed, status in ((f"{one} weight=3; {two}", PASSED), (f"{one}; " * 3 + two, FAILED)):
        code = IN_ONE_LINE.replace("{{ {servers} }}", f"{{ {listed} }}")
        EXERCISES["18.1"].perform(code, desk)
        result = task.check()
        assert result.status == status, result.reason
        desk.vm1.containers.remove("weighted", force=True)
    assert "stands in the list 3 times" in result.reason
