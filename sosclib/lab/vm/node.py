"""A virtual machine as the course sees it: a node that is reached by ssh."""

from __future__ import annotations

from sosclib.lab.ssh.node import SshNode
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.machine import Spec
from sosclib.lab.vm.ssh import connection, engine_login


class VmNode(SshNode):
    """One of the two virtual machines."""

    without_compose = (
        "The machine's system brings it: somebody has removed it, or the machine is an old one.",
        "`sosc reset` makes the machines as new, `sosc destroy` and `sosc up` make new ones.",
    )

    def __init__(self, spec: Spec, where: Folders) -> None:
        super().__init__(
            spec.name,
            where.engine(spec.name),
            connection(where, spec.name),
            connection(where, engine_login(spec)),
            spec.private_address,
            spec.public_address,
        )
