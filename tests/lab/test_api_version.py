"""Which version of an engine's API is spoken, whatever it offers."""

from contextlib import closing

import docker
import pytest

from sosclib.lab.host import HostNode, connect
from sosclib.lab.socket_node import SocketNode


class Node(SocketNode):
    def _see_to_socket(self):
        pass


@pytest.mark.parametrize(
    ("offered", "spoken"), [("1.41", "1.41"), ("1.51", "1.51"), ("1.52", "1.51"), ("1.100", "1.51")]
)
def test_none_newer_than_the_course_knows(monkeypatch, tmp_path, offered, spoken):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setattr(docker.APIClient, "_retrieve_server_version", lambda self: offered)
    monkeypatch.setattr(docker.APIClient, "ping", lambda self: True)
    node = Node("vm1", tmp_path / "none.sock", timeout=5)
    with closing(connect()) as client, closing(HostNode(client, tmp_path).hasty_docker(1)) as hasty:
        assert client.api.api_version == hasty.api.api_version == spoken
    with closing(node):
        assert node.docker.api.api_version == spoken
