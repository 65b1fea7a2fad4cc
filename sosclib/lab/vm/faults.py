"""What can be done to the virtual machines on purpose."""

from __future__ import annotations

from sosclib.lab.errors import LabError
from sosclib.lab.ssh.engine import await_engine
from sosclib.lab.ssh.faults import SshFaults
from sosclib.lab.vm.image import machine_image
from sosclib.lab.vm.machine import CABLE, SPECS, VM1, Hardware
from sosclib.lab.vm.power import BOOT_LIMIT, Power, set_clock
from sosclib.lab.vm.record import read


class VmFaults(SshFaults):
    """The faults of a lab of two virtual machines.

    Parameters
    ----------
    power : Power
    """

    def __init__(self, power: Power) -> None:
        super().__init__(power.nodes)
        self._power = power

    def power_off(self, name: str) -> None:
        """Cut a machine's power: what is in its memory is lost."""
        self._power.off_alone(self._number(name))

    def power_on(self, name: str) -> None:
        """Start a machine that is off, from its disk, and wait until its engine answers.

        The cable is plugged in then: VM2 is reached through it. See `Faults.power_on`.
        """
        number = self._number(name)
        process, node = self._power.processes[number], self._power.nodes[number]
        if process.pid() is not None:
            raise LabError(f"{node.title} is not off.")
        if any(
            self._power.processes[self._number(other)].pid() is not None for other in self.off_before(name)
        ):
            raise LabError(
                "VM1 cannot be started while VM2 runs.",
                "The cable between them ends in VM1, and VM2 finds it only when it starts.",
                'drills.power_off("vm2") first, then VM1, then VM2',
            )
        record = read(self._power.where)
        self.restore_link()
        self._power.on_alone(number, machine_image(), Hardware(**record.hardware))
        await_engine(node, BOOT_LIMIT)
        set_clock(node)

    def off_before(self, name: str) -> tuple[str, ...]:
        """Return the machines that must be off before one can be started: the cable ends in VM1."""
        return (SPECS[1].name,) if name == VM1.name else ()

    def cut_link(self) -> None:
        """Pull the cable between both machines."""
        self._plug(False)

    def restore_link(self) -> None:
        """Plug it in again."""
        self._plug(True)

    def _plug(self, plugged: bool) -> None:
        # At the card, never at the stream behind it: QEMU ends as soon as a packet is sent into a stream
        # that was set up while nobody was at its other end.
        for process in self._power.processes:
            if process.pid() is not None:
                process.monitor.execute("set_link", name=CABLE, up=plugged)

    def _number(self, name: str) -> int:
        return [spec.name for spec in SPECS].index(name)
