"""The logbook on a real engine, as one process and as services: the same pages, and what differs."""

import re
import time

import pytest

from sosclib.course.handouts import handout
from sosclib.course.stacks import write_stack
from sosclib.course.traffic import ask, crowd, latency, load, visit
from sosclib.course.waiting import until
from sosclib.lab.errors import NotFound

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
MONOLITH, SERVICES = "http://localhost:18487", "http://localhost:18488"
PAGES = ("/", "/store", "/compute")
PAGE = "Logbook\n  store:   20.9 21.3 21.0\n  compute: median 21.00 ± 0.13\n"


@pytest.fixture
def desk(lay_desk):
    return lay_desk("16", needs=("python",), images=("python",))


@pytest.fixture
def logbook(desk):
    """Give a function that runs the application in one container."""
    handout("microservices/monolith")
    desk.vm1.images.build("monolith", tag="student/logbook:1")

    def run(name="logbook", port=18487):
        ports = {"8000/tcp": port}
        return desk.vm1.containers.run("student/logbook:1", name=name, detach=True, ports=ports)

    return run


@pytest.fixture
def stack(desk):
    """Give the application as services, running."""
    written = write_stack("services", web_port=18488)
    written.up(build=True, wait=True)
    return written


def fetched(desk, url, options=""):
    return desk.vm1.node.sh(f"curl -sf --retry 30 --retry-delay 1 --retry-all-errors {options} {url}").stdout


def noted(desk, site):
    for value in ("20.9", "21.3", "21.0"):
        fetched(desk, f"{site}/store", f"-o /dev/null -d {value}")


def test_both_give_the_same_page_and_refuse_the_same(desk, logbook, stack):
    logbook()
    for site in (MONOLITH, SERVICES):
        assert "no values" in fetched(desk, site)
        noted(desk, site)
        status = "-o /dev/null -w '%{http_code}' --retry 0"
        assert fetched(desk, f"{site}/store", f"{status} -d nonsense") == "400", site
        assert fetched(desk, f"{site}/a1", status) == "404", site
    for page in PAGES:
        assert fetched(desk, MONOLITH + page) == fetched(desk, SERVICES + page)
    assert re.sub(r"± [\d.]+", "± 0.13", fetched(desk, SERVICES)) == PAGE
    timings = latency({"one process": f"{MONOLITH}/store", "services": f"{SERVICES}/store"}, rounds=20)
    assert timings.ratio("services", "one process") > 1, "a hop over the network costs something"


def test_what_a_visitor_sees_of_a_part_that_broke(desk, logbook, stack):
    logbook()
    noted(desk, SERVICES)
    fetched(desk, MONOLITH)
    sites = {"monolith": MONOLITH, "services": SERVICES}
    assert (visit(sites, PAGES) == "200").all(axis=None)
    desk.vm1.docker.api.kill("logbook")
    desk.vm1.docker.api.kill(stack.container("compute"))
    seen = visit(sites, PAGES)
    assert set(seen["monolith"]) == {"nobody answers"}
    assert seen["services"].tolist() == ["200", "200", "503"]
    assert "compute: (missing" in fetched(desk, SERVICES) and "20.9 21.3 21.0" in fetched(desk, SERVICES)
    desk.vm1.docker.api.kill(stack.container("store"))
    stack.up(wait=True)
    assert fetched(desk, f"{SERVICES}/store") == "20.9 21.3 21.0\n", "the volume has kept them"
    fetched(desk, f"{SERVICES}/compute")
    assert (visit({"services": SERVICES}, PAGES) == "200").all(axis=None)


def test_the_monolith_forgets_and_its_copies_disagree(desk, logbook):
    logbook()
    logbook("copy", 18489)
    noted(desk, MONOLITH)
    assert fetched(desk, f"{MONOLITH}/store") == "20.9 21.3 21.0\n"
    assert fetched(desk, "http://localhost:18489/store") == "\n"
    desk.vm1.docker.api.restart("logbook")
    assert fetched(desk, f"{MONOLITH}/store") == "\n"


def test_copies_take_turns_get_more_done_and_cover_for_one_another(desk, stack):
    noted(desk, SERVICES)
    url = f"{SERVICES}/compute"
    fetched(desk, url)
    assert ask(url, 6)["who"].nunique() == 1
    stack.up(scale={"compute": 3})
    until(lambda: ask(url, 6)["who"].nunique() == 3, "all copies to answer")
    # A look after the health moves the turns on too: eight of each is the rule, and not quite what one sees.
    assert ask(url, 24)["who"].value_counts().between(5, 11).all()
    rates = crowd({"store": f"{SERVICES}/store", "compute": url}, clients=3, requests=12, rounds=2)
    assert rates.loc[rates["page"] == "compute", "ratio"].median() < 1, "there is work in it"
    rate = min(5, rates["per_second"].min() / 4)
    with load(url, rate=rate) as running:
        time.sleep(6 / rate)
        desk.vm1.docker.api.kill(stack.container("compute"))
        time.sleep(12 / rate)
    assert (running.data()["error"] == "").all()
    assert ask(url, 6)["who"].nunique() == 2


def test_containers_end_well_when_they_are_asked_to(desk, stack):
    fetched(desk, SERVICES)
    stack.stop()
    ended = [desk.vm1.docker.api.wait(stack.container(name)) for name in ("front", "store", "compute")]
    assert [one["StatusCode"] for one in ended] == [0, 0, 0]


def test_an_unknown_stack_is_told(desk):
    with pytest.raises(NotFound) as told:
        write_stack("monolith")
    assert "services, wordpress" in told.value.help
