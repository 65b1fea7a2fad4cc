"""Exercises of section 07: an image pushed, and a second tag for it."""

from __future__ import annotations

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.engine.repository import Tag
from sosclib.lab.errors import NotFound

REPOSITORY, RELEASE, STABLE = "greeter", "1.0", "stable"

MAKE = """
vm1.containers.run(sosc.image("base"), "sh -c 'echo Good morning > /greeting.txt'", name="writer")
vm1.containers.commit("writer", f"{vm1.registry.prefix}/greeter:1.0")
"""
PUSH = 'vm1.registry.login()\nvm1.images.push(f"{vm1.registry.prefix}/greeter:1.0")\n'
BASE_ITSELF = 'vm1.images.tag(sosc.image("base"), f"{vm1.registry.prefix}/greeter:1.0")\n'
AGAIN = """
vm1.containers.run(sosc.image("base"), "sh -c 'echo Good night > /greeting.txt'", name="another")
vm1.containers.commit("another", f"{vm1.registry.prefix}/greeter:stable")
vm1.images.push(f"{vm1.registry.prefix}/greeter:stable")
"""
TAG = 'vm1.images.tag(f"{vm1.registry.prefix}/greeter:1.0", f"{vm1.registry.prefix}/greeter:stable")\n'


def judge_push(desk: Desk) -> Result:
    """Does the registry have an image of that name, and is it more than the base image."""
    name = f"{desk.vm1.registry.prefix}/{REPOSITORY}"
    tags = pushed(desk)
    if RELEASE in tags:
        if _is_base(desk, f"{name}:{RELEASE}", tags[RELEASE]):
            return failed(f"{name}:{RELEASE} is the base image, and nothing of yours is in it")
        return passed(f"{name}:{RELEASE} lies in the registry, with a layer of your own upon the base image")
    if tags:
        return failed(f"the repository {name} has {', '.join(tags)}, and no tag {RELEASE}")
    if looking.image_id(desk, f"{name}:{RELEASE}"):
        return failed(f"the image {name}:{RELEASE} is here, but it was not pushed")
    if looking.image_id(desk, f"{REPOSITORY}:{RELEASE}"):
        return failed(f"{REPOSITORY}:{RELEASE} names no registry and no user: it would go to Docker Hub")
    return untried(f"the registry has no repository {name} yet")


def _is_base(desk: Desk, reference: str, tag: Tag) -> bool:
    """Tell whether a tag stands for the base image: by its layers, where the registry counts them."""
    if tag.layers is not None:
        return tag.layers == 1
    mine, base = (looking.image_id(desk, one) for one in (reference, desk.catalogue.resolve("base")))
    return mine is not None and mine == base


def judge_second_tag(desk: Desk) -> Result:
    """Do both tags stand for the same manifest."""
    tags = pushed(desk)
    if RELEASE not in tags:
        return untried(f"the repository {REPOSITORY} has no tag {RELEASE}: call .start(), or solve 07.1")
    if STABLE not in tags:
        if looking.image_id(desk, f"{desk.vm1.registry.prefix}/{REPOSITORY}:{STABLE}"):
            return failed(f"the tag {STABLE} is known to this engine only; the registry has not heard of it")
        return untried(f"the registry knows no tag {STABLE} yet")
    if tags[STABLE].digest != tags[RELEASE].digest:
        return failed(f"{STABLE} and {RELEASE} have different digests: they are two different images")
    return passed(f"{RELEASE} and {STABLE} are two names of one and the same image, as the digest proves")


def is_pushed(desk: Desk) -> bool:
    """Tell whether the image that is to get a second tag is in the registry."""
    return RELEASE in pushed(desk)


def pushed(desk: Desk) -> dict[str, Tag]:
    """Return the tags of the exercises' repository by name; none where it does not exist."""
    try:
        return {tag.name: tag for tag in desk.vm1.registry.repository(REPOSITORY).tags}
    except NotFound:
        return {}


EXERCISES = (
    Exercise(
        id="07.1",
        task="Make an image of your own, the base image with a file of yours in it, and push it to your"
        " repository `greeter` as tag `1.0`: its full name is `{own}/greeter:1.0`.",
        hints=(
            "Three steps: a container in which a file is written, an image made of it, a push.",
            "The image can bear its full name from the start: it is the second argument of"
            ' `vm1.containers.commit("writer", …)`.',
            "A push wants to know who you are: `vm1.registry.login()` comes before `vm1.images.push(…)`.",
        ),
        solution=MAKE + PUSH,
        shell="docker run --name writer {base} sh -c 'echo Good morning > /greeting.txt'\n"
        "docker commit writer {own}/greeter:1.0\n{login}\ndocker push {own}/greeter:1.0",
        judge=judge_push,
        makes=(
            ("container", "writer"),
            *(("image", name) for name in ("{own}/greeter:1.0", "{own}/greeter:latest", "greeter:1.0")),
        ),
        mistakes={
            "not pushed": MAKE,
            "another tag": MAKE.replace(":1.0", "") + PUSH.replace(":1.0", ":latest"),
            "nothing of one's own": BASE_ITSELF + PUSH,
            "no registry in the name": MAKE.replace("{vm1.registry.prefix}/", ""),
        },
    ),
    Exercise(
        id="07.2",
        task="Give the image `greeter:1.0` in the registry a second tag, `stable`. Both names must lead to"
        " the very same image.",
        hints=(
            "A tag is only a name. `docker tag` gives one more name to an image that is here.",
            "The registry learns of a name when it is pushed; the layers are there already.",
            "`vm1.images.tag(old, new)`, then `vm1.images.push(new)`, with the full names of both.",
        ),
        start=MAKE + PUSH,
        scene=(("container", "writer"), ("image", "{own}/greeter:1.0")),
        ready=is_pushed,
        solution=TAG + 'vm1.images.push(f"{vm1.registry.prefix}/greeter:stable")',
        shell="docker tag {own}/greeter:1.0 {own}/greeter:stable\ndocker push {own}/greeter:stable",
        judge=judge_second_tag,
        makes=(("container", "another"), ("image", "{own}/greeter:stable")),
        mistakes={"not pushed": TAG, "another image": AGAIN},
    ),
)
