"""The exercise of section 13: an image that works and is bad in every other respect."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from string import Template
from typing import Any

import docker.errors

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.engine.building_state import Build
from sosclib.engine.credentials import credentials
from sosclib.engine.dockerfile import HEREDOC, Dockerfile, parse
from sosclib.engine.sizes import human_size
from sosclib.engine.words import split_name
from sosclib.lab.errors import NotFound, SoscError
from sosclib.measure.stopping import KILLED, stops

FOLDER, DOCKERFILE, PROGRAM = "monitor", "monitor/Dockerfile", "monitor.py"
GIVEN, BETTER, NO_TAG = "student/monitor:given", "student/monitor:1.0", "student/monitor:latest"
SAYS = "127.0.0.1 answers"
ROOM = 5_000_000
"""Bytes that the image may be larger than the one that it starts from."""
PATIENCE, SPEED_UP = 4, 2
"""Seconds until a stop becomes a kill, and how many times as fast as the given one it has to be."""
FIRST_WORD = 60
"""Seconds that a container has to say something."""
INSTALLS = re.compile(r"\bapt(-get)?\s+([^&;|]*\s)?install\b")

START = """
sosc.handout("practice/monitor")
vm1.sh("head -c 20000000 /dev/zero > monitor/last-year.log")
vm1.images.build("monitor", tag="student/monitor:given")
"""


def dockerfile(*lines: str, tag: str = BETTER, base: str = "{python}") -> str:
    """Return the code that writes a Dockerfile behind its first line, and builds an image from it."""
    text = "\n".join(lines)
    return f'''vm1.sh("""cat > monitor/Dockerfile <<'END'
FROM {base}
WORKDIR /monitor
{text}
END""")
vm1.images.build("monitor", tag="{tag}")
'''


PACKAGES = "COPY packages.txt ."
INSTALL = r"""RUN apt-get update \\
    && apt-get install -y --no-install-recommends $(cat packages.txt) \\
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin"""
COPY, USER = "COPY monitor.py .", "USER 65534"
COMMAND = 'CMD ["python3", "monitor.py", "127.0.0.1"]'
SOLUTION = (PACKAGES, INSTALL, COPY, USER, COMMAND)
SHELL = """printf '%s\\n' 'FROM {python}' 'WORKDIR /monitor' 'COPY packages.txt .' > monitor/Dockerfile
printf '%s' 'RUN apt-get update && apt-get install -y $(cat packages.txt)' >> monitor/Dockerfile
printf '%s\\n' ' && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin' >> monitor/Dockerfile
printf '%s\\n' 'COPY monitor.py .' 'USER 65534' >> monitor/Dockerfile
printf '%s\\n' 'CMD ["python3", "monitor.py", "127.0.0.1"]' >> monitor/Dockerfile
docker build -t student/monitor:1.0 monitor"""


def judge(desk: Desk) -> Result:
    """Does the better image do the same job, and is it better in all that was asked for."""
    if looking.image_id(desk, BETTER) is None:
        if looking.image_id(desk, NO_TAG):
            return failed(
                f"there is {NO_TAG}: without a tag the builder takes latest, which tells nobody what it is;"
                f" wanted is {BETTER}"
            )
        if looking.image_id(desk, GIVEN) is None:
            return untried("the scene is not set: call .start() first")
        return untried(f"there is no image {BETTER} yet; {GIVEN} is the one to improve")
    if looking.image_id(desk, GIVEN) is None:
        return failed(f"{GIVEN}, with which {BETTER} is compared, is gone: .start() makes it anew")
    return (
        _judge_base(desk)
        or _judge_job(desk)
        or _judge_stop(desk)
        or _judge_size(desk)
        or _judge_rebuild(desk)
        or passed("small, quick to build and to stop, not root, and still at work: that is good practice")
    )


def _judge_base(desk: Desk) -> Result | None:
    """See whether the Dockerfile says which version it starts from."""
    text = desk.vm1.node.sh(f"cat {DOCKERFILE}")
    if text.exit_code:
        return failed(
            f"there is no {DOCKERFILE} any more, and an image without its recipe cannot be mended;"
            " .start() writes the given one anew"
        )
    try:
        recipe = parse(text.stdout)
    except SoscError as error:
        return failed(f"{DOCKERFILE} cannot be read: {error.what}")
    for stage in recipe.stages:
        if recipe.names_image(stage) and "@" not in stage.base and split_name(stage.base)[1] == "latest":
            return failed(
                f"line {stage.line} of {DOCKERFILE} starts from {stage.base} without a version: tomorrow that"
                " may be another image; name a tag or a digest"
            )
    return None


def _judge_job(desk: Desk) -> Result | None:
    """Start a container, and see that it says what it should, and as whom."""
    api: Any = desk.vm1.docker.api
    container = ""
    try:
        # An image that knows no command is refused already here.
        container = api.create_container(BETTER, labels=desk.vm1.ownership.labels())["Id"]
        api.start(container)
        said = _first_line(api, container)
        if said != SAYS:
            return failed(f"a container of {BETTER} says “{said[-120:]}”; its work is to say “{SAYS}”")
        asked = api.exec_create(container, ["id", "-u"])["Id"]
        if api.exec_start(asked).decode().strip() == "0":
            return failed(
                f"{BETTER} works as root, and need not: which instruction says as whom a container runs?"
            )
    except docker.errors.APIError as error:
        return failed(f"a container of {BETTER} cannot start: {error.explanation}")
    finally:
        if container:
            api.remove_container(container, force=True, v=True)
    return None


def _judge_stop(desk: Desk) -> Result | None:
    """Stop the given one and the better one in turn, and compare."""
    measured = stops(desk.vm1, {GIVEN: GIVEN, BETTER: BETTER}, repeats=1, patience=PATIENCE)
    ending = measured.endings[-1]
    if KILLED in ending.exit_codes:
        return failed(
            f"docker stop has to kill it, exit code {KILLED}: its first process is `{ending.first_process}`,"
            " and the request to end never reaches the program"
        )
    if measured.timings.ratio(GIVEN, BETTER) < SPEED_UP:
        return failed(f"it does not stop {SPEED_UP} times as fast as {GIVEN}")
    return None


def _judge_size(desk: Desk) -> Result | None:
    """Compare its size with that of the image that it starts from."""
    start = _base(parse(desk.vm1.node.sh(f"cat {DOCKERFILE}").stdout))
    size: int = desk.vm1.images.inspect(BETTER)["Size"]
    try:
        base = _size(desk, start) if start else 0
    except SoscError as error:
        return failed(f"{start}, from which {DOCKERFILE} starts, is not to be had: {error.what}")
    if size - base <= ROOM:
        return None
    layers = looking.layers(desk, BETTER)
    gone = (
        f"; {human_size(layers.hidden, 3)} of it are hidden by later layers"
        if layers.hidden > ROOM / 2
        else ""
    )
    return failed(
        f"it is {human_size(size - base, 3)} larger than the image that it starts from, and"
        f" {human_size(ROOM)} have to be enough{gone}: what is in it that the program does not need?"
    )


def _base(recipe: Dockerfile) -> str:
    """Return the image from which the last stage starts, by way of other stages or not; empty for none."""
    head = recipe.stages[-1]
    while not recipe.names_image(head):
        if head.base == "scratch":
            return ""
        head = recipe.stages[recipe.stage_named(head.base)]
    given = [one.value.partition("=") for one in recipe.instructions if one.stage < 0 and one.word == "ARG"]
    return Template(head.base).safe_substitute({name: value for name, _, value in given})


def _size(desk: Desk, reference: str) -> int:
    """Return the size of an image, which BuildKit may have fetched for itself alone."""
    try:
        about = desk.vm1.images.inspect(reference)
    except NotFound:
        with looking.pulled(desk, reference, credentials(desk.vm1.node, reference)):
            about = desk.vm1.images.inspect(reference)
    return int(about["Size"])


def _judge_rebuild(desk: Desk) -> Result | None:
    """Change the program in a copy of the folder, and see whether that installs the packages again."""
    try:
        with _copy(desk) as (folder, build):
            build()
            desk.vm1.node.sh(f"echo '# one line more' >> {folder}/{PROGRAM}").check()
            ran = build().ran
    except SoscError as error:
        return failed(f"the folder {FOLDER} as it is now cannot be built: {error.what}")
    if any(installs(step.instruction) for step in ran):
        return failed(
            f"one line more in {PROGRAM}, and the next build installs all packages again: what stands above"
            " that step, and does the step need it?"
        )
    if any(hides(step.instruction) for step in ran):
        return failed(
            f"one line more in {PROGRAM}, and the next build does a here-document of RUN anew; what that does"
            " cannot be seen: write it as a plain RUN"
        )
    return None


def installs(instruction: str) -> bool:
    """Tell whether an instruction installs packages, as far as it can be seen."""
    return bool(INSTALLS.search(instruction))


def hides(instruction: str) -> bool:
    """Tell whether what an instruction runs stands in a here-document, where it is not seen."""
    return instruction.startswith("RUN ") and bool(HEREDOC.search(instruction))


@contextmanager
def _copy(desk: Desk) -> Iterator[tuple[str, Callable[[], Build]]]:
    """Give a copy of the folder, and what builds an image from it; afterwards neither is there."""
    folder = f"monitor-{secrets.token_hex(4)}"
    ids: set[str] = set()

    def build() -> Build:
        done = desk.vm1.images.build(folder, tag=f"student/{folder}:1")
        ids.add(done.id)
        return done

    with desk.vm1.terminal.quietly():
        desk.vm1.node.sh(f"cp -a {FOLDER} {folder}").check()
        # Where all was cached the first build has led to the student's own image, which stays.
        own = looking.image_id(desk, BETTER)
        try:
            yield folder, build
        finally:
            desk.vm1.node.sh(f"rm -rf {folder}")
            if ids:
                desk.vm1.images.remove(f"student/{folder}:1")
            for id_ in ids - {own}:
                if looking.image_id(desk, id_):
                    desk.vm1.images.remove(id_)


def _first_line(api: Any, container: str) -> str:
    give_up = time.monotonic() + FIRST_WORD
    while time.monotonic() < give_up:
        ended = not api.inspect_container(container)["State"]["Running"]
        written: str = api.logs(container).decode(errors="replace").strip()
        if ended:
            return written.splitlines()[-1] if written else ""
        if written:
            return written.splitlines()[0]
        time.sleep(0.1)
    return ""


EXERCISES = (
    Exercise(
        id="13.1",
        task="`.start()` writes a folder `monitor` and builds `student/monitor:given` from it: a program that"
        " looks every second whether a machine answers. It works, and everything else is bad. Improve the"
        " Dockerfile, and build `student/monitor:1.0`: at most 5 MB larger than the image it starts from,"
        " stopped at least twice as fast, not root, a base with a version; and a change of `monitor.py` must"
        " not install packages again. It must still say what it said.",
        hints=(
            'One fault after the other: `sosc.lint(vm1, "monitor/Dockerfile")` names several. Run the check'
            " after each change: it tells what is still amiss.",
            "Copy `packages.txt` alone, install and clean up in one RUN, and copy `monitor.py` after that."
            " Nothing else has to be in the image.",
            '`USER 65534` is Debian\'s nobody. With `CMD ["python3", "monitor.py", "127.0.0.1"]` the program'
            " is the first process, and hears the request to end.",
        ),
        start=START,
        scene=(("image", GIVEN),),
        files=(DOCKERFILE, f"{FOLDER}/.dockerignore"),
        solution=dockerfile(*SOLUTION),
        shell=SHELL,
        judge=judge,
        makes=(("image", GIVEN), ("image", BETTER), ("image", NO_TAG)),
        mistakes={
            "no tag": dockerfile(*SOLUTION, tag="student/monitor"),
            "the old one by a new name": f'vm1.images.build("monitor", tag="{BETTER}")',
            "still root": dockerfile(PACKAGES, INSTALL, COPY, COMMAND),
            "a shell in front": dockerfile(
                PACKAGES, INSTALL, "COPY monitor.py start.sh ./", USER, 'CMD ["./start.sh", "127.0.0.1"]'
            ),
            "cleaned up too late": dockerfile(
                PACKAGES,
                "RUN apt-get update && apt-get install -y $(cat packages.txt)",
                "RUN rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin",
                COPY,
                USER,
                COMMAND,
            ),
            "Python copied into a lighter image": dockerfile(
                "COPY --from={python} /usr/bin/python3* /usr/bin/",
                "COPY --from={python} /usr/lib/python3.13 /usr/lib/python3.13",
                "COPY --from={python} /usr/lib/*/libexpat.so.1* /usr/lib/",
                *SOLUTION,
                base="{base}",
            ),
            "all copied first": 'vm1.sh("echo last-year.log > monitor/.dockerignore")\n'
            + dockerfile("COPY . .", INSTALL, USER, COMMAND),
            "nothing to ask with": dockerfile(COPY, USER, COMMAND),
            "no version to start from": dockerfile(*SOLUTION)
            + "vm1.sh(\"sed -i '1s/:[^:/]*$//' monitor/Dockerfile\")",
        },
    ),
)
