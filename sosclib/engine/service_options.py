"""The options of ``docker service create`` and ``update``: as the CLI's flags and as the SDK's types."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, cast

from docker.types import (
    ConfigReference,
    ContainerSpec,
    EndpointSpec,
    Healthcheck,
    Mount,
    NetworkAttachmentConfig,
    Placement,
    Resources,
    RestartPolicy,
    RollbackConfig,
    SecretReference,
    TaskTemplate,
    UpdateConfig,
)

from sosclib.lab.errors import NotFound, SoscError

SECOND = 10**9
MEBIBYTE = 1 << 20


class ServiceOptions(TypedDict, total=False):
    """What a service can be made with.

    Attributes
    ----------
    ports : mapping of int to int
        From the port of each node to the one inside, as the SDK's ``EndpointSpec`` has it.
    publish_mode : str
        ``ingress``, through the routing mesh, or ``host``: each task on its own node. There a port 0 stands
        for any that is free, since two tasks of a node cannot have the same one.
    endpoint_mode : str
        ``vip``, one address for all tasks, or ``dnsrr``: the service's name stands for the tasks' own ones.
    hostname : str
        The containers' own; ``{{.Node.Hostname}}`` and ``{{.Task.Slot}}`` in it are filled in for each task.
    environment : mapping of str to str
    networks, constraints, mounts : sequence of str
        Mounts as ``docker run -v`` has them, ``volume:path``.
    secrets, configs : sequence of str
        Names; configs with ``:path`` behind for where the file is to be.
    limit_memory : int
        MiB.
    restart_condition : str
        none, on-failure or any.
    stop_grace_period, update_monitor : int
        Seconds.
    update_delay : int
        Seconds between one task and the next. Without any, chance decides whether a swarm sees a task fail
        before it goes on to the next (SwarmKit's updater takes whichever of both is ready).
    update_parallelism, rollback_parallelism : int
        How many tasks at a time.
    update_order, rollback_order : str
        stop-first or start-first.
    update_failure_action : str
        pause, continue or rollback.
    no_healthcheck : bool
        Do without the check of health that the image has.
    health_cmd : str
    health_interval : int
        Seconds.
    """

    ports: Mapping[int, int]
    publish_mode: str
    endpoint_mode: str
    hostname: str
    environment: Mapping[str, str]
    networks: Sequence[str]
    constraints: Sequence[str]
    mounts: Sequence[str]
    secrets: Sequence[str]
    configs: Sequence[str]
    limit_memory: int
    restart_condition: str
    stop_grace_period: int
    update_parallelism: int
    update_delay: int
    update_monitor: int
    update_order: str
    update_failure_action: str
    rollback_parallelism: int
    rollback_order: str
    no_healthcheck: bool
    health_cmd: str
    health_interval: int


KNOWN = tuple(ServiceOptions.__annotations__)
IN_SECONDS = frozenset({"stop_grace_period", "update_delay", "update_monitor", "health_interval"})
FLAG_NAMES = {"environment": "env", "networks": "network", "constraints": "constraint", "mounts": "mount"}


def asked(options: ServiceOptions) -> ServiceOptions:
    """Return the options without those that ask for nothing: None, and False."""
    given = {key: value for key, value in options.items() if value is not None and value is not False}
    return cast(ServiceOptions, given)


def flags(options: Mapping[str, Any]) -> list[str]:
    """Return the CLI's flags for options, quoted for a shell.

    Raises
    ------
    SoscError
        For an option that does not exist.
    """
    unknown = set(options) - set(KNOWN)
    if unknown:
        raise SoscError(
            f"A service has no option {', '.join(sorted(unknown))}.", help=f"It has {', '.join(KNOWN)}."
        )
    words: list[str] = []
    for option in KNOWN:
        if option in options and option != "publish_mode":
            words += _flag(option, options)
    return words


def _flag(option: str, options: Mapping[str, Any]) -> list[str]:
    value = options[option]
    name = "--" + FLAG_NAMES.get(option, option).replace("_", "-")
    if option == "ports":
        mode = options.get("publish_mode")
        return [word for outside, inside in value.items() for word in _publish(outside, inside, mode)]
    if option == "environment":
        return [word for key, text in value.items() for word in (name, shlex.quote(f"{key}={text}"))]
    if option == "mounts":
        return [word for one in value for word in (name, _mount_words(one))]
    if option in ("secrets", "configs"):
        return [word for one in value for word in (name[:-1], shlex.quote(_file_words(one)))]
    if value is True:
        return [name]
    if option == "limit_memory":
        return [name, f"{value}M"]
    if option in IN_SECONDS:
        return [name, f"{value}s"]
    items = [value] if isinstance(value, str | int) else value
    return [word for one in items for word in (name, shlex.quote(str(one)))]


def _publish(outside: int, inside: int, mode: str | None) -> list[str]:
    if mode in (None, "ingress"):
        return ["-p", f"{outside}:{inside}"]
    published = f"published={outside}," if outside else ""
    return ["--publish", f"mode={mode},{published}target={inside}"]


def _mount_words(mount: str) -> str:
    source, _, target = mount.partition(":")
    return shlex.quote(f"type={_mount_type(source)},source={source},target={target}")


def _mount_type(source: str) -> Literal["bind", "volume"]:
    return "bind" if source.startswith("/") else "volume"


def _file_words(reference: str) -> str:
    name, _, path = reference.partition(":")
    return f"source={name},target={path}" if path else name


def task_template(
    api: Any, image: str, command: Sequence[str] | None, options: Mapping[str, Any], labels: Mapping[str, str]
) -> TaskTemplate:
    """Return what a task of the service is, as the SDK's type.

    Parameters
    ----------
    api : docker.APIClient
        Of a manager: it knows the ids of secrets and configs.
    image : str
    command : sequence of str, optional
    options, labels : mapping
        Labels are the container's.
    """
    spec = ContainerSpec(
        image,
        # What the CLI calls a command are the arguments of the image's entry point.
        args=list(command) if command else None,
        hostname=options.get("hostname"),
        env=[f"{key}={text}" for key, text in options.get("environment", {}).items()] or None,
        labels=dict(labels),
        mounts=[_mount(one) for one in options.get("mounts", ())] or None,
        secrets=_secrets(api, options.get("secrets", ())),
        configs=config_references(api, options.get("configs", ())) or None,
        stop_grace_period=_nanoseconds(options.get("stop_grace_period")),
        healthcheck=_healthcheck(options),
    )
    memory = options.get("limit_memory")
    return TaskTemplate(
        spec,
        resources=Resources(mem_limit=memory * MEBIBYTE) if memory else None,
        restart_policy=_restart_policy(options),
        placement=Placement(constraints=list(options.get("constraints", ()))),
        networks=[NetworkAttachmentConfig(one) for one in options.get("networks", ())] or None,
    )


def endpoint(options: Mapping[str, Any]) -> EndpointSpec | None:
    """Return how the service is reached, as the SDK's type; None where nothing is said of that."""
    ports, mode = options.get("ports"), options.get("endpoint_mode")
    if not ports and not mode:
        return None
    way = options.get("publish_mode", "ingress")
    return EndpointSpec(
        mode=mode, ports={outside: (inside, "tcp", way) for outside, inside in (ports or {}).items()}
    )


def needs_mesh(options: ServiceOptions) -> bool:
    """Tell whether IPVS is needed: for a port of all nodes, and for one address in a network."""
    return _needs_ingress(options) or bool(
        options.get("networks") and options.get("endpoint_mode") != "dnsrr"
    )


def _needs_ingress(options: ServiceOptions) -> bool:
    return bool(options.get("ports")) and options.get("publish_mode") != "host"


def without_mesh(options: ServiceOptions) -> ServiceOptions:
    """Return options that do without IPVS: each task is published on its own node, and has its own address.

    Raises
    ------
    SoscError
        For more than one published port.
    """
    changed: ServiceOptions = {**options, "endpoint_mode": "dnsrr"}
    if not _needs_ingress(options):
        return changed
    ports = tuple(options["ports"].values())
    if len(ports) > 1:
        raise SoscError(
            "Without IPVS a service can publish one port only.",
            "This machine's kernel has no routing mesh, and each task publishes at a free port of its node.",
            'Use LAB = "vm": the virtual machines have a kernel with IPVS.',
        )
    changed["publish_mode"] = "host"
    changed["ports"] = {0: ports[0]}
    return changed


def update_config(options: Mapping[str, Any]) -> UpdateConfig | None:
    """Return how the service is updated, as the SDK's type; None for as the engine does it."""
    given = _given("update_", options)
    if not given:
        return None
    return UpdateConfig(
        parallelism=given.get("parallelism", 1),
        delay=_nanoseconds(given.get("delay")),
        failure_action=given.get("failure_action", "pause"),
        monitor=_nanoseconds(given.get("monitor")),
        order=given.get("order", "stop-first"),
    )


def update_changes(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return of the way of updating what is said, as the engine calls it: the rest stays as it is."""
    said = {key.title().replace("_", "") for key in _given("update_", options)}
    return {key: value for key, value in (update_config(options) or {}).items() if key in said}


def rollback_config(options: Mapping[str, Any]) -> RollbackConfig | None:
    """Return how the service is rolled back, as the SDK's type; None for as the engine does it."""
    given = _given("rollback_", options)
    if not given:
        return None
    return RollbackConfig(parallelism=given.get("parallelism", 1), order=given.get("order", "stop-first"))


def _given(prefix: str, options: Mapping[str, Any]) -> dict[str, Any]:
    return {key.removeprefix(prefix): value for key, value in options.items() if key.startswith(prefix)}


def config_references(api: Any, references: Sequence[str]) -> list[ConfigReference]:
    """Return configs, each ``name:path``, as the SDK's type.

    Raises
    ------
    NotFound
        Where there is no config of that name.
    """
    pairs = [reference.partition(":")[::2] for reference in references]
    return [
        ConfigReference(_id_of(api.configs, name, "config"), name, filename=path or f"/{name}")
        for name, path in pairs
    ]


def _healthcheck(options: Mapping[str, Any]) -> Healthcheck | None:
    if options.get("no_healthcheck"):
        return Healthcheck(test=["NONE"])
    command = options.get("health_cmd")
    if not command:
        return None
    return Healthcheck(test=["CMD-SHELL", command], interval=_nanoseconds(options.get("health_interval")))


def _restart_policy(options: Mapping[str, Any]) -> RestartPolicy | None:
    """Return when tasks are replaced, as the SDK's type; None where nothing is said of that."""
    if "restart_condition" not in options:
        return None
    policy = RestartPolicy(condition=options["restart_condition"])
    # The SDK would ask for a pause of zero seconds; left out, the engine pauses as for the CLI.
    for unsaid in ("Delay", "MaxAttempts", "Window"):
        policy.pop(unsaid, None)
    return policy


def _nanoseconds(value: float | None) -> int | None:
    return None if value is None else int(value * SECOND)


def _mount(words: str) -> Mount:
    source, _, target = words.partition(":")
    return Mount(target, source, type=_mount_type(source))


def _secrets(api: Any, names: Sequence[str]) -> list[SecretReference] | None:
    return [SecretReference(_id_of(api.secrets, name, "secret"), name) for name in names] or None


def _id_of(listed: Any, name: str, kind: str) -> str:
    for entry in listed(filters={"name": name}):
        if entry["Spec"]["Name"] == name:
            return str(entry["ID"])
    raise NotFound(f"There is no {kind} {name}.", help=f"docker {kind} ls lists those that there are.")
