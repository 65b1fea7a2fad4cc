"""Events of an engine wake whoever waits, also those after the engine went away and came back."""

import http.server
import queue
import socketserver
import threading
from contextlib import closing
from types import SimpleNamespace

import docker
import pytest

from sosclib.engine.wakeups import Wakeups

PATIENCE = 60
EVENT = b'{"Type":"container","Action":"die"}\n'


class Engine(socketserver.ThreadingUnixStreamServer):
    """Answers on a Unix socket as an engine does; a test says when it tells something, and when it goes."""

    daemon_threads = True

    def __init__(self, path):
        self.subscribed = queue.Queue()
        super().__init__(str(path), Subscription)
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def next_subscription(self):
        return self.subscribed.get(timeout=PATIENCE)

    def go(self, path):
        self.shutdown()
        self.server_close()
        path.unlink()


class Subscription(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.over = threading.Event()
        self.server.subscribed.put(self)
        self.over.wait(PATIENCE)
        self.close_connection = True

    def tell(self):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(EVENT), EVENT))

    def drop(self):
        self.over.set()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "engine"


@pytest.fixture
def wakeups(monkeypatch, path):
    monkeypatch.setattr("sosclib.engine.wakeups.AGAIN", 0.05)
    client = docker.DockerClient(base_url=f"unix://{path}", version="1.44", timeout=PATIENCE)
    with closing(client):
        yield Wakeups([SimpleNamespace(name="vm1", docker=client)])


def asleep(wakeups):
    """Take what has woken already: a drop and a return each wake once."""
    while wakeups.wait(0.3):
        pass


def assert_heard(subscription, wakeups):
    """See that an event of an engine that is subscribed to again wakes."""
    asleep(wakeups)
    subscription.tell()
    assert wakeups.wait(PATIENCE)


def test_an_engine_that_hangs_up_is_listened_to_again(path, wakeups):
    engine = Engine(path)
    with wakeups:
        first = engine.next_subscription()
        first.tell()
        assert wakeups.wait(PATIENCE)
        first.drop()
        assert wakeups.wait(PATIENCE), "that it goes away wakes too"
        assert_heard(engine.next_subscription(), wakeups)
    engine.go(path)


def test_an_engine_that_was_away_is_listened_to_when_it_is_back(path, wakeups):
    engine = Engine(path)
    with wakeups:
        subscription = engine.next_subscription()
        asleep(wakeups)
        engine.go(path)
        subscription.drop()
        assert wakeups.wait(PATIENCE)
        assert not wakeups.wait(0.5), "one who is away wakes nobody again and again"
        engine = Engine(path)
        again = engine.next_subscription()
        assert wakeups.wait(PATIENCE), "what went on meanwhile is to be looked at"
        assert_heard(again, wakeups)
    engine.go(path)


def test_nobody_listens_any_more_when_it_is_over(path, wakeups):
    engine = Engine(path)
    before = set(threading.enumerate())
    with wakeups:
        engine.next_subscription()
        (listener,) = {one for one in threading.enumerate() if "_listen" in one.name} - before
    listener.join(PATIENCE)
    assert not listener.is_alive() and engine.subscribed.empty()
    engine.go(path)


def test_it_ends_while_the_engine_is_away(path, wakeups):
    before = set(threading.enumerate())
    with wakeups:
        assert wakeups.wait(PATIENCE)
        (listener,) = set(threading.enumerate()) - before
    listener.join(PATIENCE)
    assert not listener.is_alive()
