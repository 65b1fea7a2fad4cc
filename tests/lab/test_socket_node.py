"""A machine whose engine is a socket here: what a client tells it, and in which version of the API."""

import base64
import json
import re
import shutil
import socketserver
import tempfile
import threading
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import docker.errors
import pytest

from sosclib.engine.transfers import pull
from sosclib.lab.socket_node import SocketNode


class SomeNode(SocketNode):
    def _see_to_socket(self):
        pass


class Answer(BaseHTTPRequestHandler):
    """An engine that notes what it is asked, and refuses what is newer than itself."""

    def address_string(self):
        return "engine"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        spoken = re.match(r"/v([\d.]+)/", self.path)
        too_new = spoken and spoken[1] != self.server.version
        content = json.dumps({"ApiVersion": self.server.version, "message": "too new"}).encode()
        self.send_response(400 if too_new else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        self.do_GET()


@pytest.fixture
def engine_at():
    """Give an engine of API 1.41 on a socket, and what it was asked."""
    folder = Path(tempfile.mkdtemp(prefix="sosc-"))
    with socketserver.ThreadingUnixStreamServer(str(folder / "s"), Answer) as server:
        server.socket_path, server.asked, server.version = folder / "s", [], "1.41"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
    shutil.rmtree(folder)


@pytest.fixture
def node(engine_at):
    with closing(SomeNode("vm1", engine_at.socket_path, 5)) as node:
        yield node


@pytest.fixture
def owner(monkeypatch, tmp_path):
    """Let this computer's owner have logins, at one registry by a helper that leaves a trace of each call."""
    helper = tmp_path / "docker-credential-told"
    helper.write_text(f"#!/bin/sh\ntouch {tmp_path}/helper-called\nexit 1\n")
    helper.chmod(0o755)
    login = base64.b64encode(b"owner:secret").decode()
    config = {
        "auths": {"localhost:5001": {"auth": login}, "https://index.docker.io/v1/": {"auth": login}},
        "credHelpers": {"kept.example.org": "told"},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


def test_the_owners_logins_go_to_no_other_machine(node, engine_at, owner):
    api = node.docker.api
    for place in ("localhost:5001", "docker.io", "kept.example.org"):
        with suppress(docker.errors.DockerException):
            pull(api, f"{place}/some/image:1")
        api.inspect_distribution(f"{place}/some/image:1")
        with suppress(docker.errors.DockerException):
            api.create_service({"ContainerSpec": {"Image": f"{place}/some/image:1"}})
    (owner / "Dockerfile").touch()
    list(api.build(path=str(owner)))
    assert len(engine_at.asked) >= 10
    told = [name for _, headers in engine_at.asked for name in headers if name.startswith("X-Registry")]
    assert not told
    assert not (owner / "helper-called").exists()


def test_who_is_in_haste_speaks_the_engines_version(node, engine_at):
    for first in (True, False):
        with closing(node.hasty_docker(5)) as client:
            client.api.containers()
        asked = [path for path, _ in engine_at.asked]
        assert asked[-1].startswith("/v1.41/containers/json")
        assert first == ("/version" in asked), "what is known is not asked for again"
        node.docker.ping()
        engine_at.asked.clear()
