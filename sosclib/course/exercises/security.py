"""The exercise of section 14: a container that is open at every end is closed, and works as before."""

from __future__ import annotations

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.claims import scene_was_set
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.lab.errors import SoscError
from sosclib.measure.probes import findings, inside

SHOP = "shop"
PASSWORD, FILE = "swordfish", "/run/secrets/password"
PAGE = "Welcome to nginx"
ASK = """
exec 3<>/dev/tcp/127.0.0.1/80
printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3
cat <&3
"""
PATIENCE = 10
"""How often a page is asked for, a second apart: a server needs a moment to begin."""

START = f"""
vm1.sh("mkdir -p scratch && echo {PASSWORD} > scratch/password")
vm1.containers.run(
    sosc.image("web"),
    detach=True,
    name="{SHOP}",
    user="root",
    environment={{"PASSWORD": "{PASSWORD}"}},
    volumes=["/var/run/docker.sock:/var/run/docker.sock"],
    security_opt=["seccomp=unconfined"],
)
"""
ANEW = f'vm1.containers.remove("{SHOP}", force=True)\n'
OPTIONS = {
    "read_only": "read_only=True",
    "tmpfs": 'tmpfs={"/run": "uid=101", "/var/lib/nginx": "uid=101", "/var/cache/nginx": "uid=101"}',
    "user": 'user="101"',
    "cap_drop": 'cap_drop=["ALL"]',
    "security_opt": 'security_opt=["no-new-privileges"]',
    "pids_limit": "pids_limit=64",
    "mem_limit": 'mem_limit="128m"',
    "volumes": f'volumes=["$PWD/scratch/password:{FILE}:ro"]',
}


def judge_shop(desk: Desk) -> Result:
    """Are all probes held off, and does the container still do its work."""
    found = looking.container(desk, SHOP)
    if found is None:
        if not scene_was_set(desk, "14.1"):
            return untried("the scene is not set: call .start() first")
        return failed(f"there is no container {SHOP} now; start it anew, with better options")
    if (ended := _ended(desk)) is not None:
        return ended
    try:
        tried = findings(desk.vm1, SHOP)
    except SoscError:
        # It may have come to its end while it was looked at.
        if (ended := _ended(desk)) is not None:
            return ended
        raise
    came_in = [one for one in tried if one.seen]
    if len(came_in) == len(tried):
        return untried(f"{SHOP} is as it was: all {len(tried)} probes get in")
    if came_in:
        first, *others = came_in
        more = f" (and {len(others)} more of {len(tried)} probes get in)" if others else ""
        return failed(f"{first.probe.name}: {first.seen}; what helps: {first.probe.remedy}{more}")
    return _works(desk, len(tried))


def _ended(desk: Desk) -> Result | None:
    """Judge a container that does not run; None where it does."""
    found = looking.container(desk, SHOP)
    if found is not None and found["State"]["Running"]:
        return None
    last = (looking.log(desk, SHOP).splitlines() or ["it wrote nothing"])[-1]
    return failed(f"{SHOP} does not run; the last line of its log: {last}")


def _works(desk: Desk, probes: int) -> Result:
    """Tell whether the page is given out, and the password can be read by whom it is for."""
    if PAGE not in _page(desk):
        return failed(f"all {probes} probes are held off, but {SHOP} gives out no page any more")
    if inside(desk.vm1, SHOP, ["cat", FILE]).strip() != PASSWORD:
        return failed(f"all {probes} probes are held off, but the program cannot read its password in {FILE}")
    return passed(f"all {probes} probes are held off, and {SHOP} works as before")


def _page(desk: Desk) -> str:
    script = f"for n in $(seq {PATIENCE}); do ({ASK}) 2>/dev/null && exit; sleep 1; done"
    return inside(desk.vm1, SHOP, ["bash", "-c", script])


def _start(**changed: str) -> str:
    """Return the code that starts the shop anew with all options but some changed, or left out."""
    options = {**OPTIONS, **changed}
    lines = "".join(f"    {option},\n" for option in options.values() if option)
    return (
        f'{ANEW}vm1.containers.run(\n    sosc.image("web"),\n    detach=True,\n    name="{SHOP}",\n{lines})\n'
    )


EXERCISES = (
    Exercise(
        id="14.1",
        task=f"`.start()` leaves a web server named `{SHOP}` that is open at every end, and on the machine"
        f" the file `scratch/password`. Start `{SHOP}` anew so that none of the probes gets in, and it still"
        f" does its work: it gives out its page, and it finds its password in `{FILE}`.",
        hints=(
            f'`sosc.probe(vm1, "{SHOP}")` shows which probes get in; take them one by one. Each time remove'
            f' {SHOP} (`vm1.containers.remove("{SHOP}", force=True)`) and start it anew.',
            f"The password: `-v $PWD/scratch/password:{FILE}:ro`. The options: `--user 101`, `--read-only`,"
            " `--cap-drop ALL`, `--security-opt no-new-privileges`, `--pids-limit`, `--memory`.",
            "With `--read-only` the server wants to write in a few places all the same; `docker logs` says"
            " where. Give it a `--tmpfs` for each, as its own: `--tmpfs /run:uid=101`, and the same for"
            " /var/lib/nginx (Docker Hub's nginx: /var/cache/nginx).",
        ),
        start=START,
        scene=(("container", SHOP),),
        solution=_start().strip(),
        shell=f"docker rm -f {SHOP}\n"
        f"docker run -d --name {SHOP} --user 101 --read-only --tmpfs /run:uid=101"
        " --tmpfs /var/lib/nginx:uid=101 --tmpfs /var/cache/nginx:uid=101"
        " --cap-drop ALL --security-opt no-new-privileges --pids-limit 64"
        f' --memory 128m -v "$PWD/scratch/password:{FILE}:ro" {{web}}',
        judge=judge_shop,
        makes=(("container", SHOP),),
        mistakes={
            "only removed": ANEW,
            "root as before": _start(user='user="0"'),
            "nowhere to write": _start(tmpfs=""),
            "a tmpfs of root's": _start(tmpfs='tmpfs={"/run": "", "/var/lib/nginx": ""}'),
            "a file system to write to": _start(read_only="", tmpfs=""),
            "some of the capabilities": _start(cap_drop='cap_drop=["NET_RAW", "SYS_CHROOT"]'),
            "new privileges": _start(security_opt=""),
            "no filter": _start(security_opt='security_opt=["no-new-privileges", "seccomp=unconfined"]'),
            "as many processes as it likes": _start(pids_limit=""),
            "the socket for convenience": _start(
                volumes=f'volumes=["$PWD/scratch/password:{FILE}:ro",'
                ' "/var/run/docker.sock:/var/run/docker.sock:ro"]'
            ),
            "the password in the environment too": _start(
                env=f'environment={{"SHOP_PASSWORD": "{PASSWORD}"}}'
            ),
            "the password forgotten": _start(volumes=""),
        },
    ),
)
