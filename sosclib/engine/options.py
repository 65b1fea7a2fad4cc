"""The options of ``docker run``: from the SDK's names to the CLI's flags and to the API's fields."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from sosclib.lab.errors import SoscError

HARMLESS = re.compile(r"""'[^']*'|"[^"$`\\!]*"|[\w@%+=:,./ \t-]""")

PLAIN = re.compile(r"[\w@%+=:,./ -]*")
HERE = "$PWD"
NANO = 1_000_000_000


class RunOptions(TypedDict, total=False):
    """What a container can be started with; the names are the SDK's.

    Attributes
    ----------
    name, hostname, user, working_dir, entrypoint, network, mem_limit : str
    environment : mapping of str to str
    ports : mapping of str to int
        From ``80/tcp`` inside to a port of the node.
    volumes : sequence of str
        Each ``volume-or-folder:path[:ro]``. A folder begins with ``/``, or with ``$PWD`` for one in the lab
        user's home on the machine. A path alone is that of a volume without a name.
    tmpfs : mapping of str to str
        From a path to its options, or to ``""``.
    nano_cpus : int
        Processors at most, in 10⁻⁹ of one: 500_000_000 is half of one (``--cpus 0.5``).
    memswap_limit : str
        Memory and swap space together.
    userns_mode : str
        ``host``: not in the engine's user namespace.
    read_only, privileged, init : bool
    cap_add, cap_drop : sequence of str
    security_opt : sequence of str
        ``no-new-privileges``, ``seccomp=unconfined``, or ``seccomp=FILE`` with a file of the machine.
    pids_limit : int
    volumes_from : sequence of str
    restart : str
        When the engine is to start it again: ``no``, ``on-failure``, ``always`` or ``unless-stopped``.
    """

    name: str
    hostname: str
    user: str
    working_dir: str
    entrypoint: str
    network: str
    mem_limit: str
    memswap_limit: str
    nano_cpus: int
    userns_mode: str
    environment: Mapping[str, str]
    ports: Mapping[str, int]
    volumes: Sequence[str]
    tmpfs: Mapping[str, str]
    read_only: bool
    privileged: bool
    init: bool
    cap_add: Sequence[str]
    cap_drop: Sequence[str]
    security_opt: Sequence[str]
    pids_limit: int
    volumes_from: Sequence[str]
    restart: str


FLAGS = {
    "name": "--name",
    "hostname": "--hostname",
    "user": "--user",
    "working_dir": "--workdir",
    "entrypoint": "--entrypoint",
    "network": "--network",
    "mem_limit": "--memory",
    "memswap_limit": "--memory-swap",
    "nano_cpus": "--cpus",
    "userns_mode": "--userns",
    "environment": "-e",
    "ports": "-p",
    "volumes": "-v",
    "tmpfs": "--tmpfs",
    "read_only": "--read-only",
    "privileged": "--privileged",
    "init": "--init",
    "cap_add": "--cap-add",
    "cap_drop": "--cap-drop",
    "security_opt": "--security-opt",
    "pids_limit": "--pids-limit",
    "volumes_from": "--volumes-from",
    "restart": "--restart",
}
IN_CONTAINER = frozenset({"hostname", "user", "working_dir", "entrypoint", "environment"})
HOST_CONFIG = {
    "network": "network_mode",
    "ports": "port_bindings",
    "volumes": "binds",
    "restart": "restart_policy",
}


def flags(options: Mapping[str, Any]) -> list[str]:
    """Return the CLI's flags for options, quoted for a shell, in the table's order."""
    words: list[str] = []
    for option, flag in FLAGS.items():
        value = options.get(option)
        if value is None or value is False:
            continue
        if value is True:
            words.append(flag)
            continue
        for item in _items(option, value):
            words += [flag, quoted(item)]
    return words


def api_fields(api: Any, options: Mapping[str, Any], home: str) -> dict[str, Any]:
    """Return what the SDK's ``create_container`` wants for options, but the name.

    Parameters
    ----------
    api : docker.APIClient
    options : mapping
    home : str
        What ``$PWD`` stands for.

    Raises
    ------
    SoscError
        For an option that does not exist.
    """
    unknown = set(options) - set(FLAGS)
    if unknown:
        raise SoscError(
            f"`run` has no option {', '.join(sorted(unknown))}.", help=f"It has {', '.join(sorted(FLAGS))}."
        )
    given = {key: value for key, value in options.items() if value is not None and key != "name"}
    fields = {key: value for key, value in given.items() if key in IN_CONTAINER}
    host = {HOST_CONFIG.get(key, key): value for key, value in given.items() if key not in IN_CONTAINER}
    if "binds" in host:
        # As with the CLI: a volume without a name is the container's own matter and not the host's.
        fields["volumes"] = [bind for bind in host["binds"] if ":" not in bind]
        binds = [bind for bind in host["binds"] if ":" in bind]
        host["binds"] = [re.sub(f"^{re.escape(HERE)}(?=[/:])", home, bind) for bind in binds]
    if "restart_policy" in host:
        host["restart_policy"] = {"Name": host["restart_policy"]}
    if "port_bindings" in host:
        fields["ports"] = [_port(inside) for inside in given["ports"]]
    return fields | {"host_config": api.create_host_config(**host)}


def words_of(command: str | Sequence[str] | None) -> list[str] | None:
    """Return a command as the list of words that a shell would make of it.

    Raises
    ------
    SoscError
        Where a quotation mark has no partner, or nothing follows a backslash at the end.
    """
    if not isinstance(command, str):
        return list(command) if command else None
    try:
        return shlex.split(command)
    except ValueError as reason:
        raise SoscError(
            f"A shell would not take the command {command}",
            f"It stops where it reads on to the end: {str(reason)[0].lower()}{str(reason)[1:]}.",
            "Close each quotation mark; an apostrophe stands between double ones; or give a list of words.",
        ) from None


def text_of(command: str | Sequence[str] | None) -> str:
    """Return a command as one may type it: as given where a shell leaves it as it is, else quoted."""
    if not command:
        return ""
    if isinstance(command, str) and not HARMLESS.sub("", command):
        return command
    return shlex.join(words_of(command) or [])


def quoted(item: str) -> str:
    """Quote a value for a shell, which is to put the current folder for ``$PWD``."""
    if not item.startswith(HERE):
        return shlex.quote(item)
    rest = item.removeprefix(HERE)
    return f'"{item}"' if PLAIN.fullmatch(rest) else f'"{HERE}"{shlex.quote(rest)}'


def _items(option: str, value: Any) -> list[str]:
    if option == "environment":
        return [f"{name}={text}" for name, text in value.items()]
    if option == "nano_cpus":
        return [f"{value / NANO:g}"]
    if option == "ports":
        return [f"{outside}:{inside.removesuffix('/tcp')}" for inside, outside in value.items()]
    if option == "tmpfs":
        return [f"{path}:{how}" if how else path for path, how in value.items()]
    return [str(value)] if isinstance(value, (str, int)) else [str(item) for item in value]


def _port(inside: str) -> tuple[str, str]:
    number, _, protocol = inside.partition("/")
    return number, protocol or "tcp"
