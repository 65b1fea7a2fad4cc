"""The facts beside a measurement are those of this machine and its engine."""

import platform

import docker
import pytest

from sosclib.measure.environment import environment, usable_cpus


def test_without_an_engine_only_the_machine_is_described():
    facts = environment().facts()
    assert facts == {
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "CPUs": str(usable_cpus()),
    }


@pytest.mark.engine
def test_the_engine_is_described_as_it_describes_itself():
    client = docker.from_env()
    info = client.info()
    facts = environment(client, network="bridge", image="nobody/has-this:1", accelerator="tcg").facts()
    assert facts["engine"] == info["ServerVersion"]
    assert facts["storage driver"] == info["Driver"]
    assert facts["engine kernel"] == info["KernelVersion"]
    assert facts["accelerator"] == "tcg"
    assert facts["network"] == "bridge"
    assert facts["image already present"] == "no"
    client.close()


def test_facts_are_a_frame():
    frame = environment(network="none").frame()
    assert frame.index.name == "fact"
    assert frame.loc["network", "value"] == "none"
