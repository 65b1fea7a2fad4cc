"""How services are reached: ports of a swarm, published ports with and without a routing mesh, names."""

import re

import pytest

from sosclib.course.waiting import until
from sosclib.engine.service_options import without_mesh
from sosclib.lab.errors import NotFound, SoscError
from sosclib.lab.mesh import has_mesh
from sosclib.measure.ports import FREE, OPEN, TAKEN, ports
from sosclib.measure.traffic import ask

pytestmark = [pytest.mark.engine, pytest.mark.apart, pytest.mark.timeout(600)]
SERVE = ["sh", "-c", "hostname > index.html; exec httpd -f -p 80"]


def table_of(two):
    found = ports(*two).set_index("PORT")
    return found["VM1 to VM2"].to_dict(), found["VM2 to VM1"].to_dict()


def test_the_ports_of_a_swarm_are_free_before_and_open_afterwards(two):
    there, back = table_of(two)
    assert set(there.values()) == set(back.values()) == {FREE}
    vm1, vm2 = two
    vm2.swarm.join(vm1.swarm.init(advertise_addr=vm1.node.private_address))
    there, back = table_of(two)
    assert (there["2377/tcp"], back["2377/tcp"]) == (FREE, OPEN)
    assert there["7946/tcp"] == back["7946/tcp"] == OPEN
    assert there["7946/udp"] == back["7946/udp"] == TAKEN
    overlay = "4789/udp"  # of the network that comes with a swarm, a moment after it
    until(lambda: {way[overlay] for way in table_of(two)} == {TAKEN}, "the overlay network", limit=60)


def test_a_published_service_answers_on_every_node_or_says_why_it_cannot(swarm, small, capsys):
    vm1 = swarm[0]
    service = vm1.services.create(
        small,
        SERVE,
        name="pages",
        replicas=3,
        ports={8090: 80},
        hostname="{{.Node.Hostname}}-{{.Task.Slot}}",
        stop_grace_period=1,
    )
    said = capsys.readouterr().out
    assert "--hostname '{{.Node.Hostname}}-{{.Task.Slot}}'" in said
    mesh = "test -e /proc/net/ip_vs"
    assert has_mesh(vm1.node) == vm1.has_mesh == (not vm1.node.sh(mesh).exit_code)
    if vm1.has_mesh:
        assert "-p 8090:80" in said and service.url("VM2").endswith(":8090")
    else:
        assert "--publish mode=host,target=80" in said and "has no IPVS" in said
    for one in swarm:
        page = vm1.node.sh(f"curl -s {service.url(one.title)}").stdout
        assert re.fullmatch(r"VM[12]-[123]\n", page)
        assert vm1.has_mesh or page.startswith(one.title)
    service.scale(1)
    (task,) = service.running()
    empty = next(one for one in swarm if one.title != task.node)
    if vm1.has_mesh:
        assert vm1.node.sh(f"curl -sf {service.url(empty.title)}").exit_code == 0
    else:
        with pytest.raises(NotFound, match=f"not published on {empty.title}"):
            service.url(empty.title)
    with pytest.raises(NotFound, match="no node VM9"):
        service.url("VM9")


def test_services_of_one_network_know_each_other_by_name_across_machines(swarm, small):
    vm1, vm2 = swarm
    vm1.networks.create("inside", driver="overlay")
    vm1.services.create(small, SERVE, name="pair", replicas=2, networks=["inside"], stop_grace_period=1)
    asker = vm1.services.create(
        small,
        "sleep 600",
        name="asker",
        networks=["inside"],
        constraints=["node.hostname == VM2"],
        stop_grace_period=1,
    )
    (task,) = asker.running()

    def look_up(name):
        said = vm2.node.cli("exec", task.container, "nslookup", "-type=a", name).stdout
        return re.findall(r"^Address: (\S+)$", said, re.M)

    assert len(look_up("tasks.pair")) == 2
    assert len(look_up("pair")) == (1 if vm1.has_mesh else 2)
    answers = {
        vm2.node.cli("exec", task.container, "wget", "-qO-", f"http://{address}").stdout
        for address in look_up("tasks.pair")
    }
    assert len(answers) == 2 and "" not in answers


def test_the_door_of_a_lab_leads_to_a_service(swarm, small, two_machines):
    vm1, _ = swarm
    service = vm1.services.create(
        small, SERVE, name="each", replicas=None, ports={8091: 80}, stop_grace_period=1
    )
    port = int(service.url("VM1").rpartition(":")[2])
    assert not ask(f"http://localhost:{two_machines.forward(port)}/").lost


def test_without_a_mesh_one_port_is_all_that_can_be_published():
    assert without_mesh({"networks": ["inside"]}) == {"networks": ["inside"], "endpoint_mode": "dnsrr"}
    with pytest.raises(SoscError, match="one port only"):
        without_mesh({"ports": {80: 80, 443: 443}})
