"""The state of the virtual machines that a section starts from: the engine runs, and who may command it."""

from __future__ import annotations

from sosclib.lab.lab import Progress
from sosclib.lab.node import Node

WITHOUT_GROUP = 3
"""The section that shows the permission error; in every other the lab's user is in the group docker."""
INSTALL = "sudo apt-get install -y -qq docker.io docker-cli && sudo systemctl start docker"
SETTINGS = "/etc/docker/daemon.json"
"""The engine's settings: section 14 writes them for a while, no other does."""
RESTORE = (
    f"sudo rm -f {SETTINGS} && sudo systemctl restart docker"
    " && sudo find /var/lib/docker -maxdepth 1 -name '[0-9]*.[0-9]*' -exec rm -r {} +"
)
"""What section 14 does at its end; an engine keeps the images of each user namespace in such a folder."""


def prepare(node: Node, section_number: int, progress: Progress) -> None:
    """Bring a virtual machine into the state in which a section finds it.

    Parameters
    ----------
    node : Node
    section_number : int
    progress : callable
        Is told what is put right.

    Raises
    ------
    CommandFailed, LabError
        Where it cannot be put right, or is out of reach.
    """
    if node.sh("systemctl is-active --quiet docker").exit_code:
        # An interrupted section 03 leaves a machine without an engine.
        progress(f"putting the engine back on {node.title}")
        node.sh(INSTALL).check()
    if not node.sh(f"test -e {SETTINGS}").exit_code:
        # An interrupted section 14 leaves an engine that has a user namespace, and other images.
        progress(f"giving the engine on {node.title} its own settings back")
        node.sh(RESTORE).check()
    wanted = section_number != WITHOUT_GROUP
    if wanted == ("docker" in node.sh("id -nG").stdout.split()):
        return
    node.sh(f"sudo gpasswd {'-a' if wanted else '-d'} {node.user} docker").check()
    node.reconnect()
