"""Talk to a running QEMU over its monitor (QMP)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sosclib.lab.errors import LabError

T = TypeVar("T")
PATIENCE = 120.0
SAVING = 900.0
"""Seconds for what writes a machine's memory to a disk, which may be a slow one across a network."""
RUNNING, FULL = "running", "io-error"
"""QEMU's words for a machine that is not paused, and for one whose disk's file found no room to grow."""
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

    def state(self) -> str:
        """Return QEMU's word for what a machine is at; empty where it is not there."""
        if not self.socket.exists():
            return ""
        try:
            return str(self.execute("query-status")["status"])
        except MonitorSilent:
            return ""

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

    def save(self, tag: str, wanted: Collection[str] = ()) -> None:
        """Keep memory and disk under a tag; of what was kept before, only the wanted tags stay."""

        async def replace(client: Any) -> None:
            disks = await client.execute("query-named-block-nodes", {"flat": True})
            kept = {one["name"] for disk in disks for one in disk["image"].get("snapshots", ())}
            for old in kept - set(wanted):
                await _job(client, "snapshot-delete", tag=old, devices=[DISK])
            await _job(client, "snapshot-save", tag=tag, vmstate=DISK, devices=[DISK])

        self._talk(replace, SAVING)

    def _talk(self, conversation: Callable[[Any], Awaitable[T]], limit: float = PATIENCE) -> T:
        """Hold a conversation in a thread: a notebook's own thread has an event loop already."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(self._limited(conversation, limit))).result()

    async def _limited(self, conversation: Callable[[Any], Awaitable[T]], limit: float) -> T:
        try:
            return await asyncio.wait_for(self._session(conversation), limit)
        except TimeoutError:
            raise MonitorSilent(
                "A virtual machine does not answer.", f"It was silent for {limit:.0f} s.", "sosc up"
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
    # A name of its own: the job of one who was killed may still stand there.
    name = f"sosc-{uuid.uuid4().hex}"
    await client.execute(command, {"job-id": name, **arguments})
    while True:
        jobs = await client.execute("query-jobs")
        job = next(one for one in jobs if one["id"] == name)
        if job["status"] == "concluded":
            break
        await asyncio.sleep(0.02)
    await client.execute("job-dismiss", {"id": name})
    if "error" in job:
        raise LabError("The state of a virtual machine could not be saved.", job["error"])


async def _part(client: Any) -> None:
    from qemu.qmp import QMPError

    try:
        await client.disconnect()
    except (QMPError, OSError, EOFError):
        return
