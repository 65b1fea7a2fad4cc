"""Requests to real servers: who answered, which were lost, and that a slow one is not spared."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sosclib.measure.traffic import ANSWERED_BY, COLUMNS, Answer, Load, ask, ask_often, frame_of, longest_gap


@contextmanager
def serving(answers):
    """Serve: each request gets the next of the answers, a status and the seconds that it takes."""
    numbers = iter(range(10**6))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            number = next(numbers)
            status, seconds = answers(number)
            time.sleep(seconds)
            self.send_response(status)
            self.send_header(ANSWERED_BY, f"server-{number % 3}")
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_every_request_is_kept_with_who_answered():
    with serving(lambda _: (200, 0)) as url:
        told = []
        data = ask_often(url, 9, told=told.append)
    assert data["who"].value_counts().to_dict() == {"server-0": 3, "server-1": 3, "server-2": 3}
    assert (data["error"] == "").all() and (data["status"] == 200).all()
    assert data["at"].is_monotonic_increasing and len(told) == 9


def test_an_error_and_a_silent_port_count_as_lost():
    with serving(lambda number: (503 if number else 200, 0)) as url:
        first, second = ask(url), ask(url)
        assert (first.lost, second.lost, second.error) == (False, True, "HTTP 503")
    third = ask(url, patience=2)
    assert third.lost and third.status == 0 and third.error == "ConnectionRefusedError"


def test_a_request_that_takes_too_long_is_lost():
    with serving(lambda _: (200, 1.0)) as url:
        answer = ask(url, patience=0.2)
    assert answer.lost and answer.error == "TimeoutError"


def test_a_slow_server_gets_its_requests_all_the_same():
    with serving(lambda _: (200, 0.5)) as url:
        with Load(url, rate=20) as load:
            time.sleep(1.0)
        data = load.data()
    assert len(data) >= 6, "twenty a second, not two, though each takes half a second"
    assert (data["seconds"] >= 0.5).all() and (data["error"] == "").all()
    assert data["at"].is_monotonic_increasing


def test_without_requests_there_is_an_empty_table():
    assert list(frame_of([]).columns) == list(COLUMNS)


@pytest.mark.parametrize(
    ("lost", "gap"), [((), 0.0), ((3,), 2.0), ((3, 4), 3.0), ((8, 9), 2.0), (range(10), 9.0)]
)
def test_the_longest_time_without_a_good_answer(lost, gap):
    answers = [Answer(float(n), 0.01, 200, "a", "HTTP 503" if n in lost else "") for n in range(10)]
    assert longest_gap(frame_of(answers)) == gap
