"""Exercise of section 18: a load balancer that knows which machine is the slower one."""

from __future__ import annotations

import re
from typing import Any

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.course.exercises.swarm import is_swarm, judge_swarm
from sosclib.course.swarms import FORM, WEB, WEB_PORT
from sosclib.measure.upstreams import FORMAT, logged

NAME, PORT, INSIDE, CONFIG = "weighted", 8090, "80/tcp", "/etc/nginx/nginx.conf"
REQUESTS, PART = 40, 3
"""VM1 gets so many times what VM2 gets."""
LEEWAY = 2
"""Several worker processes of nginx take turns each for itself."""
ASK = (
    f"for i in $(seq {REQUESTS}); do"
    f" curl -s -m 5 -o /dev/null -w '%{{http_code}}\\n' http://localhost:{PORT}/; done"
)
COMMENT, SERVER = re.compile(r"#.*"), re.compile(r"\bserver\s+([\d.]+):\d+")
POLICIES = ("always", "unless-stopped")
START = f"""{FORM}if not any(one["Spec"]["Name"] == "{WEB}" for one in vm1.services.raw()):
    how = dict(replicas=5, ports={{{WEB_PORT}: 80}})
    if not vm1.has_mesh:
        how = dict(replicas=None, ports={{{WEB_PORT}: 80}}, publish_mode="host")
    vm1.services.create("{{web}}", name="{WEB}", no_healthcheck=True, **how)
"""
LINES = (
    "events {}",
    "http {",
    f"    log_format upstreamlog '{FORMAT}';",
    "    access_log /var/log/nginx/access.log upstreamlog;",
    "    upstream swarm_cluster {",
    f"        server {{vm1}}:{WEB_PORT} weight={PART};",
    f"        server {{vm2}}:{WEB_PORT};",
    "    }",
    "    server {",
    "        listen 80;",
    "        location / { proxy_pass http://swarm_cluster; }",
    "    }",
    "}",
)
FROM, COPY = "FROM {web}", f"COPY nginx.conf {CONFIG}"


def running(*lines: str, restart: str = "unless-stopped", port: int = PORT) -> str:
    """Return code that builds the image of these lines and runs it."""
    text = "\n".join(lines)
    policy = f', restart="{restart}"' if restart else ""
    return f'''vm1.sh("""mkdir -p swarm/{NAME}
cat > swarm/{NAME}/nginx.conf <<'END'
{text}
END
cat > swarm/{NAME}/Dockerfile <<'END'
{FROM}
{COPY}
END""")
vm1.images.build("swarm/{NAME}", tag="{NAME}")
vm1.containers.run("{NAME}", detach=True, name="{NAME}", ports={{"{INSIDE}": {port}}}{policy})
'''


def judge_weighted(desk: Desk) -> Result:
    """Do the pages come, three from VM1's port for each one from VM2's, and will they after a restart."""
    if (unformed := judge_swarm(desk)) is not None:
        return unformed
    about = looking.container(desk, NAME)
    if about is None:
        return untried(f"there is no container {NAME} yet")
    if not about["State"]["Running"]:
        last = (looking.log(desk, NAME).splitlines() or ["it wrote nothing"])[-1]
        return failed(f"{NAME} does not run. Its last words: {last}")
    # At which port it listens inside is its own affair: whether pages come is seen below.
    bindings = (about["HostConfig"]["PortBindings"] or {}).values()
    if str(PORT) not in [one["HostPort"] for bound in bindings for one in bound or ()]:
        return failed(f"{NAME} is not published at port {PORT}: -p {PORT}:80")
    return _judge_answers(desk) or _judge_spread(desk) or _judge_list(desk) or _judge_policy(about)


def _judge_answers(desk: Desk) -> Result | None:
    codes = desk.vm1.node.sh(ASK).stdout.split()
    good = codes.count("200")
    if good == len(codes) == REQUESTS:
        return None
    worst = next((code for code in codes if code != "200"), "none")
    said = "no answer" if worst == "000" else f"HTTP {worst}"
    return failed(
        f"of {REQUESTS} requests {good} were answered with a page; the first other one: {said}."
        f" At which port do the machines answer? The last log line is a help: docker logs {NAME}"
    )


def _judge_spread(desk: Desk) -> Result | None:
    data = logged(desk.vm1.docker.api, NAME, REQUESTS).tail(REQUESTS)
    if len(data) < REQUESTS:
        return failed(
            "its log does not say where a request went: the format belongs into the block http,"
            " and access_log has to name it"
        )
    one, two = (_number(data, machine.node.private_address) for machine in (desk.vm1, desk.vm2))
    told = f"VM1 got {one} of {REQUESTS} requests, VM2 {two}"
    if not two and (data["tried"] > 1).any():
        return failed(f"{told}: VM2 was asked, and did not answer. Is it the right port?")
    if not two:
        return failed(f"{told}: VM2 would do nothing at all. It is to get one in four")
    if one == two:
        return failed(f"{told}: the same for both. A server's line may have a weight")
    if one < two:
        return failed(f"{told}: the wrong way round")
    if abs(one - REQUESTS * PART / (PART + 1)) > LEEWAY:
        return failed(f"{told}; it should be {PART} for VM1 for each one for VM2")
    return None


def _number(data: Any, address: str) -> int:
    return int((data["upstream"] == f"{address}:{WEB_PORT}").sum())


def _judge_list(desk: Desk) -> Result | None:
    found = servers(_configuration(desk))
    twice = sorted({one for one in found if found.count(one) > 1})
    if not twice:
        return None
    name = "VM1" if twice[0] == desk.vm1.node.private_address else "VM2"
    return failed(
        f"the shares are right, but {name} stands in the list {found.count(twice[0])} times, and nginx takes"
        " that for as many machines: when it is down, each of them has to fail first. Say it by a weight"
    )


def _configuration(desk: Desk) -> str:
    """Return nginx's configuration with all files that it includes, or its file where nginx does not tell."""
    api: Any = desk.vm1.docker.api
    run = api.exec_create(NAME, ["nginx", "-T"], stderr=False)["Id"]
    told: bytes = api.exec_start(run)
    if api.exec_inspect(run)["ExitCode"]:
        told = looking.file_in_container(desk, NAME, CONFIG) or b""
    return told.decode(errors="replace")


def servers(configuration: str) -> list[str]:
    """Return the addresses that a configuration of nginx lists, each as often as it stands there."""
    return SERVER.findall(COMMENT.sub("", configuration))


def _judge_policy(about: dict[str, Any]) -> Result:
    policy = about["HostConfig"]["RestartPolicy"]["Name"] or "no"
    if policy not in POLICIES:
        return failed(
            f"it works, until the engine or VM1 is started anew: its restart policy is `{policy}`, and nobody"
            " will start it then"
        )
    return passed(f"{PART} to 1, each machine listed once, and it comes back by itself")


def _but(old: str, new: str) -> tuple[str, ...]:
    return tuple(line.replace(old, new) for line in LINES if line.replace(old, new))


VM1_LINE = LINES[5]
TWICE = tuple(
    one
    for line in LINES
    for one in ([line.replace(f" weight={PART}", "")] * (PART if line == VM1_LINE else 1))
)
OUTSIDE = (*LINES[:2], *LINES[4:], LINES[2].strip(), LINES[3].strip())

EXERCISES = (
    Exercise(
        id="18.1",
        task=f"VM2 is the older machine, and shall have less to do: **one request in four**. Run a load"
        f" balancer named `{NAME}`, published at port **{PORT}** of VM1, that lists each machine **once**,"
        " logs where requests go in the format from above, and comes back **by itself** after the engine was"
        f" restarted. The machines are at `{{vm1}}:{WEB_PORT}` and `{{vm2}}:{WEB_PORT}`.",
        hints=(
            "What a server's line in `upstream` may say is in nginx's manual, ngx_http_upstream_module: one"
            " word of it is `weight=`.",
            f"Before you run it: `docker run --rm {NAME} nginx -t`. And it is the *container* that has a"
            " restart policy, `--restart unless-stopped`, not nginx.",
            f"The weights 3 and 1: `server {{vm1}}:{WEB_PORT} weight=3;` and `server {{vm2}}:{WEB_PORT};`."
            f" All else is as before. A container that is wrong goes with `docker rm -f {NAME}`.",
        ),
        start=START,
        scene=(("service", WEB),),
        ready=is_swarm,
        solution=running(*LINES),
        shell=f"mkdir -p swarm/{NAME}\n"
        "printf '%s\\n' "
        + " ".join('"' + line.replace("$", "\\$") + '"' for line in LINES)
        + f" > swarm/{NAME}/nginx.conf\n"
        f"printf '%s\\n' '{FROM}' '{COPY}' > swarm/{NAME}/Dockerfile\n"
        f"docker build -t {NAME} swarm/{NAME}\n"
        f"docker run -d --name {NAME} -p {PORT}:80 --restart unless-stopped {NAME}",
        judge=judge_weighted,
        makes=(("container", NAME), ("image", f"{NAME}:latest")),
        mistakes={
            "the log's format outside the block": running(*OUTSIDE),
            "the same for both": running(*_but(f" weight={PART}", "")),
            "the wrong way round": running(
                *(
                    line.replace(f" weight={PART}", "").replace("{vm2}:8082", f"{{vm2}}:8082 weight={PART}")
                    for line in LINES
                )
            ),
            "two to one": running(*_but(f"weight={PART}", "weight=2")),
            "VM1 listed three times": running(*TWICE),
            "VM2 as a reserve only": running(*_but(f"{{vm2}}:{WEB_PORT}", f"{{vm2}}:{WEB_PORT} backup")),
            "a port at which nobody answers": running(*_but(f":{WEB_PORT}", ":8083")),
            "VM2 at a wrong port": running(*_but(f"{{vm2}}:{WEB_PORT}", "{vm2}:8083")),
            "a log that does not tell": running(*_but("access.log upstreamlog", "access.log")),
            "another port": running(*LINES, port=8091),
            "no restart policy": running(*LINES, restart=""),
        },
    ),
)
