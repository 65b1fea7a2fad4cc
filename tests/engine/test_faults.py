"""What an engine complains about, in the course's words."""

import docker.errors
import pytest
import requests.exceptions

from sosclib.engine.faults import explained, teaching
from sosclib.lab.errors import EngineUnreachable, ImageError, LoginRefused, PortTaken, SwarmError


def test_the_hubs_limit_of_a_whole_room_is_told_with_the_way_out():
    said = (
        "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating"
    )
    fault = explained(said)
    assert type(fault) is ImageError
    assert "no more images to this network address" in str(fault)
    assert "SOSC_IMAGES=offline" in fault.help and "docker login" in fault.help


@pytest.mark.parametrize(
    "said",
    [
        "Bind for 0.0.0.0:8080 failed: port is already allocated",
        "Bind for :::8080 failed: port is already allocated",
        "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
        "Error starting userland proxy: listen tcp6 [::]:8080: bind: address already in use",
        "failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: address already in use",
        "failed to bind host port for [2001:db8:1:2::3]:8080:172.17.0.2:80/tcp: address already in use",
        "failed to bind host port 0.0.0.0:8080/tcp: address already in use",
        "failed to bind host port [::]:8080/tcp: address already in use",
    ],
)
def test_a_taken_port_is_known_in_the_words_of_older_and_newer_engines(said):
    fault = explained(f"driver failed programming external connectivity on endpoint web (1a2b): {said}")
    assert isinstance(fault, PortTaken)
    assert fault.what == "Port 8080 is in use already."


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("manifest for web:9 not found: manifest unknown", "The registry has no such image."),
        (
            'failed to resolve reference "localhost:5001/web:9": localhost:5001/web:9: not found',
            "The registry has no such image.",
        ),
        (
            "pull access denied for web, repository does not exist or may require 'docker login'",
            "There is no image web, or it is private.",
        ),
        (
            'failed to resolve reference "docker.io/library/web:9": pull access denied, repository does not'
            " exist or may require authorization: server message: insufficient_scope: authorization failed",
            "There is no image docker.io/library/web:9, or it is private.",
        ),
    ],
)
def test_an_image_that_is_not_to_be_had_is_told_whichever_store_asked_for_it(said, told):
    fault = explained(said)
    assert isinstance(fault, ImageError) and fault.what == told


def test_who_is_not_logged_in_is_told_so_by_both_stores():
    said = (
        'failed to resolve reference "localhost:5001/web:9": pull access denied, repository does not exist'
        " or may require authorization: authorization failed: no basic auth credentials"
    )
    assert isinstance(explained(said), LoginRefused)


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.ReadTimeout("Read timed out. (read timeout=120)"),
        requests.exceptions.ConnectionError("refused"),
        requests.exceptions.ChunkedEncodingError("broken off"),
        docker.errors.DockerException("no socket"),
    ],
)
def test_an_engine_that_does_not_answer_in_time_or_breaks_off_is_told_in_words(error):
    with pytest.raises(EngineUnreachable, match="does not answer") as told:
        with teaching():
            raise error
    assert str(error) in told.value.why


@pytest.mark.parametrize(
    "said",
    [
        "OCI runtime create failed: runc create failed: unable to start container process: read init-p: EOF",
        "failed to create task for container: failed to create shim task: context deadline exceeded",
        "connection error: dial unix /run/containerd/containerd.sock: connect: connection refused",
        "error during connect: Cannot connect to the Docker daemon:\nEOF",
    ],
)
def test_what_a_runtime_says_is_not_taken_for_a_registrys_silence(said):
    assert "registry" not in explained(said).what


@pytest.mark.parametrize(
    "said",
    [
        'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
        'failed to do request:\nHead "http://localhost:5000/v2/a/manifests/1": EOF',
    ],
)
def test_a_registry_that_does_not_answer_is_told(said):
    assert "The registry does not answer" in explained(said).what


def test_a_manager_that_is_too_slow_is_not_taken_for_a_registry():
    told = explained("rpc error: code = DeadlineExceeded desc = context deadline exceeded")
    assert isinstance(told, SwarmError) and "manager does not answer in time" in told.what
