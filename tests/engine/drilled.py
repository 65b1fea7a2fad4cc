"""A swarm to break things in: served by both machines, asked all the while, right again after each drill."""

import time
from dataclasses import dataclass, field

from sosclib.engine.convergence import STOPPED, await_converged
from sosclib.engine.machine import Machine
from sosclib.engine.swarm_state import SILENT
from sosclib.measure.recovery import Recovery, as_markdown, recovery

PORT = 8099
SERVE = ["sh", "-c", "hostname > index.html; exec httpd -f -p 80"]
PATIENCE = 180
HEAD = """What was broken in a swarm of two machines on the lab `{provider}`, and what became of it.

"""


@dataclass
class Swarm:
    """Two machines in a swarm, with a page that is asked for while things are broken."""

    lab: object
    vm1: Machine
    vm2: Machine
    small: str
    url: str = ""
    service: str = ""
    replicas: int = 4
    rows: list[Recovery] = field(default_factory=list)

    def drill(self, fault, do, *, service=None):
        """Break something, note what becomes of it, and return that."""
        row = recovery(fault, do, url=self.url, manager=self.vm1.node, service=service)
        self.rows.append(row)
        return row

    def steady(self):
        """Wait until both machines take part again, and have their share of what was asked for."""
        end = time.monotonic() + PATIENCE
        while sorted(self.ready()) != ["VM1", "VM2"]:
            assert time.monotonic() < end, "the second machine does not come back"
            time.sleep(0.5)
        for name in {self.service, "web"}:
            service = self.vm1.services.get(name)
            if service.attrs.get("UpdateStatus", {}).get("State") in STOPPED:
                # Of a drill that failed: nothing else makes such a service well again.
                service.rollback()
            await_converged(self.vm1.node, name, limit=PATIENCE, stable=1)
        if len({task.node for task in self.running(self.service)}) < 2:
            # A swarm leaves tasks where they run; new ones are spread.
            self.vm1.services.update(self.service, force=True, update_parallelism=4)

    def ready(self):
        """Return the names of the machines that take part, as far as the manager knows."""
        try:
            return [
                one["Description"]["Hostname"]
                for one in self.vm1.node.docker.api.nodes()
                if one["Status"]["State"] == "ready"
            ]
        except SILENT:
            return []

    def create_in_vain(self, command, name, *, image=None, **options):
        """Ask for a service; when one of its tasks has failed, wait for it no longer, and raise why."""
        self.vm1.services.create(
            image or self.small, command, name=name, wait=False, stop_grace_period=1, **options
        )
        end = time.monotonic() + PATIENCE
        while not any(task.error for task in self.vm1.services.tasks_of(name)):
            assert time.monotonic() < end, "nothing fails"
            time.sleep(0.2)
        await_converged(self.vm1.node, name, limit=1)

    def running(self, name):
        """Return the tasks of a service that run, as plain data."""
        return [task for task in self.vm1.services.tasks_of(name) if task.runs]


def serve(swarm, provider):
    """Let the swarm serve a page: by the routing mesh where there is one, else each machine its own."""
    quick = {"stop_grace_period": 1, "update_monitor": 2}
    if provider == "vm":
        # Emulated machines are slow: one task each is enough.
        swarm.service, swarm.replicas = "web", 2
        swarm.vm1.services.create(swarm.small, SERVE, name="web", replicas=2, ports={PORT: 80}, **quick)
        return
    options = {"ports": {PORT: 80}, "publish_mode": "host", **quick}
    swarm.vm1.services.create(swarm.small, SERVE, name="web", replicas=None, **options)
    swarm.vm1.services.create(swarm.small, "sleep 3600", name="work", replicas=swarm.replicas, **quick)
    swarm.service = "work"


def table_of(swarm, folder):
    """Write what became of each fault, and return the file."""
    written = folder / f"drills-{swarm.lab.provider}.md"
    written.parent.mkdir(exist_ok=True)
    written.write_text(HEAD.format(provider=swarm.lab.provider) + as_markdown(swarm.rows))
    return written
