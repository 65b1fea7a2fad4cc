"""Exercise of section 15: an image carried to a machine on which there is no daemon for it."""

from __future__ import annotations

import re

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.engine.udocker import PROGRAM

IMAGE, ARCHIVE, CONTAINER = "student/analysis:1.0", "analysis.tar", "analysis"
ANSWER = "results/answer.txt"
MARK = "analysed"
"""A file that the program leaves in the container's own root, wherever its answer goes."""
EXPECTED = str(sum(n * n for n in range(1, 101)))
PS = re.compile(r"^(?P<id>[0-9a-f-]{36}) .*\['(?P<name>[^']*)'\] +(?P<image>\S+)", re.MULTILINE)

START = r"""
vm1.copy_to(sosc.udocker_archive(), "udocker.tar.gz")
vm1.sh("tar -xzf udocker.tar.gz && ./udocker install >/dev/null")
sum = "seq 100 | awk '{ s += $1 * $1 } END { print s }'"
program = f"mkdir -p /results; {sum} > /results/answer.txt; touch /analysed"
install = 'echo "#!/bin/sh" > /bin/analyse; echo "$0" >> /bin/analyse; chmod +x /bin/analyse'
vm1.containers.run(sosc.image("small"), ["sh", "-c", install, program], name="author")
vm1.containers.commit("author", "student/analysis:1.0")
vm1.images.save("student/analysis:1.0", "analysis.tar")
"""
LOAD = 'vm1.udocker.load("analysis.tar", "student/analysis")\n'
CREATE = 'vm1.udocker.create("student/analysis:1.0", "analysis")\n'
FOLDER = 'vm1.sh("mkdir -p results")\n'
RUN = 'vm1.udocker.run("analysis", "analyse", volumes=["$PWD/results:/results"])'


def judge_analysis(desk: Desk) -> Result:
    """Did a container of udocker, made of the right image, leave its answer in the folder of the machine."""
    node = desk.vm1.node
    if not has_archive(desk):
        return untried("the scene is not set: call .start() first")
    made = {one["name"]: one["image"] for one in PS.finditer(node.sh(f"{PROGRAM} ps").stdout)}
    answer = _content(desk, ANSWER)
    if CONTAINER not in made:
        if looking.container(desk, CONTAINER):
            return failed(f"Docker has a container {CONTAINER}, udocker has none: do it without the daemon")
        if answer is not None:
            return failed(f"{ANSWER} is there, but udocker has no container {CONTAINER}")
        if made or "student/analysis" in node.sh(f"{PROGRAM} images").stdout:
            return failed(f"udocker has no container {CONTAINER} yet; the image alone does not run")
        return untried(f"udocker has no image of {ARCHIVE} yet")
    if made[CONTAINER] != IMAGE:
        return failed(f"the container {CONTAINER} was made of {made[CONTAINER]} and not of {IMAGE}")
    root = node.sh(f"{PROGRAM} inspect -p {CONTAINER}").stdout.strip()
    if answer is None:
        if _content(desk, f"{root}/{ANSWER}") is not None:
            return failed(
                f"the answer lies in the container's own folder, under {_at_home(desk, root)}; give"
                " `udocker run` a volume, so that it comes out"
            )
        return failed(f"the container {CONTAINER} is there, but {ANSWER} is not: has analyse run in it?")
    if node.sh(f"test -e {root}/{MARK}").exit_code:
        return failed(f"{ANSWER} is there, but analyse has never run in {CONTAINER}")
    if answer != EXPECTED:
        return failed(f"{ANSWER} does not hold what analyse computes: let the program write it")
    return passed(f"{CONTAINER} ran without any daemon, and its answer is a file of yours")


def has_archive(desk: Desk) -> bool:
    """Tell whether the image's archive is in the home, and udocker."""
    return desk.vm1.node.sh(f"test -f {ARCHIVE} && test -x {PROGRAM}").exit_code == 0


def _content(desk: Desk, path: str) -> str | None:
    result = desk.vm1.node.sh(f"cat {path}")
    return None if result.exit_code else result.stdout.strip()


def _at_home(desk: Desk, path: str) -> str:
    """Return a path as it is written in the home: the folder above differs from user to user."""
    return re.sub(r"[0-9a-f-]{36}", "…", path.removeprefix(f"{desk.vm1.node.home}/"))


EXERCISES = (
    Exercise(
        id="15.1",
        task=f"`.start()` leaves an archive `{ARCHIVE}` in your home: an image with a program `analyse`,"
        " which writes its answer into `/results/answer.txt`. Pretend that there is no Docker here. Load the"
        f" archive with udocker as `student/analysis`, make a container named `{CONTAINER}` of it, and let"
        " `analyse` run there so that the answer lands in the folder `results` of your home.",
        hints=(
            "Four lines: load, create, a folder, run. `./udocker load --help` tells what each wants.",
            "`./udocker load -i analysis.tar student/analysis`, without a tag; everywhere else with `:1.0`.",
            'A volume, as for Docker: `./udocker run -v "$PWD/results:/results" analysis analyse`.',
        ),
        start=START,
        scene=(("container", "author"), ("image", IMAGE)),
        ready=has_archive,
        solution=LOAD + CREATE + FOLDER + RUN,
        shell=f"{PROGRAM} load -i {ARCHIVE} student/analysis\n"
        f"{PROGRAM} create --name={CONTAINER} {IMAGE}\n"
        "mkdir -p results\n"
        f'{PROGRAM} run --nobanner -v "$PWD/results:/results" {CONTAINER} analyse',
        judge=judge_analysis,
        makes=(("container", "author"), ("container", CONTAINER), ("image", IMAGE)),
        mistakes={
            "with the daemon": FOLDER
            + 'vm1.containers.run("student/analysis:1.0", "analyse", name="analysis",'
            ' volumes=["$PWD/results:/results"])',
            "without a volume": LOAD + CREATE + 'vm1.udocker.run("analysis", "analyse")',
            "of another image": 'vm1.udocker.load("analysis.tar", "analysis")\n'
            'vm1.udocker.create("analysis:1.0", "analysis")\n' + FOLDER + RUN,
            "never run": LOAD + CREATE,
            "only loaded": LOAD,
            "written by hand": LOAD + CREATE + FOLDER + 'vm1.sh("echo 338350 > results/answer.txt")',
        },
    ),
)
