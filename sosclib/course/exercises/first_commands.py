"""Exercises of section 04: a container in the background, and whose kernel it runs on."""

from __future__ import annotations

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking


def judge_sleeper(desk: Desk) -> Result:
    """Does `sleeper` run in the background, from the base image, and sleep."""
    found = looking.container(desk, "sleeper")
    if found is None:
        return untried("there is no container sleeper yet")
    state = found["State"]
    if state["Status"] == "created":
        return failed("sleeper was created, but never started")
    if not state["Running"]:
        return failed(
            f"sleeper has ended, with exit code {state['ExitCode']}: a container lives as long as its command"
        )
    if found["Image"] != looking.image_id(desk, desk.catalogue.resolve("base")):
        return failed(
            f"sleeper runs, but from the image {found['Config']['Image']} and not from the base image"
        )
    if "sleep" not in looking.command(found):
        return failed(f"sleeper runs `{looking.command(found)}`, and does not sleep")
    return passed("sleeper runs in the background, and docker ps shows it")


def judge_whoami(desk: Desk) -> Result:
    """Did `whoami` write the kernel's release, and nothing else."""
    found = looking.container(desk, "whoami")
    if found is None:
        return untried("there is no container whoami yet")
    if found["State"]["Running"]:
        return failed("whoami still runs; its command should answer and end")
    written, kernel = looking.log(desk, "whoami"), desk.vm1.docker.info()["KernelVersion"]
    if not written:
        return failed("the log of whoami is empty: its command wrote nothing")
    if written == found["Config"]["Hostname"]:
        return failed(
            "the log of whoami holds its host name: that is one thing that a container has for itself"
        )
    if written != kernel and kernel in written:
        return failed("the log of whoami says more than the kernel's release")
    if written != kernel:
        return failed(f"the log of whoami begins with “{written.splitlines()[0][:60]}”: no kernel's release")
    return passed(f"the container's kernel is {kernel}, and so is the engine's: they share it")


EXERCISES = (
    Exercise(
        id="04.1",
        task="Start a container named `sleeper` from the base image that does nothing but sleep for ten"
        " minutes, in the background, so that you can go on typing and `docker ps` shows it.",
        hints=(
            "A container lives as long as its command. Which command takes ten minutes?",
            "`docker run` waits for the end of the command, unless the container is detached.",
            "You need three things: the option `detach`, the option `name`, the command `sleep 600`.",
        ),
        solution='vm1.containers.run(sosc.image("base"), "sleep 600", name="sleeper", detach=True)',
        shell="docker run -d --name sleeper {base} sleep 600",
        judge=judge_sleeper,
        makes=(("container", "sleeper"),),
        mistakes={
            "it ends at once": 'vm1.containers.run(sosc.image("base"), "true", name="sleeper")',
            "it does not sleep": 'vm1.containers.run(sosc.image("base"), "tail -f /dev/null", name="sleeper",'
            " detach=True)",
            "another image": 'vm1.containers.run(sosc.image("small"), "sleep 600", name="sleeper",'
            " detach=True)",
        },
    ),
    Exercise(
        id="04.2",
        task="A container has its own files, its own processes, its own host name. And its kernel? Run a"
        " container named `whoami` from any image that writes the release of the kernel it runs on, and"
        " nothing else. Its log is compared with what the engine says of its own kernel.",
        hints=(
            "On Linux the command `uname` tells about the system; `uname --help` lists what it can tell.",
            "The release is `uname -r`. What a container's command writes is its log: `docker logs whoami`.",
            'In the library: `vm1.containers.run(image, "uname -r", name="whoami")`.',
        ),
        solution='vm1.containers.run(sosc.image("base"), "uname -r", name="whoami")',
        shell="docker run --name whoami {base} uname -r",
        judge=judge_whoami,
        makes=(("container", "whoami"),),
        mistakes={
            "the host name": 'vm1.containers.run(sosc.image("base"), "hostname", name="whoami")',
            "too much": 'vm1.containers.run(sosc.image("base"), "uname -a", name="whoami")',
            "its system": 'vm1.containers.run(sosc.image("base"), "cat /etc/os-release", name="whoami")',
            "nothing at all": 'vm1.containers.run(sosc.image("base"), "true", name="whoami")',
        },
    ),
)
