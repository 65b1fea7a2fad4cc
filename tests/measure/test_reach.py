"""Who reaches whom, tried on the engine that answers; nothing is left, and nobody else is touched."""

import pytest

from sosclib.engine.snapshot import objects
from sosclib.lab.offline_images import offline_image
from sosclib.lab.registry import registry_of
from sosclib.measure.reach import (
    ADDRESS,
    CONNECTED,
    MACHINE,
    NAME,
    PUBLISHED,
    REFUSED,
    SILENT,
    UNKNOWN,
    reach,
)
from tests.engine.with_folders import machine_with_folders

pytestmark = pytest.mark.engine

FILE = """
services:
  store:
    image: {image}
    command: httpd -f -p 7000
    init: true
    expose: ["7000"]
    networks: [back]
  shop:
    image: {image}
    command: httpd -f -p 80
    init: true
    networks: [back, front]
    ports: ["18475:80"]
  closed:
    image: {image}
    command: sleep 600
    init: true
    expose: ["9"]
    networks: [front]
networks:
  back:
  front:
"""


@pytest.fixture
def vm1_in_lab(engine, request, monkeypatch, tmp_path):
    with machine_with_folders(engine, request, monkeypatch, tmp_path) as machine_and_lab:
        yield machine_and_lab


def test_only_members_of_a_network_reach_each_other_and_only_what_listens(vm1_in_lab, capsys):
    vm1, lab = vm1_in_lab
    image = registry_of(lab).stock("small")
    assert image.endswith(offline_image("small").tag)
    vm1.node.sh("mkdir shop").check()
    vm1.node.sh("cat > shop/compose.yaml", stdin=FILE.format(image=image)).check()
    stack = vm1.compose.project("shop")
    stack.up()
    before = objects(vm1.docker)
    capsys.readouterr()
    frame = reach(vm1, stack, image)
    assert capsys.readouterr().out == "" and objects(vm1.docker) == before
    answers = {(row[0], row[1], row[2]): row[3] for row in frame.itertuples(index=False)}

    def of(place, to):
        return tuple(answers[place, to, by] for by in (NAME, ADDRESS))

    yes, no = (CONNECTED, CONNECTED), (UNKNOWN, SILENT)
    assert of("shop", "store:7000") == of("a newcomer in back", "store:7000") == yes
    assert of("closed", "store:7000") == of("a newcomer in front", "store:7000") == no
    assert of("closed", "shop:80") == of("a newcomer in front", "shop:80") == of("store", "shop:80") == yes
    assert of("shop", "closed:9") == (REFUSED, REFUSED)
    assert answers[MACHINE, "shop:80", PUBLISHED] == CONNECTED
    assert answers[MACHINE, "store:7000", PUBLISHED] == REFUSED
    assert set(frame["from"]) == {
        "store",
        "shop",
        "closed",
        "a newcomer in back",
        "a newcomer in front",
        MACHINE,
    }
