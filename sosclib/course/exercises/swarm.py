"""Exercise of section 17: a service for the worker only, with a password that stands nowhere."""

from __future__ import annotations

from typing import Any

import docker.errors

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.course.swarms import FORM, is_formed
from sosclib.engine.convergence import diagnosis, look
from sosclib.engine.nodes import hostname_of
from sosclib.engine.tasks import without_digest
from sosclib.lab.mesh import has_mesh

SERVICE, REPLICAS, PORT, INSIDE, SECRET = "page", 3, 8083, 80, "page_password"
WORKERS = "node.role == worker"
MAKE_SECRET = f'vm1.secrets.create("{SECRET}", "correct horse battery staple")\n'


def created(**changed: str) -> str:
    """Return code that makes the service; each argument as it stands there, empty for none."""
    arguments = {
        "name": f'"{SERVICE}"',
        "replicas": str(REPLICAS),
        "ports": f"{{{PORT}: {INSIDE}}}",
        "constraints": f'["{WORKERS}"]',
        "secrets": f'["{SECRET}"]',
        **changed,
    }
    words = ", ".join(f"{name}={value}" for name, value in arguments.items() if value)
    return f'vm1.services.create("{{web}}", {words})\n'


def judge_swarm(desk: Desk) -> Result | None:
    """Return what the swarm lacks for the exercises; None where both machines are in it."""
    if not desk.vm1.swarm.manager:
        return untried("VM1 manages no swarm: .start() makes one of VM1 and VM2")
    if not is_formed(desk):
        return untried("VM2 is not in VM1's swarm, or does not answer: .start() lets it in")
    return None


def is_swarm(desk: Desk) -> bool:
    """Tell whether both machines are in the swarm."""
    return judge_swarm(desk) is None


def judge_page(desk: Desk) -> Result:
    """Does the service run as often as asked for, on workers only, published, and with its secret."""
    api: Any = desk.vm1.docker.api
    if (unformed := judge_swarm(desk)) is not None:
        return unformed
    try:
        service = api.inspect_service(SERVICE)
    except docker.errors.NotFound:
        if looking.container(desk, SERVICE):
            return failed(
                f"{SERVICE} is a container of VM1's, and no service: nobody starts it anew elsewhere"
            )
        return untried(f"the swarm has no service {SERVICE} yet")
    return _judge_wish(desk, service["Spec"]) or _judge_tasks(api)


def _judge_wish(desk: Desk, spec: dict[str, Any]) -> Result | None:
    """Judge what was asked for; None where it is right so far."""
    replicas = (spec["Mode"].get("Replicated") or {}).get("Replicas")
    if replicas is None:
        return failed(f"{SERVICE} has one task on each node (global); three replicas are asked for")
    if replicas != REPLICAS:
        return failed(f"{SERVICE} has {replicas} replicas, and should have {REPLICAS}: docker service scale")
    container = spec["TaskTemplate"]["ContainerSpec"]
    image, wanted = without_digest(container["Image"]), desk.catalogue.resolve("web")
    if image != wanted:
        return failed(f"the tasks are made from {image}; the `web` image is asked for: {wanted}")
    if SECRET not in [one["SecretName"] for one in container.get("Secrets") or ()]:
        if any("password" in one.lower() for one in container.get("Env") or ()):
            return failed(
                "the password is a variable: `docker service inspect` shows it to everybody; let the tasks"
                f" read the secret {SECRET} from a file"
            )
        return failed(f"the tasks have no secret {SECRET}: docker service create --secret {SECRET} …")
    ports: list[dict[str, Any]] = (spec.get("EndpointSpec") or {}).get("Ports") or []
    if not any(one["TargetPort"] == INSIDE for one in ports):
        return failed(f"port {INSIDE} of the tasks is not published: -p {PORT}:{INSIDE}")
    if has_mesh(desk.vm1.node) and not any(one.get("PublishedPort") == PORT for one in ports):
        return failed(f"{SERVICE} is published at port {ports[0].get('PublishedPort')}, not at {PORT}")
    return None


def _judge_tasks(api: Any) -> Result:
    """Judge what has come of it."""
    state = look(api, SERVICE)
    managers = {hostname_of(node) for node in api.nodes() if node["Spec"]["Role"] == "manager"}
    astray = sorted({task.node for task in state.tasks if task.runs} & managers)
    if astray:
        return failed(f"a task of {SERVICE} runs on {astray[0]}, a manager: a constraint keeps it away")
    if not state.there:
        return failed(f"{state.replicas} tasks run: {diagnosis(state.tasks) or 'they are on their way'}")
    return passed(f"{REPLICAS} tasks, on workers only, and the password stands in no description")


EXERCISES = (
    Exercise(
        id="17.1",
        task=f"Run a service `{SERVICE}`: the `web` image, three replicas, published at port {PORT}, on"
        f" workers only, with a secret `{SECRET}` that its tasks can read as a file.",
        hints=(
            f"First the secret: `docker secret create {SECRET} -` reads it from standard input.",
            "Where a task may run is said by a constraint: `--constraint 'node.role == worker'`.",
            f"`docker service create --name {SERVICE} --replicas {REPLICAS} -p {PORT}:{INSIDE}` …, and"
            f" `--secret {SECRET}`. A service that is wrong goes with `docker service rm {SERVICE}`.",
        ),
        start=FORM,
        scene=(("swarm", "swarm"),),
        ready=is_swarm,
        solution=MAKE_SECRET + created(),
        shell=f"head -c 18 /dev/urandom | base64 | docker secret create {SECRET} -\n"
        f"docker service create --name {SERVICE} --replicas {REPLICAS} -p {PORT}:{INSIDE}"
        f" --constraint '{WORKERS}' --secret {SECRET} {{web}}",
        judge=judge_page,
        makes=(),
        mistakes={
            "another image": MAKE_SECRET + created(wait="False").replace("{web}", "{small}"),
            "a container": f'vm1.containers.run("{{web}}", name="{SERVICE}", detach=True)\n',
            "on every node": MAKE_SECRET + created(replicas="None"),
            "one replica": MAKE_SECRET + created(replicas="1"),
            "on the manager too": MAKE_SECRET + created(constraints=""),
            "nothing published": MAKE_SECRET + created(ports=""),
            "a password in the open": created(
                secrets="", environment='{"PAGE_PASSWORD": "correct horse battery staple"}'
            ),
            "no password": created(secrets=""),
            "a constraint that nothing meets": MAKE_SECRET
            + created(constraints='["node.role == labourer"]', wait="False"),
        },
    ),
)
