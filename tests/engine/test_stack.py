"""File and engine as the same kind of data, and every way in which they can differ, in words."""

from dataclasses import replace

import pytest

from sosclib.engine.compose_progress import ComposeState
from sosclib.engine.stack import ABSENT, EXTRA, Service, Stack, compared, found, planned, together

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
WEB = Service("web", "web:1", ("back", "front"), (), (("8080", 80),), ("db",))
DB = Service("db", "sosc-lab-shop-db", ("back",), (("data", "/data"),))
PLAN = Stack("shop", (DB, WEB), ("back", "front"), ("data",))


def test_a_file_is_read_as_compose_understands_it():
    assert planned("shop", CONFIG) == PLAN


def test_ports_stand_in_the_order_of_their_numbers():
    ports = [{"published": port, "target": 80} for port in ("10000", "8080-8082", "443")]
    about = CONFIG["services"]["web"] | {"ports": ports}
    web = planned("shop", CONFIG | {"services": {"web": about}}).service("web")
    assert [outside for outside, _ in web.ports] == ["443", "8080-8082", "10000"]


def test_a_range_of_ports_is_one():
    about = CONFIG["services"]["web"] | {"ports": [{"published": "8080-8082", "target": 80}]}
    assert planned("shop", CONFIG | {"services": {"web": about}}).service("web").ports == (("8080-8082", 80),)


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


def with_copies(*states, wanted=None):
    """Return plan and engine in one, where web has a container in each of these states."""
    plan = replace(PLAN, services=(DB, replace(WEB, wanted=wanted)))
    web = [together([replace(WEB, state=state) for state in states])] if states else []
    return compared(plan, replace(PLAN, services=(replace(DB, state="healthy"), *web)))


@pytest.mark.parametrize(
    ("states", "wanted", "state", "told"),
    [
        (("running", "exited (137)", "running"), None, "2 of 3 running, 1 exited (137)", True),
        (("running", "exited (137)", "running"), 3, "2 of 3 running, 1 exited (137)", True),
        (("exited (137)", "healthy", "starting"), 3, "1 of 3 healthy, 1 exited (137), 1 starting", True),
        (("exited (1)", "exited (1)", "created"), 3, "2 of 3 exited (1), 1 created", True),
        (("running", "running"), 3, "2 of 3 running, 1 not there", True),
        (("exited (1)",), 2, "1 of 2 exited (1), 1 not there", True),
        (("running", "running", "running"), 3, "3 of 3 running", False),
        (("running", "running"), None, "2 of 2 running", False),
        (("running",), 1, "running", False),
        ((), 0, ABSENT, False),
    ],
)
def test_every_copy_of_a_service_counts(states, wanted, state, told):
    both = with_copies(*states, wanted=wanted)
    assert both.service("web").state == state
    assert both.differences == ((f"the service web: {state}",) if told else ())


def test_a_service_without_any_of_its_copies_is_not_there():
    both = with_copies(wanted=3)
    assert both.service("web").state == ABSENT
    assert both.differences == ("the service web is not there",)


@pytest.mark.parametrize(
    ("states", "wanted", "told"),
    [
        (("running",) * 3, 2, "the service web has 3 containers, and the file wants 2"),
        (("running",), 0, "the service web has 1 container, and the file wants 0"),
    ],
)
def test_more_copies_than_the_file_wants_are_told(states, wanted, told):
    assert with_copies(*states, wanted=wanted).differences == (told,)


def test_what_one_copy_has_otherwise_is_told_once():
    odd = replace(WEB, state="running", image="web:2", networks=("back",))
    now = together([odd, replace(WEB, state="running"), odd])
    both = compared(PLAN, replace(PLAN, services=(replace(DB, state="healthy"), now)))
    assert both.differences == (
        "the service web has the image web:2",
        "the service web is not connected to front",
    )


@pytest.mark.parametrize("about", [{"deploy": {"replicas": 3}}, {"scale": 3}])
def test_the_file_says_how_many_copies_it_wants(about):
    config = CONFIG | {"services": {"web": CONFIG["services"]["web"] | about}}
    assert planned("shop", config).service("web").wanted == 3


class Engine:
    """Has three containers of one service, of which one was killed."""

    def __init__(self):
        self.states = [("running", 0), ("exited", 137), ("running", 0)]

    def networks(self, filters):
        return []

    def volumes(self, filters):
        return {}

    def containers(self, **_):
        return [{"Id": number} for number in range(3)]

    def inspect_container(self, number):
        status, code = self.states[number]
        return {
            "Config": {"Labels": {"com.docker.compose.service": "web"}, "Image": "web:1"},
            "NetworkSettings": {"Networks": {"front": {}}},
            "Mounts": [],
            "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": str(9999 + number)}]}},
            "State": {"Status": status, "ExitCode": code},
        }


def test_the_engines_copies_of_a_service_are_one_service():
    (web,) = found("shop", Engine(), "shop").services
    assert web.state == "2 of 3 running, 1 exited (137)"
    assert web.ports == (("9999", 80), ("10000", 80), ("10001", 80))
    assert [one.state for one in web.copies] == ["running", "exited (137)", "running"]


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
