"""Exercise of section 19: a stack from an image of one's own, on both machines."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.course.exercises.swarm import is_swarm, judge_swarm
from sosclib.course.swarms import FORM
from sosclib.engine.convergence import Convergence, diagnosis, look
from sosclib.engine.swarm_stacks import NAMESPACE
from sosclib.engine.tasks import ENDED, without_digest

STACK, SERVICE, REPLICAS, IMAGE, TAG = "mine", "page", 4, "mypage", "1.0"
FULL = f"{STACK}_{SERVICE}"
PATIENCE, LOOK = 180.0, 0.5
LINES = (
    "services:",
    f"  {SERVICE}:",
    f"    image: {{own}}/{IMAGE}:{TAG}",
    "    deploy:",
    f"      replicas: {REPLICAS}",
    "      update_config:",
    "        order: start-first",
    "        failure_action: rollback",
)
DOCKERFILE = ("FROM {web}", "COPY index.html /usr/share/nginx/html/index.html")
PAGE = "<h1>My own page</h1>"


def files(*lines: str, dockerfile: tuple[str, ...] = DOCKERFILE) -> str:
    """Return code that writes the page, the Dockerfile and the stack's file of these lines."""
    build, text = "\n".join(dockerfile), "\n".join(lines)
    return f'''vm1.sh("""mkdir -p {STACK}
echo '{PAGE}' > {STACK}/index.html
cat > {STACK}/Dockerfile <<'END'
{build}
END
cat > {STACK}/stack.yaml <<'END'
{text}
END""")
'''


def pushed(tag: str = TAG) -> str:
    """Return code that builds the image and takes it to the registry."""
    name = f'"{{own}}/{IMAGE}:{tag}"'
    return f'vm1.registry.login()\nvm1.images.build("{STACK}", tag={name})\nvm1.images.push({name})\n'


def deployed(options: str = ", with_registry_auth=True") -> str:
    """Return code that deploys the stack."""
    return f'vm1.stacks.deploy("{STACK}/stack.yaml", "{STACK}"{options})\n'


def judge_stack(desk: Desk) -> Result:
    """Is it a stack, from an image of one's own that both machines can have, and does it run on both."""
    api: Any = desk.vm1.docker.api
    if (unformed := judge_swarm(desk)) is not None:
        return unformed
    services = {one["Spec"]["Name"]: one for one in api.services()}
    if FULL not in services:
        if SERVICE in services:
            return failed(
                f"the service {SERVICE} belongs to no stack: it is to come from a file, by docker stack"
                f" deploy, and is called {FULL} then"
            )
        if any((one["Spec"].get("Labels") or {}).get(NAMESPACE) == STACK for one in services.values()):
            return failed(f"the stack {STACK} has no service {SERVICE}: docker stack services {STACK}")
        return untried(f"the swarm has no stack {STACK} yet")
    spec = services[FULL]["Spec"]
    return _judge_image(desk, spec) or _judge_wish(spec) or _judge_tasks(desk, settled(api))


def _judge_image(desk: Desk, spec: dict[str, Any]) -> Result | None:
    image = without_digest(spec["TaskTemplate"]["ContainerSpec"]["Image"])
    own = desk.vm1.registry.prefix
    if image == desk.catalogue.resolve("web"):
        return failed(f"{FULL} runs {image} as it comes: your own page is in an image of your own")
    if not image.startswith(f"{own}/"):
        return failed(
            f"{image} is on VM1 only, and VM2 cannot have it: tag it as {own}/…, push it, and name that in"
            " the file"
        )
    name, _, tag = image.rpartition(":")
    if tag == "latest" or "/" in tag or not name:
        return failed(f"{image} has no version: which of your pages is that tomorrow? Give it a tag")
    mine, theirs = (looking.image_id(desk, one) for one in (image, desk.catalogue.resolve("web")))
    if mine is not None and mine == theirs:
        return failed(f"{image} is the web image by another name: your own page is not in it")
    return None


def _judge_wish(spec: dict[str, Any]) -> Result | None:
    replicas = (spec["Mode"].get("Replicated") or {}).get("Replicas")
    if replicas != REPLICAS:
        said = "one on each node" if replicas is None else str(replicas)
        return failed(
            f"{REPLICAS} replicas are asked for, and {FULL} has {said}: deploy, replicas in the file"
        )
    update = spec.get("UpdateConfig") or {}
    if update.get("Order") != "start-first":
        return failed(
            "at the next update an old task would be stopped before its successor runs: order: start-first,"
            " below update_config"
        )
    if update.get("FailureAction") != "rollback":
        return failed(
            "a version that does not start would stop the update half-way: failure_action: rollback lets the"
            " swarm return to the one before"
        )
    return None


def settled(api: Any, patience: float = PATIENCE) -> Convergence:
    """Return how far the service is once it is there, or something is wrong: a shell does not wait.

    A swarm remembers attempts that failed before: what ended before the first look is left out. Where
    nothing comes after it a policy may have given up, and the old errors are the reason: then they are told.
    """
    end = time.monotonic() + patience
    state = look(api, FULL)
    past = {task.id for task in state.tasks if task.error and task.state in ENDED}
    while True:
        tasks = tuple(task for task in state.tasks if task.id not in past)
        if state.there or any(task.error for task in tasks):
            return replace(state, tasks=tasks)
        if time.monotonic() > end:
            return state
        time.sleep(LOOK)
        state = look(api, FULL)


def _judge_tasks(desk: Desk, state: Convergence) -> Result:
    running = [task for task in state.tasks if task.runs]
    away = {task.error for task in state.tasks if task.error and task.node == desk.vm2.title}
    if away and not any(task.node == desk.vm2.title for task in running):
        return failed(
            f"nothing of it runs on VM2, which said: {sorted(away)[0]}. Is the image pushed, and may VM2 have"
            " it? (--with-registry-auth hands your login on)"
        )
    if not state.there:
        return failed(f"{state.replicas} tasks run: {diagnosis(state.tasks) or 'they are on their way'}")
    nodes = {task.node for task in running}
    if len(nodes) < 2:
        return failed(f"all tasks run on {nodes.pop()}: what keeps them from the other machine?")
    return passed(f"{REPLICAS} tasks from your own image, on both machines, from one file")


def _but(old: str, new: str) -> tuple[str, ...]:
    return tuple(line.replace(old, new) for line in LINES)


def by_hand() -> str:
    """Return code that makes a service of the right image without a stack."""
    return f'vm1.services.create("{{own}}/{IMAGE}:{TAG}", name="{SERVICE}", wait=False)\n'


PINNED = (*LINES, "      placement:", "        constraints: [node.role == manager]")
EXERCISES = (
    Exercise(
        id="19.1",
        task=f"Deploy a stack **`{STACK}`** with one service **`{SERVICE}`**: a page of your own, in an image"
        " of your own that starts from the `web` image, in your registry (`{own}/…`) with a version as its"
        f" tag. **{REPLICAS}** replicas, on both machines. At an update the new task starts first, and the"
        " swarm returns by itself to the version before if that fails.",
        hints=(
            "Three steps: `docker build -t {own}/NAME:VERSION`, `docker push`, `docker stack deploy`. VM2 has"
            " to pull the image too, with a login.",
            "What the swarm is to do stands below `deploy:` in the file: `replicas:`, and below"
            " `update_config:` the `order:` and the `failure_action:`.",
            f"`docker stack deploy --with-registry-auth -c {STACK}/stack.yaml {STACK}` hands your login on."
            f" `docker stack ps --no-trunc {STACK}` tells what goes wrong where.",
        ),
        start=FORM,
        scene=(("swarm", "swarm"),),
        ready=is_swarm,
        solution=files(*LINES) + pushed() + deployed(),
        shell=f"mkdir -p {STACK} && echo '{PAGE}' > {STACK}/index.html\n"
        "printf '%s\\n' " + " ".join(f"'{line}'" for line in DOCKERFILE) + f" > {STACK}/Dockerfile\n"
        "printf '%s\\n' " + " ".join(f"'{line}'" for line in LINES) + f" > {STACK}/stack.yaml\n"
        "{login}\n"
        f"docker build -t {{own}}/{IMAGE}:{TAG} {STACK}\n"
        f"docker push {{own}}/{IMAGE}:{TAG}\n"
        f"docker stack deploy --with-registry-auth -c {STACK}/stack.yaml {STACK}",
        judge=judge_stack,
        makes=(),
        mistakes={
            "an image that VM1 alone has": files(*_but(f"{{own}}/{IMAGE}", IMAGE))
            + f'vm1.images.build("{STACK}", tag="{IMAGE}:{TAG}")\n'
            + deployed(", wait=False"),
            "never pushed": files(*LINES)
            + f'vm1.images.build("{STACK}", tag="{{own}}/{IMAGE}:{TAG}")\n'
            + deployed(", wait=False"),
            "no version": files(*_but(f":{TAG}", "")) + pushed("latest") + deployed(", wait=False"),
            "the web image under another name": files(*LINES, dockerfile=DOCKERFILE[:1])
            + 'vm1.registry.login()\nvm1.images.pull("{web}")\n'
            + f'vm1.images.tag("{{web}}", "{{own}}/{IMAGE}:{TAG}")\n'
            + f'vm1.images.push("{{own}}/{IMAGE}:{TAG}")\n'
            + deployed(", with_registry_auth=True, wait=False"),
            "a service without a stack": files(*LINES) + pushed() + by_hand(),
            "two replicas": files(*_but(f"replicas: {REPLICAS}", "replicas: 2"))
            + pushed()
            + deployed(", with_registry_auth=True, wait=False"),
            "stops first": files(*_but("start-first", "stop-first")) + pushed() + deployed(", wait=False"),
            "no way back": files(*LINES[:-1]) + pushed() + deployed(", wait=False"),
            "pinned to the manager": files(*PINNED) + pushed() + deployed(),
        },
    ),
)
