"""The picture of a swarm that follows it: shown once, and followed until the section ends."""

import pytest
from IPython.core.formatters import DisplayFormatter

import sosclib as sosc
from sosclib.course.begin import begin, clear, end
from sosclib.course.desk import Holder
from sosclib.lab.errors import EngineUnreachable
from sosclib.views.picture import Diagram


class Silent:
    """A machine whose engine does not answer: what becomes of the swarm is of no matter here."""

    name, title = "vm1", "VM1"

    @property
    def node(self):
        return self

    @property
    def docker(self):
        raise EngineUnreachable("It is off.")


@pytest.fixture
def browser(monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/17.ipynb")


@pytest.fixture
def holder(monkeypatch):
    holder = Holder()
    monkeypatch.setattr("sosclib.course.pictures.HOLDER", holder)
    yield holder
    holder.stop_following()


def test_a_cell_whose_value_is_the_picture_shows_it_once(browser, holder):
    view = sosc.show_swarm(Silent())
    assert DisplayFormatter().format(view) == ({}, {})
    assert repr(view) == "<swarm of 0 nodes>"


def test_all_pictures_are_closed_together_and_the_last_frame_stays(browser, holder):
    views = [sosc.show_swarm(Silent()) for _ in range(2)]
    assert all(view.open for view in views)
    holder.stop_following()
    assert not any(view.open for view in views)
    holder.stop_following()


def test_without_a_browser_nothing_follows(monkeypatch, holder):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert isinstance(sosc.show_swarm(Silent()), Diagram)


@pytest.mark.engine
def test_the_end_and_the_next_beginning_close_what_is_open(browser, own_lab, engine):
    first = begin("05", lab=engine)
    try:
        views = [sosc.show_swarm(first.vm1)]
        end()
        assert not views[-1].open
        views.append(sosc.show_swarm(first.vm1))
        begin("05", lab=engine)
        assert not views[-1].open
    finally:
        end()
        clear(first, keep_leaves=False)
