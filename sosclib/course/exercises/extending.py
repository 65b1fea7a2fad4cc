"""Exercises of section 05: an image of one's own, and a container made from it."""

from __future__ import annotations

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking

REPOSITORY, IMAGE, FILE = "student/greeter", "student/greeter:1.0", "/greeting.txt"

WRITE = """
vm1.containers.run(sosc.image("base"), "sh -c 'echo Good morning > /greeting.txt'", name="writer")
"""
MAKE_IMAGE = WRITE + 'vm1.containers.commit("writer", "student/greeter:1.0")\n'


def judge_image(desk: Desk) -> Result:
    """Is there an image of that name, with a greeting in it."""
    if looking.image_id(desk, IMAGE) is None:
        if looking.image_id(desk, REPOSITORY) is not None:
            return failed(
                f"there is {REPOSITORY}:latest; without a tag the engine takes latest, wanted is 1.0"
            )
        if looking.container(desk, "writer") is not None:
            return failed("the container writer is there, but no image was made of it yet")
        return untried(f"there is no image {IMAGE} yet")
    content = looking.file_in_image(desk, IMAGE, FILE)
    if content is None:
        return failed(
            f"{IMAGE} has no file {FILE}: was it made of the container in which you wrote the file?"
        )
    if not content.strip():
        return failed(f"{FILE} in {IMAGE} is empty")
    return passed(f"{IMAGE} carries your greeting, and so will every container made from it")


def judge_greeter(desk: Desk) -> Result:
    """Did a container made from that image say the greeting, and end."""
    found = looking.container(desk, "greeter")
    if found is None:
        return untried("there is no container greeter yet")
    if found["Image"] != looking.image_id(desk, IMAGE):
        return failed(f"greeter was made from {found['Config']['Image']} and not from {IMAGE} as it is now")
    if found["State"]["Running"]:
        return failed("greeter still runs; it should say its greeting and end")
    written = looking.log(desk, "greeter")
    greeting = (looking.file_in_image(desk, IMAGE, FILE) or b"").decode(errors="replace").strip()
    if not greeting:
        return failed(f"{IMAGE} carries no greeting: solve 05.1 first")
    if not written:
        return failed("greeter has ended without a word: which command shows a file?")
    if written != greeting:
        return failed(f"greeter wrote “{written.splitlines()[0][:60]}”; that is not what {FILE} holds")
    return passed("a container that has ended, made from your own image, and its log is your greeting")


EXERCISES = (
    Exercise(
        id="05.1",
        task=f"Make an image of your own, named `{IMAGE}`: the base image, and in it a file `{FILE}` with a"
        " greeting of your choice. Call the container in which you write the file `writer`.",
        hints=(
            "First a container, then an image: run a command that writes the file, then commit.",
            "Redirecting is the shell's business: the command is `sh -c 'echo … > /greeting.txt'`.",
            'The second step is `vm1.containers.commit("writer", "student/greeter:1.0")`; mind the tag.',
        ),
        solution=MAKE_IMAGE,
        shell="docker run --name writer {base} sh -c 'echo Good morning > /greeting.txt'\n"
        "docker commit writer student/greeter:1.0",
        judge=judge_image,
        makes=(("container", "writer"), ("image", IMAGE), ("image", f"{REPOSITORY}:latest")),
        mistakes={
            "not committed": WRITE,
            "no tag": WRITE + 'vm1.containers.commit("writer", "student/greeter")',
            "a fresh container": 'vm1.containers.run(sosc.image("base"), "true", name="writer")\n'
            'vm1.containers.commit("writer", "student/greeter:1.0")',
            "an empty file": 'vm1.containers.run(sosc.image("base"), "touch /greeting.txt", name="writer")\n'
            'vm1.containers.commit("writer", "student/greeter:1.0")',
        },
    ),
    Exercise(
        id="05.2",
        task=f"Now use it: run a container named `greeter` from `{IMAGE}` that shows the greeting and ends."
        " Keep the container; its log is what the check reads.",
        hints=(
            "Which command prints a file's contents?",
            "`cat /greeting.txt`, run in a container made from your image and not from the base image.",
            "The image is the first argument, the command the second; the name is an option, `name`.",
        ),
        start=MAKE_IMAGE,
        scene=(("container", "writer"), ("image", IMAGE)),
        solution='vm1.containers.run("student/greeter:1.0", "cat /greeting.txt", name="greeter")',
        shell="docker run --name greeter student/greeter:1.0 cat /greeting.txt",
        judge=judge_greeter,
        makes=(("container", "greeter"),),
        mistakes={
            "the base image": 'vm1.containers.run(sosc.image("base"), "cat /greeting.txt", name="greeter")',
            "other words": 'vm1.containers.run("student/greeter:1.0", "echo hello", name="greeter")',
            "it says nothing": 'vm1.containers.run("student/greeter:1.0", "true", name="greeter")',
            "it goes on": 'vm1.containers.run("student/greeter:1.0", "tail -f /greeting.txt", name="greeter",'
            " detach=True)",
        },
    ),
)
