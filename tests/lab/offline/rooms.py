"""Containers in a network of their own, and what one asks of them."""

import time
import uuid

MARK = {"sosc.test": "offline-images"}
ASK = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=10).read().decode())"
PASSWORD = r"""it's a "long\ one"""
LECTURE = {
    "MYSQL_USER": "wordpress",
    "MYSQL_PASSWORD": PASSWORD,
    "MYSQL_DATABASE": "word_press",
    "MYSQL_RANDOM_ROOT_PASSWORD": "true",
}


class Room:
    """Containers, a network and volumes that are gone in the end."""

    def __init__(self, client, loaded):
        self.client, self.loaded = client, loaded
        self.name = f"sosc-test-{uuid.uuid4().hex[:8]}"
        self.network = client.networks.create(self.name, labels=MARK)
        self.containers, self.volumes = [], []

    def volume(self):
        self.volumes.append(self.client.volumes.create(f"{self.name}-{len(self.volumes)}", labels=MARK))
        return self.volumes[-1].name

    def start(self, role, *command, alias="", **options):
        """Start a container in the network; other containers find it by its alias."""
        options.setdefault("labels", MARK)
        container = self.client.containers.create(self.loaded(role), list(command) or None, **options)
        self.containers.append(container)
        self.network.connect(container, aliases=[alias] if alias else None)
        container.start()
        return container

    def run(self, role, *command, **options):
        """Run a container to its end; return exit code and output."""
        container = self.start(role, *command, **options)
        code = container.wait(timeout=120)["StatusCode"]
        return code, container.logs().decode()

    def page(self, address):
        """Return a page as another container of the network sees it."""
        return self.run("python", "python", "-c", ASK, address)

    def clear(self):
        for container in self.containers:
            container.remove(force=True, v=True)
        for volume in self.volumes:
            volume.remove(force=True)
        self.network.remove()


def until(condition, limit=90):
    """Wait until something is so; return it."""
    deadline = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)
    return found


def health(container):
    container.reload()
    return container.attrs["State"]["Health"]["Status"]


def healthy(container):
    until(lambda: health(container) == "healthy")


def users(container):
    """Return whose processes run in a container."""
    titles, rows = (container.top()[key] for key in ("Titles", "Processes"))
    column = next(titles.index(name) for name in ("UID", "USER") if name in titles)
    return {row[column] for row in rows}
