"""Roles become images: Docker Hub's where it answers, else the course's own under their own names."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sosclib.course import catalogue as module
from sosclib.course.catalogue import ROLES, Catalogue, hub_answer
from sosclib.lab.errors import NotFound, SoscError
from sosclib.lab.image_recipe import recipes


@contextmanager
def server(status, **headers):
    """Give the address of a server that answers each request in the same way."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{one.server_port}/v2/"
        one.shutdown()


def test_the_hub_answers_where_a_registry_asks_for_a_token():
    with server(401, Docker_Distribution_Api_Version="registry/2.0") as url:
        assert hub_answer(url) == ""


@pytest.mark.parametrize(("status", "headers"), [(200, {}), (401, {}), (403, {}), (503, {})])
def test_a_proxy_or_a_page_to_log_in_is_not_the_hub(status, headers):
    with server(status, **headers) as url:
        assert hub_answer(url) == f"refused (HTTP {status})"


def test_nobody_there_is_told():
    assert hub_answer("http://127.0.0.1:9/v2/").startswith("not reached")


@pytest.mark.parametrize(("answer", "mode"), [("", "hub"), ("refused", "offline")])
def test_auto_asks_the_hub_once(monkeypatch, answer, mode):
    asked = []
    monkeypatch.delenv("SOSC_IMAGES", raising=False)
    monkeypatch.setattr(module, "hub_answer", lambda: asked.append(1) or answer)
    catalogue = Catalogue("auto")
    assert [catalogue.mode, catalogue.mode] == [mode, mode]
    assert len(asked) == 1


def test_what_is_asked_for_counts_more_than_the_variable(monkeypatch):
    monkeypatch.setenv("SOSC_IMAGES", "offline")
    assert Catalogue("hub").mode == "hub"
    assert Catalogue("auto").mode == "offline"


def test_roles_become_images():
    hub, offline = Catalogue("hub"), Catalogue("offline", "localhost:1234")
    assert {role: hub.resolve(role) for role in ROLES} == {
        "base": "ubuntu:24.04",
        "small": "busybox:1.37",
        "web": "nginx:1.29",
        "httpd": "httpd:2.4",
        "database": "mysql:8.4",
        "wordpress": "wordpress:6-apache",
        "python": "python:3.13-slim",
        "registry": "registry:2",
        "stale": "debian:12.5",
    }
    assert {role: offline.resolve(role) for role in ROLES} == {
        "base": "localhost:1234/debian:13",
        "small": "localhost:1234/busybox:1.37",
        "web": "localhost:1234/nginx:1.26",
        "httpd": "localhost:1234/httpd:2.4",
        "database": "localhost:1234/mariadb:11.8",
        "wordpress": "localhost:1234/wordpress:6.8",
        "python": "localhost:1234/python:3.13",
        "registry": "localhost:1234/docker-registry:2.8",
        "stale": "localhost:1234/never-updated:12",
    }


def test_each_role_can_be_made_here():
    assert sorted(ROLES) == recipes()


def test_unknown_roles_and_sources_are_told():
    with pytest.raises(NotFound, match="base, small"):
        Catalogue("offline").resolve("wine")
    with pytest.raises(SoscError, match="auto, hub, offline"):
        Catalogue("moon").resolve("base")
