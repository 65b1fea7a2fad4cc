"""Exercises of section 12: a third service in the stack, which must reach the database and nobody else."""

from __future__ import annotations

from typing import Any

from sosclib.course.checks import Exercise, Result, failed, passed, untried
from sosclib.course.desk import Desk
from sosclib.course.exercises import looking
from sosclib.course.stacks import WORDPRESS
from sosclib.engine.compose_labels import DEPENDS_LABEL, SERVICE_LABEL, VOLUME_LABEL, of_stack

SERVICE, VOLUME, NETWORK = "backup", "backups", "backend"
FOLDER, FILE = "/backup", "wordpress.sql"
SECRET = "/run/secrets/database_password"
WHOLE = b"-- Dump completed"
"""What the last line of a dump begins with."""
DUMP = (
    f"sh -c 'MYSQL_PWD=$$(cat {SECRET}) mysqldump --no-tablespaces -h database -u wordpress wordpress"
    f" > {FOLDER}/{FILE}'"
)
HEALTHY = "service_healthy"
WAITS = f"    depends_on: {{database: {{condition: {HEALTHY}}}}}"
LINES = (
    "services:",
    f"  {SERVICE}:",
    "    image: ${DATABASE_IMAGE}",
    f"    command: {DUMP}",
    WAITS,
    "    secrets: [database_password]",
    f"    networks: [{NETWORK}]",
    f"    volumes: ['{VOLUME}:{FOLDER}']",
    "volumes:",
    f"  {VOLUME}:",
)
OVERRIDE = f"{WORDPRESS}/compose.override.yaml"

PASSWORD = f"{WORDPRESS}/secrets/database_password"
NEW = f"head -c 18 /dev/urandom | base64 > {PASSWORD}"
# A database that was made with a password keeps it, and so the file has to.
START = f"""
from sosclib.course.stacks import port_of
stack = sosc.write_stack("{WORDPRESS}", web_port=port_of("{WORDPRESS}", 8080))
vm1.sh("mkdir -p {WORDPRESS}/secrets && test -s {PASSWORD} || {NEW}")
stack.up("database", wait=True)
"""
RUN = f'\nstack = vm1.compose.project("wordpress")\nstack.up("{SERVICE}")\n'
WAIT = f'vm1.docker.api.wait(stack.container("{SERVICE}"))\n'


def written(*lines: str) -> str:
    """Return code that writes the file beside the stack's own, and lets the service work until it ends."""
    text = "\n".join(lines)
    return f'vm1.sh("""cat > {OVERRIDE} <<\'END\'\n{text}\nEND""")' + RUN + WAIT


def judge_backup(desk: Desk) -> Result:
    """Has a third service written the database into a volume of its own, and reached nobody else."""
    about = _service(desk, SERVICE)
    if about is None:
        if _service(desk, "database") is None:
            return untried("the stack is not there: .start() brings it about")
        return untried(f"the stack has no service {SERVICE} yet")
    container = about["Name"].lstrip("/")
    password = desk.vm1.node.sh(f"cat {PASSWORD}").stdout.strip()
    said = "\n".join([*(about["Config"]["Env"] or ()), about["Path"], *about["Args"]])
    if password and password in said:
        return failed(
            f"{SERVICE} has the password in the open: `docker inspect {container}` shows it to everybody;"
            f" let it read the secret from {SECRET}"
        )
    if not _waits(about):
        return failed(
            f"{SERVICE} does not wait until the database is healthy: `depends_on:` with the `condition:`"
            f" {HEALTHY} lets Compose start it then, and not before"
        )
    networks = sorted(name.rpartition("_")[2] for name in about["NetworkSettings"]["Networks"])
    if networks != [NETWORK]:
        return failed(f"{SERVICE} is in {', '.join(networks)}; it needs {NETWORK}, and nothing else")
    if about["State"]["Running"]:
        return failed(f"{SERVICE} still runs; it should end: docker compose logs {SERVICE}")
    if about["State"]["ExitCode"]:
        last = looking.log(desk, container).splitlines()[-1:] or ["it wrote nothing"]
        return failed(f"{SERVICE} ended with exit code {about['State']['ExitCode']}: {last[0]}")
    return _judge_file(desk, about, container)


def _waits(about: dict[str, Any]) -> bool:
    """Tell whether Compose starts it only once the database is healthy."""
    depends = about["Config"]["Labels"].get(DEPENDS_LABEL, "").split(",")
    return any(one.split(":")[:2] == ["database", HEALTHY] for one in depends)


def _judge_file(desk: Desk, about: dict[str, Any], container: str) -> Result:
    mount = next((one for one in about["Mounts"] if one["Destination"] == FOLDER), None)
    if mount is None or mount["Type"] != "volume":
        return failed(f"{SERVICE} has no volume at {FOLDER}: when its container goes, so does the dump")
    labels = desk.vm1.docker.api.inspect_volume(mount["Name"])["Labels"] or {}
    if labels.get(VOLUME_LABEL) != VOLUME:
        return failed(f"the volume at {FOLDER} is not {VOLUME}; who has to find the dump needs that name")
    dump = looking.file_in_container(desk, container, f"{FOLDER}/{FILE}")
    if dump is None:
        return failed(f"there is no {FILE} in the volume; what did {SERVICE} write, and where?")
    if WHOLE not in dump:
        return failed(f"{FILE} is no whole dump: its last line should say that it is complete")
    return passed(f"the database lies in the volume {VOLUME}, and no password stands anywhere in the open")


def _service(desk: Desk, name: str) -> dict[str, Any] | None:
    """Return what ``docker inspect`` says of the container of one of the stack's services."""
    api: Any = desk.vm1.docker.api
    project = desk.vm1.ownership.project(WORDPRESS)
    found = api.containers(all=True, filters=of_stack(project, f"{SERVICE_LABEL}={name}"))
    return dict(api.inspect_container(found[0]["Id"])) if found else None


def _but(old: str, new: str) -> tuple[str, ...]:
    return tuple(line.replace(old, new) for line in LINES if line.replace(old, new))


EXERCISES = (
    Exercise(
        id="12.1",
        task=f"Give the stack a third service named `{SERVICE}`: it writes all of the database into"
        f" `{FOLDER}/{FILE}`, in a named volume `{VOLUME}` of its own, and ends. It is in the network"
        f" `{NETWORK}` only, waits until the database is healthy, and reads the password from the secret."
        " You may change `compose.yaml`, or write a file `compose.override.yaml` beside it, which Compose"
        " takes as well.",
        hints=(
            "The database's image brings the program that is needed: `mysqldump -h database -u wordpress"
            " wordpress` prints the database as SQL. It takes the password from the variable `MYSQL_PWD`.",
            f"The command needs a shell for `>` and `$`: `sh -c 'MYSQL_PWD=$$(cat {SECRET}) mysqldump …'`."
            " The dollar is doubled because Compose would fill in a single one itself.",
            "Below `services:` the service needs image, command, depends_on, secrets, networks, volumes; at"
            f" the file's end `volumes:` must name `{VOLUME}` too. `docker compose up -d {SERVICE}` runs it.",
        ),
        start=START,
        scene=(("container", "{stack}-database-1"),),
        files=(f"{WORDPRESS}/compose.yaml", OVERRIDE),
        solution=written(*LINES),
        shell="printf '%s\\n' "
        + " ".join("'" + line.replace("'", "'\\''") + "'" for line in LINES)
        + f" > {OVERRIDE}\n"
        f"cd {WORDPRESS} && docker compose up -d {SERVICE}\n"
        f"cd {WORDPRESS} && docker wait $(docker compose ps -aq {SERVICE})",
        judge=judge_backup,
        makes=(),
        mistakes={
            "a password in the open": f"password = vm1.node.sh('cat {PASSWORD}').stdout.strip()\nlines = "
            + repr("\n".join(_but(f"$$(cat {SECRET})", "PASSWORD")))
            + ".replace('PASSWORD', password)\n"
            + f"vm1.node.sh('cat > {OVERRIDE}', stdin=lines + '\\n')"
            + RUN
            + WAIT,
            "it does not wait": written(*_but(WAITS, "")),
            "it waits for no more than a start": written(*_but(HEALTHY, "service_started")),
            "in no network of the stack's": written(*_but(f"    networks: [{NETWORK}]", "")),
            "in the frontend too": written(*_but(f"[{NETWORK}]", f"[{NETWORK}, frontend]")),
            "no volume": written(*(line for line in LINES[:-2] if VOLUME + ":" not in line)).replace(
                f" > {FOLDER}/", " > /"
            ),
            "another volume": written(*_but(VOLUME, "somewhere")),
            "a wrong host": written(*_but("-h database", "-h 127.0.0.1")),
            "an empty file": written(*_but("mysqldump --no", "true --no")),
        },
    ),
)
