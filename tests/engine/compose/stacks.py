"""The stack that these tests work on, and what the engine has of it."""

import uuid
from contextlib import contextmanager

from sosclib.course.preparing import prepare
from sosclib.engine.cleaning import clean
from sosclib.engine.compose_labels import PROJECT_LABEL, SERVICE_LABEL
from sosclib.engine.machine import Machine
from sosclib.engine.ownership import Ownership
from sosclib.engine.snapshot import objects
from sosclib.engine.terminal import Terminal
from sosclib.lab.host import HostLab
from sosclib.lab.lab import quiet

FILE = """
services:
  store:
    image: {image}
    command: sh -c 'cat /run/secrets/word > /data/word; touch /data/ready; exec sleep 600'
    init: true
    secrets: [word]
    volumes: ["data:/data"]
    networks: [back]
    healthcheck:
      test: cat /data/ready
      interval: 1s
      retries: 5
  shop:
    image: {image}
    command: sleep 600
    init: true
    depends_on:
      store:
        condition: service_healthy
    networks: [back, front]
    ports: ["{port}:80"]
networks:
  back:
  front:
volumes:
  data:
secrets:
  word:
    file: word
"""
PORT = 18473


def containers(vm1, project):
    found = vm1.docker.api.containers(all=True, filters={"label": f"{PROJECT_LABEL}={project.name}"})
    return {raw["Labels"][SERVICE_LABEL]: raw["State"] for raw in found}


def named(vm1, kind):
    return {thing.name for thing in objects(vm1.docker) if thing.kind == kind}


@contextmanager
def machine_for_stacks(engine, request, monkeypatch, tmp_path):
    """Give a machine whose folders its engine sees too, and its lab; the engine ends as it was."""
    monkeypatch.setenv("SOSC_LAB_NAME", f"test-{uuid.uuid4().hex[:8]}")
    monkeypatch.setenv("SOSC_STATE", str(tmp_path / "state"))
    lab = HostLab() if engine == "host" else request.getfixturevalue("vm_lab")
    node = lab.nodes["vm1"]
    if engine == "vm":
        prepare(node, 12, quiet)
    ownership = Ownership(lab.name, "12-test", False, lab.ledger, node.docker.info()["ID"])
    machine = Machine(node, ownership, Terminal())
    before = objects(node.docker)
    yield machine, lab
    clean(machine, section=None)
    node.sh("rm -rf shop")
    assert objects(node.docker) == before, "nothing is left, and nobody else's is gone"
    assert not ownership.entered("stack")
    if engine == "host":
        lab.close()
