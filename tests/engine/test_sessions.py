"""A session whose engine or shell goes away: what went wrong first is what is told."""

import socket
from types import SimpleNamespace

import docker.errors
import pytest
import requests.exceptions

from sosclib.engine.session import Session
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import EngineUnreachable


class Engine:
    """An engine with one shell, which has a prompt; what it is asked to do is noted."""

    def __init__(self):
        self.mine, self.shell = socket.socketpair()
        self.done = []

    def attach_socket(self, *_, **__):
        self.shell.sendall(b"# ")
        return self.mine

    def __getattr__(self, name):
        return lambda *_, **__: self.done.append(name)


def gone(*_, **__):
    raise requests.exceptions.ConnectionError("the line is cut")


def ended(*_, **__):
    raise docker.errors.APIError("409", SimpleNamespace(status_code=409), "is not running")


@pytest.fixture
def engine():
    engine = Engine()
    yield engine
    engine.mine.close()
    engine.shell.close()


def session(engine):
    container = SimpleNamespace(id="1", name="one", status="running")
    return Session(container, engine, Terminal(), remove=True)


def test_an_engine_that_is_gone_is_told_by_its_first_fault(engine):
    engine.start = engine.kill = gone
    engine.resize = None
    with pytest.raises(EngineUnreachable, match="the line is cut"), session(engine):
        pytest.fail("nobody gets in")


def test_a_shell_that_ends_by_itself_is_cleared_away(engine):
    engine.kill = ended
    with session(engine):
        engine.shell.close()
    assert engine.done[-2:] == ["wait", "remove_container"]


def test_what_goes_wrong_in_the_block_is_told_where_the_engine_is_gone_too(engine):
    engine.kill = gone
    with pytest.raises(ZeroDivisionError), session(engine):
        raise ZeroDivisionError
