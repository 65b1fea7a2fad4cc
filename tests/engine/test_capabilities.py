"""Capabilities by their numbers, as the kernel's header has them."""

import pytest

from sosclib.engine.capabilities import NAMES, capabilities

DOCKERS = "00000000a80425fb"
"""What Docker gives to a container's root."""


def test_dockers_own_selection_is_named():
    assert capabilities(DOCKERS) == [
        *("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"),
        *("NET_BIND_SERVICE", "NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP"),
    ]


@pytest.mark.parametrize(("number", "name"), [(0, "CHOWN"), (21, "SYS_ADMIN"), (40, "CHECKPOINT_RESTORE")])
def test_numbers_are_those_of_the_kernels_header(number, name):
    assert capabilities(1 << number) == [name]


def test_none_all_and_one_of_a_newer_kernel():
    assert capabilities("0000000000000000") == []
    assert capabilities((1 << 41) - 1) == list(NAMES) and len(set(NAMES)) == 41
    assert capabilities(1 << 41) == ["41"]
