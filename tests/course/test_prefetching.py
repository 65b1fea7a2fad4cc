"""What is prefetched, in which order, and what the making of each piece tells."""

import uuid

import docker
import pytest

from sosclib.course import prefetching as module
from sosclib.course.prefetching import (
    COMPOSE,
    INDEX,
    MACHINES,
    THERE,
    UDOCKER,
    Piece,
    Watch,
    pieces,
    size_on_disk,
)
from sosclib.lab.errors import EngineUnreachable
from sosclib.lab.image_recipe import NODE
from sosclib.lab.offline_images import is_made, offline_image, recipes
from tests.true_image import image_of_true

BESIDES = [COMPOSE, INDEX, UDOCKER, MACHINES]
"""What is fetched beside images."""
IMAGES = sorted([*recipes(), NODE])
"""Those of the sections, and that of machines which containers play."""


def test_offline_every_image_is_made_the_base_first_and_then_the_machines(monkeypatch):
    monkeypatch.setenv("SOSC_IMAGES", "offline")
    with pieces() as wanted:
        titles = [piece.title for piece in wanted]
    assert titles[0] == "base: debian:13"
    assert titles[-len(BESIDES) :] == BESIDES
    assert sorted(title.split(":")[0] for title in titles[: -len(BESIDES)]) == IMAGES


def test_what_is_there_is_not_made_again(monkeypatch):
    monkeypatch.setenv("SOSC_IMAGES", "offline")
    offline_image("small")
    assert is_made("small")
    monkeypatch.setattr("sosclib.lab.offline_images.bootstrap", lambda *_, **__: pytest.fail("made again"))
    with pieces() as wanted:
        small = next(piece for piece in wanted if piece.title.startswith("small"))
    told = []
    Watch(small, told.append).run()
    assert told == [THERE] and small.steps == 1


def test_the_making_tells_as_many_steps_as_it_says(monkeypatch, tmp_path):
    monkeypatch.setenv("SOSC_IMAGES", "offline")
    monkeypatch.setenv("SOSC_CACHE", str(tmp_path))
    with pieces() as wanted:
        small = next(piece for piece in wanted if piece.title.startswith("small"))
    told = []
    Watch(small, told.append).run()
    assert len(told) == small.steps
    assert is_made("small")


def test_each_step_has_its_seconds():
    piece = Piece("two steps", 2, lambda tell: [tell("one"), tell("two")])
    took = Watch(piece, lambda step: None).run()
    assert [one.step for one in took] == ["preparing", "one", "two"]
    assert all(one.title == "two steps" and one.seconds >= 0 for one in took)


def test_a_file_of_two_names_counts_once(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    alone = size_on_disk(tmp_path)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert size_on_disk(tmp_path) == alone >= 100_000


@pytest.mark.parametrize("reached", [True, False])
def test_the_courses_own_images_are_made_though_the_hub_answers(monkeypatch, reached):
    monkeypatch.setenv("SOSC_IMAGES", "auto")
    monkeypatch.setattr("sosclib.course.catalogue.hub_answer", lambda: "" if reached else "not reached")
    monkeypatch.setattr(module.HostLab, "answers", staticmethod(lambda: False))
    with pieces() as wanted:
        made = [piece.title.split(":")[0] for piece in wanted if piece.title not in BESIDES]
    assert sorted(made) == IMAGES


def test_from_the_hub_without_an_engine_there_is_nothing_to_pull_into(monkeypatch):
    monkeypatch.setenv("SOSC_IMAGES", "hub")
    monkeypatch.setattr(module.HostLab, "answers", staticmethod(lambda: False))
    with pytest.raises(EngineUnreachable, match="no engine of this computer"):
        with pieces():
            pytest.fail("there is no engine")


@pytest.mark.engine
def test_from_the_hub_each_image_is_pulled_by_the_engine_and_owned(monkeypatch, tmp_path):
    """A registry of the test's own plays the Hub."""
    from sosclib.lab.host import HostLab
    from sosclib.lab.registry import remove_registry, start_registry

    client = docker.from_env()
    name = f"sosc-test-registry-{uuid.uuid4().hex[:8]}"
    monkeypatch.setenv("SOSC_IMAGES", "hub")
    monkeypatch.setenv("SOSC_LAB", "host")
    reference = ""
    try:
        registry = start_registry(client, name=name)
        reference = f"{registry.address}/{name}:1"
        image_of_true(client, reference)
        client.images.push(reference)
        client.images.remove(reference)
        monkeypatch.setattr(module, "ROLES", {"small": reference})
        told = []
        with pieces() as wanted:
            assert [piece.title for piece in wanted][-1 - len(BESIDES) :] == [*BESIDES, reference]
            Watch(wanted[-1], told.append).run()
        assert client.images.get(reference)
        lab = HostLab()
        owned = [entry.reference for entry in lab.ledger.entries(engine=client.info()["ID"], kind="image")]
        assert reference in owned
        lab.ledger.remove(engine=client.info()["ID"], kind="image", reference=reference)
        lab.close()
    finally:
        if reference:
            client.images.remove(reference, force=True)
        remove_registry(client, name=name)
        client.close()
