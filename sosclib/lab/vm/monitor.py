"""Talk to a running QEMU over its monitor (QMP)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sosclib.lab.errors import LabError

T = TypeVar("T")
PATIENCE = 120.0
JOB_ID = "sosc"
DISK = "disk"
"""The name of a machine's disk inside its QEMU."""


class MonitorSilent(LabError):
    """QEMU's monitor does not answer: the machine is not running."""


class Monitor:
    """The monitor of one machine.

    Parameters
    ----------
    socket : Path
    """

    def __init__(self, socket: Path) -> None:
        self.socket = socket

    def answers(self) -> bool:
        """Tell whether a machine is there."""
        if not self.socket.exists():
            return False
        try:
            self.execute("query-status")
        except MonitorSilent:
            return False
        return True

    def execute(self, command: str, **arguments: Any) -> Any:
        """Run one command of the monitor's protocol and return its answer."""

        async def once(client: Any) -> Any:
            return await client.execute(command, arguments or None)

        return self._talk(once)

    def human(self, line: str) -> str:
        """Run a command that only the monitor's human side has."""
        return str(self.execute("human-monitor-command", **{"command-line": line}))

    def quit(self) -> None:
        """End QEMU at once; nothing happens where it has ended already."""
        try:
            self.execute("quit")
        except MonitorSilent:
            return

    def save(self, name: str) -> None:
        """Keep memory and disk under a name, in the place of what had it before."""

        async def replace(client: Any) -> None:
            disks = await client.execute("query-named-block-nodes", {"flat": True})
            kept = [snapshot["name"] for disk in disks for snapshot in disk["image"].get("snapshots", ())]
            if name in kept:
                await _job(client, "snapshot-delete", tag=name, devices=[DISK])
            await _job(client, "snapshot-save", tag=name, vmstate=DISK, devices=[DISK])

        self._talk(replace)

    def _talk(self, conversation: Callable[[Any], Awaitable[T]]) -> T:
        """Hold a conversation in a thread: a notebook's own thread has an event loop already."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(self._limited(conversation))).result()

    async def _limited(self, conversation: Callable[[Any], Awaitable[T]]) -> T:
        try:
            return await asyncio.wait_for(self._session(conversation), PATIENCE)
        except TimeoutError:
            raise MonitorSilent(
                "A virtual machine does not answer.", f"It was silent for {PATIENCE:.0f} s.", "sosc up"
            ) from None

    async def _session(self, conversation: Callable[[Any], Awaitable[T]]) -> T:
        from qemu.qmp import ConnectError, ExecInterruptedError, QMPClient, QMPError

        client = QMPClient("sosc")
        client.logger.disabled = True
        try:
            await client.connect(str(self.socket))
        except (ConnectError, OSError) as error:
            raise MonitorSilent("A virtual machine does not answer.", str(error), "sosc up") from None
        try:
            return await conversation(client)
        except (ExecInterruptedError, OSError) as error:
            raise MonitorSilent("A virtual machine went away.", str(error), "sosc up") from None
        except QMPError as error:
            raise LabError("QEMU refused a command.", str(error)) from None
        finally:
            await _part(client)


async def _job(client: Any, command: str, **arguments: Any) -> None:
    await client.execute(command, {"job-id": JOB_ID, **arguments})
    while True:
        jobs = await client.execute("query-jobs")
        job = next(one for one in jobs if one["id"] == JOB_ID)
        if job["status"] == "concluded":
            break
        await asyncio.sleep(0.02)
    await client.execute("job-dismiss", {"id": JOB_ID})
    if "error" in job:
        raise LabError("The state of a virtual machine could not be saved.", job["error"])


async def _part(client: Any) -> None:
    from qemu.qmp import QMPError

    try:
        await client.disconnect()
    except (QMPError, OSError, EOFError):
        return
