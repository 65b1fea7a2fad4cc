"""The stack that these tests work on, and what the engine has of it."""

from sosclib.engine.compose_labels import PROJECT_LABEL, SERVICE_LABEL
from sosclib.engine.snapshot import objects

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
