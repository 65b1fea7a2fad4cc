"""File and engine as the same kind of data, and every way in which they can differ, in words."""

from dataclasses import replace

import pytest

from sosclib.engine.compose_progress import ComposeState
from sosclib.engine.stack import ABSENT, EXTRA, Service, Stack, compared, planned

CONFIG = {
    "name": "sosc-lab-shop",
    "services": {
        "web": {
            "image": "web:1",
            "networks": {"front": None, "back": None},
            "depends_on": {"db": {"condition": "service_healthy"}},
            "ports": [{"published": "8080", "target": 80}, {"target": 81}],
            "volumes": [{"type": "bind", "source": "/x", "target": "/x"}],
        },
        "db": {
            "build": {"context": "."},
            "networks": {"back": None},
            "volumes": [{"type": "volume", "source": "data", "target": "/data"}],
        },
    },
    "networks": {"front": {}, "back": {}},
    "volumes": {"data": {}},
}
WEB = Service("web", "web:1", ("back", "front"), (), ((8080, 80),), ("db",))
DB = Service("db", "sosc-lab-shop-db", ("back",), (("data", "/data"),))
PLAN = Stack("shop", (DB, WEB), ("back", "front"), ("data",))


def test_a_file_is_read_as_compose_understands_it():
    assert planned("shop", CONFIG) == PLAN


def engine(**changes):
    services = tuple(replace(one, state="healthy") for one in PLAN.services)
    return replace(PLAN, services=services, **changes)


def test_where_nothing_differs_nothing_is_told():
    both = compared(PLAN, engine())
    assert both.differences == () and both.absent == frozenset()
    assert [one.state for one in both.services] == ["healthy", "healthy"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"state": "exited (1)"}, "the service web is exited (1)"),
        ({"image": "web:2"}, "the service web has the image web:2"),
        ({"networks": ("back",)}, "the service web is not connected to front"),
        ({"networks": ("back", "front", "other")}, "the service web is connected to other too"),
        ({"ports": ()}, "the service web has other ports"),
    ],
)
def test_each_difference_of_a_service_is_told(changed, told):
    now = engine()
    now = replace(now, services=(now.services[0], replace(now.services[1], **changed)))
    assert compared(PLAN, now).differences == (told,)


def test_a_volume_that_is_not_mounted_is_told():
    now = engine()
    now = replace(now, services=(replace(now.services[0], volumes=()), now.services[1]))
    assert compared(PLAN, now).differences == ("the service db has other volumes",)


def test_what_is_missing_and_what_is_more_is_told():
    now = engine(networks=("back",), volumes=())
    now = replace(now, services=(now.services[0], Service("old", state="running")))
    both = compared(PLAN, now)
    assert both.differences == (
        "the network front is not there",
        "the volume data is not there",
        "the service web is not there",
        "the service old is not in the file",
    )
    assert {one.name: one.state for one in both.services} == {
        "db": "healthy",
        "old": f"running, {EXTRA}",
        "web": ABSENT,
    }


def read(*lines):
    state = ComposeState()
    for line in lines:
        state = state.after(line)
    return state


def test_the_lines_of_compose_are_told_in_one_order_whatever_came_first():
    lines = [
        " Container p-b-1  Creating",
        ' Volume "p_data"  Created',
        " Container p-b-1  Created",
        " Network p_net  Removing",
        " Container p-a-1  Started",
        " Network p_net  Resource is still in use",
    ]
    expected = (
        " Network p_net  Resource is still in use",
        " Volume p_data  Created",
        " Container p-a-1  Started",
        " Container p-b-1  Created",
    )
    assert read(*lines).lines == expected
    assert read(*lines[::1], "", lines[4]).lines == expected
    assert read(lines[0]).over is False and read(*lines).over is True


def test_warnings_and_other_lines_are_kept_apart():
    state = read('time="2026-01-01T00:00:00Z" level=warning msg="the \\"X\\" is not set"', "Error: no")
    assert state.warnings == ('the "X" is not set',)
    assert state.said == ("Error: no",)
