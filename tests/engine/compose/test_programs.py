"""Which Compose there is: the plugin, the older command, or none."""

import subprocess

import pytest

from sosclib.engine.compose import Compose
from sosclib.engine.compose_cli import OLDER, PLUGIN, ComposeCli
from sosclib.engine.machine import Machine
from sosclib.engine.terminal import Terminal
from sosclib.lab.compose_plugin import compose_plugin
from sosclib.lab.errors import (
    LabError,
    ToolMissing,
)
from tests.engine.compose.stacks import containers

pytestmark = pytest.mark.engine


class OnlyOlder:
    """A node whose Docker CLI has no Compose and can be given none; `docker-compose` is on its path."""

    def __init__(self, node, programs):
        self._node = node
        self._programs = programs

    def __getattr__(self, name):
        return getattr(self._node, name)

    def provide_compose(self):
        raise LabError("No plugin could be had.", help="install it")

    def sh(self, command, **options):
        return self._node.sh(f"PATH={self._programs}:$PATH; {command}", **options)

    def follow(self, command, told):
        return self._node.follow(f"PATH={self._programs}:$PATH; {command}", told)


@pytest.fixture
def older(vm1, engine, tmp_path):
    """Give a machine that has `docker-compose` only."""
    if engine != "host":
        pytest.skip("the lab's own machines have the plugin")
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "docker-compose").symlink_to(compose_plugin())
    return Machine(OnlyOlder(vm1.node, tmp_path / "programs"), vm1.ownership, Terminal())


def test_the_older_command_takes_over_with_a_notice(older, write, vm1, capsys):
    write()
    stack = older.compose.project("shop")
    stack.up()
    stack.down(volumes=True)
    out = capsys.readouterr().out
    assert out.count("Notice: VM1 has the older command `docker-compose` only") == 1
    assert f"student@VM1:~/shop$ docker-compose -p {stack.name} up -d\n" in out
    assert containers(vm1, stack) == {}


def test_without_any_compose_it_is_told_what_to_install(older, write, vm1, tmp_path):
    write()
    (tmp_path / "programs" / "docker-compose").unlink()
    if not subprocess.run(["which", "docker-compose"], capture_output=True).returncode:
        pytest.skip("docker-compose is installed here")
    with pytest.raises(ToolMissing, match="no Compose on VM1") as told:
        older.compose.project("shop").up()
    assert told.value.help == "install it"
    assert ComposeCli(vm1.node, Terminal()).words == PLUGIN != OLDER
    assert isinstance(vm1.compose, Compose)
