"""What makes a lab's machines this lab's own: keys, names, addresses."""

from __future__ import annotations

import stat
import uuid
from dataclasses import dataclass
from pathlib import Path

from sosclib.lab.aside import made_aside
from sosclib.lab.socket_node import STUDENT
from sosclib.lab.vm import cpio, qemu
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.machine import SPECS, Spec

CARRIER = "sosc"
"""The account that carries the engine's socket."""
UIDS = {STUDENT: 1000, CARRIER: 1001}
NAME_SERVER = "10.0.2.3"


@dataclass(frozen=True)
class Identity:
    """The keys of a lab."""

    folder: Path

    @property
    def key(self) -> Path:
        """The private key that opens both machines to this user."""
        return self.folder / "lab"

    @property
    def known_hosts(self) -> Path:
        """The machines' own keys, so that nobody can stand in for them."""
        return self.folder / "known_hosts"

    def own_files(self, spec: Spec) -> bytes:
        """Return the archive of one machine's own files, to be appended to the first file system."""
        return cpio.archive(self._members(spec))

    def _members(self, spec: Spec) -> list[cpio.Member]:
        hosts = "".join(f"{one.private_address} {one.title} {one.name}\n" for one in SPECS)
        files = {
            "etc/hostname": f"{spec.title}\n",
            "etc/hosts": f"127.0.0.1 localhost\n{hosts}",
            "etc/resolv.conf": f"nameserver {NAME_SERVER}\n",
            "etc/machine-id": self._text(f"{spec.name}.id"),
            "etc/ssh/ssh_host_ed25519_key.pub": self._text(f"{spec.name}.pub"),
        }
        return [
            *(cpio.folder(path) for path in ("own", "own/etc", "own/etc/ssh", "own/home")),
            *(cpio.Member(f"own/{path}", text.encode()) for path, text in files.items()),
            cpio.Member(
                "own/etc/ssh/ssh_host_ed25519_key", self._text(spec.name).encode(), stat.S_IFREG | 0o600
            ),
            *self._home(CARRIER, {"authorized_keys": self._text("lab.pub")}),
            *self._home(
                STUDENT,
                {
                    "authorized_keys": self._text("lab.pub") + self._text("student.pub"),
                    "id_ed25519": self._text("student"),
                    "id_ed25519.pub": self._text("student.pub"),
                    "known_hosts": self._text("known_hosts"),
                },
            ),
        ]

    def _home(self, user: str, files: dict[str, str]) -> list[cpio.Member]:
        home, uid = f"own/home/{user}", UIDS[user]
        return [
            cpio.folder(home, 0o755, uid, uid),
            cpio.folder(f"{home}/.ssh", 0o700, uid, uid),
            *(
                cpio.Member(f"{home}/.ssh/{name}", text.encode(), stat.S_IFREG | 0o600, uid, uid)
                for name, text in files.items()
            ),
        ]

    def _text(self, name: str) -> str:
        return (self.folder / name).read_text()


def identity(where: Folders) -> Identity:
    """Return a lab's identity, made where it has none."""
    folder = where.state / "keys"
    if not folder.exists():
        with made_aside(folder, mode=0o700) as aside:
            for name in ("lab", STUDENT, *(spec.name for spec in SPECS)):
                comment = f"{name}@sosc"
                qemu.run(
                    [
                        qemu.tool("ssh-keygen"),
                        *("-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(aside / name)),
                    ]
                )
            lines = []
            for spec in SPECS:
                (aside / f"{spec.name}.id").write_text(uuid.uuid4().hex + "\n")
                kind, key, _ = (aside / f"{spec.name}.pub").read_text().split()
                lines.append(f"{spec.name},{spec.private_address} {kind} {key}\n")
            (aside / "known_hosts").write_text("".join(lines))
    return Identity(folder)
