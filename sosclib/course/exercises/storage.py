"""Exercises of section 09: a volume for two, a file of one's own, and a file rescued from a container."""

from __future__ import annotations

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.claims import scene_was_set
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.engine.mounts import volume_mounts

BOARD, NOTE = "board", "/board/note.txt"
PAIR = ("author", "reader")
RESULT = "scratch/result.txt"
MEASURED, RESCUED = "/data/measured.csv", "scratch/measured.csv"
LINES = "".join(f"{n},{n * n}\n" for n in range(1, 21))

START = """
vm1.containers.run(
    sosc.image("base"),
    ["sh", "-c", "mkdir /data; for n in $(seq 20); do echo $n,$((n * n)); done > /data/measured.csv; exit 1"],
    name="crashed",
)
"""
WRITE = """
vm1.containers.run(
    sosc.image("base"), "sh -c 'echo Hello > /board/note.txt'", name="author", volumes=["board:/board"]
)
"""
READ = """
vm1.containers.run(sosc.image("base"), "cat /board/note.txt", name="reader", volumes=["board:/board"])
"""
FOLDER = 'vm1.sh("mkdir -p scratch")\n'
WHO = 'me = vm1.sh("id -u").output.strip()\n'


def judge_board(desk: Desk) -> Result:
    """Did one container write into the volume what the other one read from it."""
    found = {name: looking.container(desk, name) for name in PAIR}
    if not any(found.values()):
        return untried("there is neither a container author nor a container reader yet")
    for name, about in found.items():
        if about is None:
            return failed(f"there is no container {name} yet; the other one is there")
        if about["State"]["Running"]:
            return failed(f"{name} still runs; it should do its work and end")
        if volume_mounts(about).get("/board") != BOARD:
            return failed(
                f"{name} does not have the volume {BOARD} at /board; `docker inspect {name}` shows its mounts"
            )
    written = (looking.file_in_container(desk, "reader", NOTE) or b"").decode(errors="replace").strip()
    if not written:
        return failed(f"nothing is written in {NOTE}: the volume is there, but author left no note in it")
    if looking.log(desk, "reader") != written:
        return failed(f"reader does not say what stands in {NOTE}; its log is what the check reads")
    return passed("what one container wrote the other one read, though they never ran at the same time")


def judge_result(desk: Desk) -> Result:
    """Is the file on the machine, written by a container, and the lab user's own."""
    found, owner = looking.container(desk, "report"), _shell(desk, f"stat -c %u {RESULT}")
    if found is None:
        return untried("there is no container report yet")
    if found["State"]["Running"]:
        return failed("report still runs; it should write its file and end")
    if not owner:
        if "denied" in looking.log(desk, "report"):
            return failed("report was not allowed to write: whose is the folder, and as whom did report run?")
        return failed(f"there is no {RESULT} on the machine: report kept to itself what it wrote")
    if owner == "0" and not found["Config"]["User"]:
        return failed(
            f"report ran as root, and so {RESULT} is root's: tell `docker run` as whom to run, --user"
        )
    me = _shell(desk, "id -u")
    if owner != me:
        return failed(f"{RESULT} belongs to user {owner}; your own number is {me}")
    if not _shell(desk, f"cat {RESULT}"):
        return failed(f"{RESULT} is yours, but empty")
    return passed(f"{RESULT} is on the machine, and it is yours: the container ran as you")


def judge_rescue(desk: Desk) -> Result:
    """Does the file on the machine hold what the container that has ended wrote."""
    found, rescued = looking.container(desk, "crashed"), _shell(desk, f"cat {RESCUED}", raw=True)
    if rescued is None and found is None:
        if not scene_was_set(desk, "09.3"):
            return untried("the scene is not set: call .start() first")
        return failed("crashed is gone, and with it the only copy of the file; .start() sets the scene anew")
    if rescued is None:
        return untried(f"there is no {RESCUED} on the machine yet")
    if not rescued:
        return failed(f"{RESCUED} is there, but empty")
    if rescued != LINES:
        lines, wanted = rescued.count("\n"), LINES.count("\n")
        if LINES.startswith(rescued):
            return failed(f"{RESCUED} has {lines} lines; crashed had written {wanted}")
        return failed(f"{RESCUED} does not hold what crashed had written into {MEASURED}")
    return passed("saved: every line that crashed had written is on the machine")


def _shell(desk: Desk, command: str, *, raw: bool = False) -> str | None:
    """Return what a command says on the machine, None where it fails."""
    result = desk.vm1.node.sh(command)
    if result.exit_code:
        return None
    return result.stdout if raw else result.stdout.strip()


EXERCISES = (
    Exercise(
        id="09.1",
        task=f"Let two containers share a volume named `{BOARD}`, mounted at `/board` in both: a container"
        f" named `author` writes a note of yours into `{NOTE}` and ends, a container named `reader` shows"
        " it and ends. Keep both; the log of `reader` is what the check reads.",
        hints=(
            "A volume that does not exist yet is made by the first `docker run -v name:/path` that names it.",
            "Both containers need the same `-v board:/board`. Writing needs a shell: `sh -c 'echo … > …'`.",
            'The reader\'s command is `cat /board/note.txt`. In the library: `volumes=["board:/board"]`.',
        ),
        solution=WRITE.strip() + READ,
        shell="docker run --name author -v board:/board {base} sh -c 'echo Hello > /board/note.txt'\n"
        "docker run --name reader -v board:/board {base} cat /board/note.txt",
        judge=judge_board,
        makes=(*(("container", name) for name in PAIR), ("volume", BOARD)),
        mistakes={
            "nobody reads": WRITE,
            "a nameless volume for the reader": WRITE + 'vm1.containers.run(sosc.image("base"),'
            ' "cat /board/note.txt", name="reader", volumes=["/board"])',
            "written beside the volume": WRITE.replace("/board/note", "/note") + READ,
            "the reader makes it up": WRITE + READ.replace("cat /board/note.txt", "echo Good evening"),
        },
    ),
    Exercise(
        id="09.2",
        task="Let a container named `report` leave its result on the machine: it writes a line of your choice"
        f" into `{RESULT}` in your home, by a bind mount, and ends. The file must be yours and not root's."
        " Keep the container.",
        hints=(
            "The folder first: `mkdir -p scratch`. If Docker has to make it, it belongs to root.",
            "`docker run --user NUMBER` runs the command as that user; `id -u` tells your own number.",
            'In the library: `user=` with that number as text, and `volumes=["$PWD/scratch:/out"]`.',
        ),
        solution=FOLDER
        + WHO
        + """vm1.containers.run(
    sosc.image("base"),
    "sh -c 'echo 42 > /out/result.txt'",
    name="report",
    user=me,
    volumes=["$PWD/scratch:/out"],
)""",
        shell="mkdir -p scratch\n"
        'docker run --name report --user "$(id -u)" -v "$PWD/scratch:/out" {base}'
        " sh -c 'echo 42 > /out/result.txt'",
        judge=judge_result,
        makes=(("container", "report"),),
        mistakes={
            "as root": FOLDER + 'vm1.containers.run(sosc.image("base"),'
            ' "sh -c \'echo 42 > /out/result.txt\'", name="report", volumes=["$PWD/scratch:/out"])',
            "no bind mount": FOLDER + WHO + 'vm1.containers.run(sosc.image("base"),'
            ' "sh -c \'echo 42 > /tmp/result.txt\'", name="report", user=me)',
            "as somebody else": FOLDER + 'vm1.containers.run(sosc.image("base"),'
            ' "sh -c \'echo 42 > /out/result.txt\'", name="report", user="4242",'
            ' volumes=["$PWD/scratch:/out"])',
            "nothing in it": FOLDER + WHO + 'vm1.containers.run(sosc.image("base"),'
            ' "touch /out/result.txt", name="report", user=me, volumes=["$PWD/scratch:/out"])',
        },
    ),
    Exercise(
        id="09.3",
        task="`.start()` leaves a container named `crashed` that has ended with an error. It had no volume:"
        f" what it measured lies in `{MEASURED}` in its writable layer, and nowhere else. Bring that file to"
        f" `{RESCUED}` on the machine.",
        hints=(
            "`docker ps -a` shows it: the container has ended, but it is still there, with its files.",
            "`docker cp` copies files out of a container, running or not: `docker cp --help`.",
            '`docker cp crashed:/data/measured.csv scratch/`; in the library `vm1.sh("docker cp …")`.',
        ),
        start=START,
        scene=(("container", "crashed"),),
        solution=FOLDER + 'vm1.sh("docker cp crashed:/data/measured.csv scratch/")',
        shell="mkdir -p scratch\ndocker cp crashed:/data/measured.csv scratch/",
        judge=judge_rescue,
        makes=(("container", "crashed"),),
        mistakes={
            "thrown away": 'vm1.containers.remove("crashed")',
            "a file of that name": FOLDER + 'vm1.sh("touch scratch/measured.csv")',
            "only its beginning": FOLDER + 'vm1.sh("docker cp crashed:/data/measured.csv scratch/all.csv")\n'
            'vm1.sh("head -n 5 scratch/all.csv > scratch/measured.csv")',
            "measured by hand": FOLDER + 'vm1.sh("echo 1,2 > scratch/measured.csv")',
        },
    ),
)
