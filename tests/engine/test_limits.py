"""Limits and walls: what the library asks for is what the engine has, and what its command line says."""

import subprocess

import pytest

from sosclib.engine.options import flags
from sosclib.engine.sizes import binary_size
from sosclib.engine.stats import COLUMNS
from sosclib.lab.errors import NotFound, SoscError

pytestmark = pytest.mark.engine

OPTIONS = {
    "read_only": True,
    "tmpfs": {"/tmp": "size=1m"},
    "cap_drop": ["ALL"],
    "cap_add": ["CHOWN"],
    "security_opt": ["no-new-privileges", "seccomp=unconfined"],
    "pids_limit": 20,
    "mem_limit": "32m",
    "memswap_limit": "32m",
    "nano_cpus": 500_000_000,
    "userns_mode": "host",
    "restart": "on-failure",
}
SAME = (
    *("ReadonlyRootfs", "Tmpfs", "CapDrop", "CapAdd", "SecurityOpt", "PidsLimit", "Memory", "MemorySwap"),
    *("NanoCpus", "UsernsMode", "RestartPolicy"),
)
PROFILE = """{"defaultAction": "SCMP_ACT_ALLOW",
 "syscalls": [{"names": ["utimensat"], "action": "SCMP_ACT_ERRNO"}]}"""


@pytest.fixture
def vm1(vm1_with_folders):
    return vm1_with_folders


@pytest.fixture
def profile(vm1):
    """Give the name of a seccomp profile in the lab user's home."""
    vm1.node.sh(f"cat > no-times.json <<'END'\n{PROFILE}\nEND").check()
    yield "no-times.json"
    vm1.node.sh("rm -f no-times.json").check()


def host_config(vm1, name):
    found = {key: vm1.docker.api.inspect_container(name)["HostConfig"][key] for key in SAME}
    # The CLI may put CAP_ before the names of capabilities.
    return found | {key: [one.removeprefix("CAP_") for one in found[key]] for key in ("CapAdd", "CapDrop")}


def test_the_command_line_and_the_library_make_the_same_container(vm1, image):
    vm1.containers.run(image, "true", name="sosc-test-limits", **OPTIONS)
    ours = host_config(vm1, "sosc-test-limits")
    vm1.containers.remove("sosc-test-limits")
    line = " ".join(["docker create --name sosc-test-limits", *flags(OPTIONS), image, "true"])
    subprocess.run(line, shell=True, check=True, capture_output=True)
    try:
        assert host_config(vm1, "sosc-test-limits") == ours
    finally:
        vm1.docker.api.remove_container("sosc-test-limits")
    assert ours["NanoCpus"] == 500_000_000 and "--cpus 0.5" in line


def test_walls_hold(vm1, image):
    told = "while read -r line; do case $line in Cap*|NoNew*) echo $line;; esac; done < /proc/1/status"
    script = f"touch /new; touch /tmp/new; {told}"
    options = OPTIONS | {"security_opt": ["no-new-privileges"], "cap_add": None, "userns_mode": None}
    result = vm1.containers.run(image, ["bash", "-c", script], remove=True, **options)
    assert "Read-only file system" in result.output
    assert "CapBnd: 0000000000000000" in result.output and "NoNewPrivs: 1" in result.output
    assert result.output.count("touch:") == 1


def test_a_profile_of_ones_own_is_read_from_the_machine(vm1, image, profile, capsys):
    script = ["bash", "-c", "exec 2>&1; cd /tmp && : > file && ls file; touch file"]
    options = {"remove": True, "tmpfs": {"/tmp": ""}, "security_opt": [f"seccomp={profile}"]}
    result = vm1.containers.run(image, script, **options)
    shown = capsys.readouterr().out.splitlines()[0]
    assert f"--security-opt seccomp={profile}" in shown
    command = shown.removeprefix("student@VM1:~$ ")
    assert vm1.node.sh(command).output == result.output
    assert result.output == "file\ntouch: setting times of 'file': Operation not permitted\n"


def test_a_profile_that_is_not_there_or_no_json_is_told(vm1, image, profile):
    with pytest.raises(NotFound, match=r"no seccomp profile nowhere\.json on VM1"):
        vm1.containers.run(image, "true", security_opt=["seccomp=nowhere.json"])
    vm1.node.sh(f"echo '{{' > {profile}").check()
    with pytest.raises(SoscError, match="not valid JSON"):
        vm1.containers.run(image, "true", security_opt=[f"seccomp={profile}"])


def test_stats_are_those_of_the_cli(vm1, image, capsys):
    vm1.containers.run(
        image, "sleep 600", name="sosc-test-stats", detach=True, mem_limit="32m", nano_cpus=250_000_000
    )
    busy = vm1.containers.run(
        image,
        ["bash", "-c", "while :; do :; done"],
        name="sosc-test-busy",
        detach=True,
        nano_cpus=250_000_000,
    )
    capsys.readouterr()
    seen = vm1.containers.stats("sosc-test-stats", "sosc-test-busy").set_index("NAME")
    assert capsys.readouterr().out == (
        "student@VM1:~$ docker stats --no-stream sosc-test-stats sosc-test-busy\n"
    )
    listed = subprocess.run(
        ["docker", "stats", "--no-stream", "sosc-test-stats"], capture_output=True, text=True
    )
    title, line = (text.split("  ") for text in listed.stdout.splitlines())
    assert [word.strip() for word in title if word.strip()] == list(COLUMNS)
    fields = [word.strip() for word in line if word.strip()]
    assert fields[3].endswith(" / 32MiB") and seen.loc["sosc-test-stats", "MEM USAGE / LIMIT"].endswith(
        " / 32MiB"
    )
    assert int(fields[-1]) == seen.loc["sosc-test-stats", "PIDS"] == 1
    share = {name: float(text.rstrip("%")) for name, text in seen["CPU %"].items()}
    assert share["sosc-test-stats"] < share["sosc-test-busy"]
    # A quarter of a processor is 25 %; on a busy computer the engine samples late, and one look may be off.
    shares = [busy.stats().set_index("NAME").loc["sosc-test-busy", "CPU %"] for _ in range(3)]
    assert min(float(text.rstrip("%")) for text in shares) < 40
    assert set(vm1.containers.stats()["NAME"]) == {"sosc-test-busy", "sosc-test-stats"}


def test_one_that_has_ended_uses_nothing_and_one_that_is_not_there_is_told(vm1, image):
    vm1.containers.run(image, "true", name="sosc-test-ended")
    ended = vm1.containers.stats("sosc-test-ended")
    assert list(ended["CPU %"]) == ["0.00%"] and list(ended["PIDS"]) == [0]
    with pytest.raises(NotFound):
        vm1.containers.stats("sosc-test-nobody")


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0B"), (1023, "1023B"), (32 << 20, "32MiB"), (3_300_000, "3.147MiB")]
)
def test_memory_has_binary_units(size, words):
    assert binary_size(size) == words
