"""Exercise of section 16: a fourth service in another technology, which no other service knows of."""

from __future__ import annotations

import json
from typing import Any

import docker.errors

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.engine.compose_labels import SERVICE_LABEL, members

STACK, SERVICE, PORT = "services", "constants", 8000
OWN = ("front", "store", "compute")
LINE = "g = 9.81"
COPIES = 2
OVERRIDE = f"{STACK}/compose.override.yaml"
LINES = (
    "services:",
    f"  {SERVICE}:",
    "    image: {small}",
    f"    command: httpd -f -p {PORT} -h /pages",
    f'    volumes: ["./{SERVICE}:/pages:ro"]',
)
ASK = (
    "import json, sys, urllib.request as web\n"
    "def page(url):\n"
    "    try:\n"
    "        with web.urlopen(url, timeout=10) as answer:\n"
    "            return answer.read().decode(errors='replace').strip()\n"
    "    except OSError:\n"
    "        return None\n"
    "print(json.dumps([page(url) for url in sys.argv[1:]]))"
)
"""A program for the container of front: the pages of these addresses, as JSON; null where none came."""

START = f"""
from sosclib.course.stacks import port_of
stack = sosc.write_stack("{STACK}", web_port=port_of("{STACK}", 8081))
stack.up(build=True, wait=True)
"""


def written(*lines: str, page: str = LINE, copies: int = COPIES, service: str = SERVICE) -> str:
    """Return code that writes the page and the file beside the stack's own, and starts the service.

    Parameters
    ----------
    *lines : str
        Of the file.
    page : str
    copies : int
    service : str
        The one that is started in so many copies.
    """
    text = "\n".join(lines)
    folder = f"{STACK}/{SERVICE}"
    return (
        f"vm1.sh(\"mkdir -p {folder} && echo '{page}' > {folder}/index.html\")\n"
        f'vm1.sh("""cat > {OVERRIDE} <<\'END\'\n{text}\nEND""")\n'
        f'vm1.compose.project("{STACK}").up(scale={{"{service}": {copies}}})\n'
    )


def judge_constants(desk: Desk) -> Result:
    """Does a fourth service, no Python program, answer behind the front door in two copies of its own."""
    there = _containers(desk)
    front = _front(there)
    if front is None:
        return untried("the stack is not there, or its front does not run: .start() brings it about")
    if SERVICE not in there:
        others = sorted({*there} - {*OWN})
        if not others:
            return untried(f"the stack has no service {SERVICE} yet")
        return failed(
            f"there is a service {others[0]}, and front asks for {SERVICE}: a service's name is its address"
        )
    theirs = {one["Image"] for name in OWN for one in there.get(name, ())}
    return (
        _judge_image(desk, there[SERVICE][0], theirs)
        or _judge_containers(desk, there[SERVICE])
        or _judge_answers(desk, front, there[SERVICE])
    )


def has_front(desk: Desk) -> bool:
    """Tell whether the stack has a front that runs."""
    return _front(_containers(desk)) is not None


def _containers(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """Return what ``docker inspect`` says of the stack's containers, by service."""
    api: Any = desk.vm1.docker.api
    there: dict[str, list[dict[str, Any]]] = {}
    for raw in members(api, desk.vm1.ownership.project(STACK)):
        there.setdefault(raw["Labels"][SERVICE_LABEL], []).append(api.inspect_container(raw["Id"]))
    return there


def _front(there: dict[str, list[dict[str, Any]]]) -> dict[str, Any] | None:
    return next((one for one in there.get("front", ()) if one["State"]["Running"]), None)


def _judge_image(desk: Desk, found: dict[str, Any], theirs: set[str]) -> Result | None:
    """See that the image is neither one of the other services' nor made from theirs."""
    below = _layers(desk, desk.catalogue.resolve("python"))
    if found["Image"] in theirs or (below and _layers(desk, found["Image"])[: len(below)] == below):
        image = found["Config"]["Image"]
        return failed(f"{SERVICE} is made from {image}, as the others; the task is another technology")
    return None


def _layers(desk: Desk, image: str) -> list[str]:
    """Return an image's layers from the lowest on; none where it is not here."""
    api: Any = desk.vm1.docker.api
    try:
        about = api.inspect_image(image)
    except docker.errors.ImageNotFound:
        return []
    return list(about["RootFS"].get("Layers") or ())


def _judge_containers(desk: Desk, found: list[dict[str, Any]]) -> Result | None:
    """Return what is wrong with the service's containers; None where nothing is."""
    if any(binding for one in found for binding in (one["HostConfig"]["PortBindings"] or {}).values()):
        return failed(
            f"{SERVICE} is published to the world; visitors come through front, and need no other door"
        )
    running = [one for one in found if one["State"]["Running"]]
    if not running:
        name = found[0]["Name"].lstrip("/")
        last = looking.log(desk, name).splitlines()[-1:] or ["it wrote nothing"]
        return failed(f"{SERVICE} does not run: {last[0]}")
    if len(running) != COPIES:
        return failed(f"of {SERVICE} runs {len(running)}, where {COPIES} copies are asked for: --scale")
    return None


def _judge_answers(desk: Desk, front: dict[str, Any], found: list[dict[str, Any]]) -> Result:
    mine, theirs = (set(one["NetworkSettings"]["Networks"]) for one in (front, found[0]))
    if not mine & theirs:
        return failed(f"{SERVICE} is in no network with front, which cannot even find its name")
    urls = [f"http://localhost:{PORT}/{SERVICE}"] * COPIES
    answers = _asked_inside(desk, front["Id"], urls)
    if None in answers:
        return failed(f"front gets no page from {SERVICE}: all services of this stack listen at port {PORT}")
    if any(answer != LINE for answer in answers):
        return failed(f"{SERVICE} answers {answers[0]!r}; the page should say {LINE!r}, and nothing else")
    return passed(f"no other service was touched, and visitors read {LINE!r}")


def _asked_inside(desk: Desk, container: str, urls: list[str]) -> list[str | None]:
    """Return the pages that a container of Python gets of some addresses."""
    api: Any = desk.vm1.docker.api
    run = api.exec_create(container, ["python3", "-c", ASK, *urls], stderr=False)
    answers: list[str | None] = json.loads(api.exec_start(run["Id"]))
    return answers


def _but(old: str, new: str) -> tuple[str, ...]:
    return tuple(line.replace(old, new) for line in LINES)


EXERCISES = (
    Exercise(
        id="16.1",
        task=f"Give the stack a fourth service named `{SERVICE}`, without a line of Python: the web server"
        f" of `{{small}}` hands out a page that says `{LINE}`, and nothing else. It runs in two copies, is"
        f" not published, and visitors find it behind the front door at `/{SERVICE}`. The other services stay"
        f" as they are: front hands on to whatever service a path names, at port {PORT}.",
        hints=(
            f"`httpd -f -p {PORT} -h /pages` is BusyBox's web server: in the foreground, at this port, with"
            " the files of this folder. A start page is called `index.html`.",
            f"Write `{SERVICE}/index.html` in the folder `{STACK}`, and let a line `volumes:` bring that"
            f' folder into the container: `["./{SERVICE}:/pages:ro"]`.',
            f"`compose.override.yaml` beside the stack's own file needs `services:`, `{SERVICE}:`, and below"
            " it image, command, volumes."
            f" `docker compose up -d --scale {SERVICE}={COPIES}` starts it.",
        ),
        start=START,
        scene=(("container", f"{{stack:{STACK}}}-front-1"),),
        ready=has_front,
        files=(f"{STACK}/compose.yaml", OVERRIDE),
        solution=written(*LINES),
        shell=f"mkdir -p {STACK}/{SERVICE} && echo '{LINE}' > {STACK}/{SERVICE}/index.html\n"
        "printf '%s\\n' " + " ".join(f"'{line}'" for line in LINES) + f" > {OVERRIDE}\n"
        f"cd {STACK} && docker compose up -d --scale {SERVICE}={COPIES}",
        judge=judge_constants,
        makes=(),
        mistakes={
            "another name": written(*_but(f"  {SERVICE}:", "  numbers:"), service="numbers"),
            "another port": written(*_but(str(PORT), "80")),
            "only one copy": written(*LINES, copies=1),
            "published": written(*LINES, '    ports: ["18486-18487:8000"]'),
            "one more Python": written(
                *_but("{small}", "{python}")[:3],
                f"    command: python3 -m http.server -d /pages {PORT}",
                LINES[-1],
            ),
            "in no network": written(*LINES, "    network_mode: none"),
            "another page": written(*LINES, page="g = 10"),
            "it ends at once": written(*_but("httpd -f", "httpd -x")),
        },
    ),
)
