"""A registry with accounts, as Docker Hub is one: a container on VM1, new for each section that pushes."""

from __future__ import annotations

import io
import json
import secrets
import shlex
import tarfile
import time
from dataclasses import dataclass, field
from typing import Any

import bcrypt
import docker
import docker.errors

from sosclib.lab.errors import LabError
from sosclib.lab.image_archive import add_file
from sosclib.lab.lab import Lab, Progress, quiet
from sosclib.lab.node import Node
from sosclib.lab.registry import LOOPBACK, PATIENCE, TAKEN, find, load, make
from sosclib.lab.registry import PORT as INSIDE

PORT = 5001
USER = "student"
ACCOUNTS = "registry-accounts"
PASSWORD_FILE, NETRC_FILE = ".registry-password", ".registry-netrc"
LOGINS = ".docker/config.json"
OURS = "localhost:"
ENVIRONMENT = {
    "REGISTRY_AUTH": "htpasswd",
    "REGISTRY_AUTH_HTPASSWD_REALM": "the course's registry",
    "REGISTRY_AUTH_HTPASSWD_PATH": f"/etc/{ACCOUNTS}",
}
CLOSED_DOOR = ("no basic auth credentials", "unauthorized", "authentication required")
HUB_ADDRESS = "docker.io"


@dataclass(frozen=True)
class Account:
    """Somebody's account at a registry.

    Attributes
    ----------
    user : str
    address : str
        The registry's, ``localhost:5001``; ``docker.io`` for Docker Hub.
    password : str
        Empty where only its owner knows it.
    """

    user: str
    address: str = HUB_ADDRESS
    password: str = field(default="", repr=False)

    @property
    def on_docker_hub(self) -> bool:
        """Whether the registry is Docker Hub."""
        return self.address == HUB_ADDRESS

    @property
    def prefix(self) -> str:
        """What the names of the account's images begin with, ``localhost:5001/student``."""
        return self.user if self.on_docker_hub else f"{self.address}/{self.user}"

    @property
    def login(self) -> str:
        """What one types to log in: with the file of the password, or to be asked for it."""
        if self.password:
            return f"docker login -u {self.user} --password-stdin {self.address} < {PASSWORD_FILE}"
        return f"docker login -u {self.user}" + ("" if self.on_docker_hub else f" {self.address}")


def start_hub(lab: Lab, progress: Progress = quiet) -> Account:
    """Start an empty registry with one account, of which the machines get to know the password.

    A registry of this lab that is there already is replaced.

    Returns
    -------
    Account

    Raises
    ------
    LabError
        Where it does not start.
    """
    client = lab.nodes["vm1"].docker
    remove_hub(lab)
    progress("Starting a registry with an account for you")
    password = secrets.token_urlsafe(12)
    port = _run(lab, client, load(client, progress), password)
    account = Account(USER, f"localhost:{port}", password)
    _await(client, account, _name(lab))
    for node in lab.nodes.values():
        _tell(node, account)
    return account


def remove_hub(lab: Lab) -> bool:
    """Remove the lab's registry with accounts, and the logins there; tell whether there was one."""
    client = lab.nodes["vm1"].docker
    api: Any = client.api
    found = find(api, _name(lab))
    if found is None:
        return False
    api.remove_container(found["Id"], force=True, v=True)
    if not lab.brings_registry:
        try:
            api.remove_image(found["ImageID"])
        except docker.errors.APIError as error:
            if error.status_code != 409:
                raise  # 409: the registry that hands out the course's images is made from it as well
    for node in lab.nodes.values():
        node.sh(f"rm -f {PASSWORD_FILE} {NETRC_FILE}")
        _log_out(node)
    return True


def _name(lab: Lab) -> str:
    return f"sosc-hub-{lab.mark}"


def _run(lab: Lab, client: docker.DockerClient, image: str, password: str) -> int:
    """Make and start the container, at a port of the engine's choice where a node's usual one is taken."""
    api: Any = client.api
    address = "" if lab.brings_registry else LOOPBACK
    for port in (PORT, None):
        made = make(client, _name(lab), image, port, address=address, environment=ENVIRONMENT)
        api.put_archive(made["Id"], "/etc", _accounts(password))
        try:
            api.start(made["Id"])
        except docker.errors.APIError as error:
            api.remove_container(made["Id"], force=True, v=True)
            if port is None or not any(words in str(error.explanation) for words in TAKEN):
                raise LabError("The registry cannot be started.", str(error.explanation)) from error
            continue
        bindings = api.inspect_container(made["Id"])["NetworkSettings"]["Ports"][f"{INSIDE}/tcp"]
        found = int(bindings[0]["HostPort"])
        try:
            lab.share(found)
        except LabError:
            api.remove_container(made["Id"], force=True, v=True)
            if port is None:
                raise
            continue
        return found
    raise AssertionError("the second port is the engine's own choice")


def _accounts(password: str) -> bytes:
    """Return a tar archive of the file that names accounts, with the password as bcrypt's hash."""
    # The registry checks it at every request: a random password needs no hash that takes its time.
    line = USER.encode() + b":" + bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=4)) + b"\n"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        add_file(tar, ACCOUNTS, line)
    return buffer.getvalue()


def _await(client: docker.DockerClient, account: Account, name: str) -> None:
    """Wait until the registry answers that it wants to know who is asking."""
    api: Any = client.api
    begin = time.monotonic()
    said = ""
    while time.monotonic() - begin < PATIENCE:
        try:
            api.inspect_distribution(
                f"{account.address}/nothing:none", auth_config={"username": "", "password": ""}
            )
        except docker.errors.APIError as error:
            said = str(error.explanation)
            if any(words in said for words in CLOSED_DOOR):
                return
        time.sleep(0.1)
    raise LabError("The registry does not start.", said, f"docker logs {name}")


def _log_out(node: Node) -> None:
    """Forget logins at this lab's registries; those at others stay."""
    read = node.sh(f"cat {LOGINS}")
    try:
        content = json.loads(read.stdout or "{}")
    except ValueError:
        return  # somebody has changed it by hand; what is wrong with it the CLI says
    if read.exit_code or not isinstance(content, dict):
        return
    kept = {place: login for place, login in content.get("auths", {}).items() if not place.startswith(OURS)}
    text = json.dumps(content | {"auths": kept}, indent=1)
    node.sh(f"umask 077; cat > {LOGINS}.new && mv {LOGINS}.new {LOGINS}", stdin=text).check()


def _tell(node: Node, account: Account) -> None:
    """Let a machine's user know the password: one file for `docker login`, one for `curl`."""
    machine = account.address.partition(":")[0]
    content = {
        PASSWORD_FILE: account.password,
        NETRC_FILE: f"machine {machine} login {account.user} password {account.password}",
    }
    for file, text in content.items():
        quoted = shlex.quote(file)
        node.sh(f"umask 077; cat > {quoted}", stdin=text + "\n").check()
