"""Exercise of section 06: remove what has ended, keep what runs."""

from __future__ import annotations

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.claims import scene_was_set
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking

ENDED, BUSY = ("done-1", "done-2"), "busy"

START = """
vm1.containers.run(sosc.image("base"), "true", name="done-1")
vm1.containers.run(sosc.image("base"), "true", name="done-2")
vm1.containers.run(sosc.image("base"), "sleep 3600", name="busy", detach=True)
"""


def judge_leftovers(desk: Desk) -> Result:
    """Are the containers that ended gone, and does the other one still run."""
    left = [name for name in ENDED if looking.container(desk, name) is not None]
    busy = looking.container(desk, BUSY)
    if busy is None and not scene_was_set(desk, "06.1"):
        return untried("the scene is not set: call .start() first")
    if busy is None:
        return failed(f"{BUSY} is gone as well, and it was still at work; .start() sets the scene anew")
    if not busy["State"]["Running"]:
        return failed(f"{BUSY} was stopped, and it was still at work; `docker start {BUSY}` brings it back")
    if len(left) == len(ENDED):
        return untried("all three containers are still there")
    if left:
        return failed(f"{left[0]} is still there; docker ps -a shows it")
    return passed(f"what had ended is gone, and {BUSY} never noticed")


EXERCISES = (
    Exercise(
        id="06.1",
        task="`.start()` leaves three containers here: `done-1` and `done-2` have ended, `busy` is still"
        " at work. Give back the room of those that have ended, and let the other one work on.",
        hints=(
            "Look first: `docker ps` shows the containers that run, `docker ps -a` also those that ended.",
            "`docker rm` removes a container that has ended, and refuses one that runs.",
            "`docker container prune` removes all that have ended. In the library:"
            ' `vm1.containers.remove("done-1", "done-2")`.',
        ),
        start=START,
        scene=tuple(("container", name) for name in (*ENDED, BUSY)),
        solution='vm1.containers.remove("done-1", "done-2")',
        shell="docker rm done-1 done-2",
        judge=judge_leftovers,
        makes=tuple(("container", name) for name in (*ENDED, BUSY)),
        mistakes={
            "everything, by force": 'vm1.containers.remove("done-1", "done-2", "busy", force=True)',
            "one forgotten": 'vm1.containers.remove("done-1")',
            "the busy one stopped": 'vm1.containers.remove("done-1", "done-2")\n'
            'vm1.containers.stop("busy", timeout=0)',
        },
    ),
)
