"""The doctor: quick, never hangs, one line and one fix each, whatever the checks do."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import docker
import pytest

from sosclib.course import doctor_checks
from sosclib.course.doctor import FAIL, OK, WARN, Finding, Report, doctor, examine
from sosclib.course.sections import sections
from sosclib.harness.notebook import PARAMETERS, read, tags
from sosclib.lab import hub, registry
from sosclib.lab.errors import ToolMissing

HOSTILE = "<script>alert(1)</script> | `x` *y*"


def test_the_whole_report_is_complete():
    report = doctor()
    assert [finding.name for finding in report.findings] == list(doctor_checks.CHECKS)
    assert all("\n" not in finding.text + finding.fix for finding in report.findings)
    assert all(finding.fix for finding in report.findings if finding.status != OK)


def test_checks_work_side_by_side_and_wait_together_for_those_that_hang():
    meeting = threading.Barrier(3)

    def meets():
        meeting.wait(timeout=60)
        return Finding("meets", OK, "all were there")

    assert [one.status for one in examine({str(n): meets for n in range(3)}, limit=60)] == [OK] * 3
    hanging = {str(n): lambda: time.sleep(60) for n in range(40)}
    begin = time.monotonic()
    assert {one.status for one in examine(hanging, limit=0.5)} == {WARN}
    one_after_another = len(hanging) * 0.5
    assert time.monotonic() - begin < one_after_another / 2


def test_a_check_that_hangs_raises_or_speaks_of_a_fault_spoils_nothing_else():
    def tells():
        raise ToolMissing("QEMU is not installed.", help="sosc setup\nand more")

    def breaks():
        raise ValueError("boom")

    checks = {
        "hangs": lambda: time.sleep(60),
        "tells": tells,
        "breaks": breaks,
        "fine": lambda: Finding("fine", OK, "yes"),
    }
    found = examine(checks, limit=0.3)
    assert [finding.status for finding in found] == [WARN, FAIL, WARN, OK]
    assert found[0].text == "no answer within 0.3 s"
    assert (found[1].text, found[1].fix) == ("QEMU is not installed.", "sosc setup")
    assert found[2].text == "could not be checked: ValueError: boom"


def test_a_hanging_check_does_not_keep_the_program_alive():
    code = "import time\nfrom sosclib.course.doctor import examine\n"
    code += "print(examine({'hangs': lambda: time.sleep(60)}, limit=0.2)[0].status)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert done.stdout == "warn\n"


def test_text_json_and_exit_code_agree():
    report = Report((Finding("disk", FAIL, "1 GiB free", "Free some."), Finding("Python", OK, "3.11")))
    assert repr(report).splitlines() == [
        "✘ disk    1 GiB free",
        "          → Free some.",
        "✔ Python  3.11",
        "",
        "Not ready yet: 1 to mend.",
    ]
    told = json.loads(report.to_json())
    assert told["ready"] is False and told["findings"][0]["status"] == "fail"
    assert report.exit_code == 1
    assert Report(report.findings[1:]).exit_code == 0


def test_what_programs_answer_is_escaped():
    report = Report((Finding("engine", WARN, HOSTILE, HOSTILE),))
    assert "<script>" not in report._repr_html_()
    assert "&lt;script&gt;" in report._repr_html_()
    markdown = report._repr_markdown_()
    assert "<script>" not in markdown
    assert r"\| \`x\` \*y\*" in markdown


def test_an_engine_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    finding = doctor_checks.check_engine()
    assert finding.status in (WARN, FAIL)
    assert finding.text.startswith("none answers") and finding.fix


@pytest.mark.engine
def test_an_engine_that_answers_is_told_with_its_api():
    finding = doctor_checks.check_engine()
    assert finding.status == OK
    with_client = docker.from_env()
    assert with_client.version()["ApiVersion"] in finding.text
    with_client.close()


def test_ports_in_somebody_elses_hand_are_told_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as mine, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [one.getsockname()[1] for one in (mine, other)]
        found = doctor_checks.check_ports(ports)
        assert found.status == WARN and "first cell" in found.fix
        assert found.text == f"another program listens on {ports[0]}, {ports[1]}"
    assert doctor_checks.check_ports(ports) == Finding("ports", OK, f"{ports[0]}, {ports[1]} free")


def test_the_courses_own_port_is_no_fault(monkeypatch):
    monkeypatch.setattr(doctor_checks, "port_taken", lambda port: port == 5000)
    monkeypatch.setattr(doctor_checks, "publisher", lambda _: "container it")
    found = doctor_checks.check_ports((5000, 8080))
    assert found == Finding("ports", OK, "5000 is the course's own (container it); 8080 free")


def test_the_ports_are_those_of_the_sections_and_of_the_registries():
    published = {registry.PORT, hub.PORT}
    for section in sections():
        if "host" in section.providers:
            cells = read(section.path).cells
            words = "\n".join(cell.source for cell in cells if PARAMETERS in tags(cell))
            published |= {int(port) for port in re.findall(r"^\w*PORT = (\d+)$", words, re.M)}
    assert published == set(doctor_checks.PORTS)


def test_missing_programs_are_a_warning_with_a_fix(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor_checks.check_cli().status == WARN


@pytest.mark.skipif(not shutil.which("docker"), reason="there is no Docker CLI to be asked")
def test_compose_is_the_clis_own_or_that_of_the_cache_or_to_be_fetched(monkeypatch, tmp_path):
    own = subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0
    found = {doctor_checks.check_compose().text}
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr("sosclib.lab.compose_plugin.has_plugin", lambda: False)
    missing = doctor_checks.check_compose()
    monkeypatch.setattr("sosclib.lab.compose_plugin.has_plugin", lambda: True)
    found.add(doctor_checks.check_compose().text)
    assert all("Compose" in text or "Debian's" in text for text in found)
    assert own or ("`sosc prefetch`" in missing.fix and "Debian's" in missing.text)


def test_the_hub_out_of_reach_is_no_failure(monkeypatch):
    monkeypatch.setattr(doctor_checks, "HUB", "http://127.0.0.1:9/v2/")
    finding = doctor_checks.check_hub()
    assert finding.status == WARN and "offline" in finding.fix


@pytest.mark.parametrize(("free", "status"), [(1, FAIL), (5, WARN), (50, OK)])
def test_room_on_the_disk_is_judged(monkeypatch, free, status):
    place = SimpleNamespace(free=free * doctor_checks.GIB)
    monkeypatch.setattr(doctor_checks.shutil, "disk_usage", lambda _: place)
    assert doctor_checks.check_disk().status == status


def test_the_images_that_wait_are_counted_and_named(monkeypatch):
    monkeypatch.setattr("sosclib.lab.offline_images.is_made", lambda name: name in ("base", "small"))
    found = doctor_checks.check_images()
    assert found.text.startswith("2 of 9 made; when first needed: web, httpd, database")
    assert "`sosc prefetch`" in found.fix
    monkeypatch.setattr("sosclib.lab.offline_images.is_made", lambda name: True)
    assert doctor_checks.check_images().text == "9 of 9 made"
