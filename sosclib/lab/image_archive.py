"""An image as files: layer, configuration and manifest, made of a file system without an engine.

The formats are those of Docker's image manifest, version 2, schema 2, which every registry and engine knows.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sosclib.lab.vm.architecture import architecture

MEDIA = "application/vnd.docker.distribution.manifest.v2+json"
MEDIA_CONFIG = "application/vnd.docker.container.image.v1+json"
MEDIA_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LAYER, CONFIG, MANIFEST = "layer.tar.gz", "config.json", "manifest.json"
CHUNK = 1 << 20


@dataclass(frozen=True)
class ImageArchive:
    """One image of one layer in a folder.

    Attributes
    ----------
    repository, tag : str
        Its name, without a registry.
    folder : Path
    """

    repository: str
    tag: str
    folder: Path

    @property
    def digest(self) -> str:
        """What a registry calls this very image by."""
        return digest_of((self.folder / MANIFEST).read_bytes())

    def blobs(self) -> dict[str, Path]:
        """Return the files that a registry keeps, by their digests; the manifest comes last."""
        manifest = json.loads((self.folder / MANIFEST).read_bytes())
        return {
            manifest["layers"][0]["digest"]: self.folder / LAYER,
            manifest["config"]["digest"]: self.folder / CONFIG,
            self.digest: self.folder / MANIFEST,
        }

    def loadable(self, name: str, target: IO[bytes]) -> None:
        """Write it as ``docker save`` would, under a name, for ``docker load``."""
        entry = [{"Config": CONFIG, "RepoTags": [name], "Layers": [LAYER]}]
        with tarfile.open(fileobj=target, mode="w") as tar:
            add_file(tar, MANIFEST, json.dumps(entry).encode())
            for part in (CONFIG, LAYER):
                tar.add(self.folder / part, part)


def write_archive(
    folder: Path,
    root: Path,
    *,
    command: Sequence[str],
    labels: Mapping[str, str] | None = None,
) -> None:
    """Write an image's files.

    Parameters
    ----------
    folder : Path
        Where to write them.
    root : Path
        The file system, a tar archive.
    command : sequence of str
        What a container runs unless told otherwise.
    labels : mapping of str to str, optional
    """
    plain = hashlib.sha256()
    # No name and no time in the gzip header: the same files give the same digest.
    with root.open("rb") as source, (folder / LAYER).open("wb") as raw:
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
            while chunk := source.read(CHUNK):
                plain.update(chunk)
                packed.write(chunk)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    config = {
        "architecture": architecture().debian,
        "os": "linux",
        "created": created,
        "config": {"Env": [PATH], "Cmd": list(command), "Labels": dict(labels or {})},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{plain.hexdigest()}"]},
        "history": [{"created": created, "created_by": "made of Debian packages"}],
    }
    (folder / CONFIG).write_text(json.dumps(config))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MEDIA,
        "config": _described(folder / CONFIG, MEDIA_CONFIG),
        "layers": [_described(folder / LAYER, MEDIA_LAYER)],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=3))


def digest_of(content: bytes) -> str:
    """Return the digest of a content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def add_file(tar: tarfile.TarFile, name: str, content: bytes, uid: int = 0) -> None:
    """Add a file that is made here and now to a tar archive."""
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.uid, member.gid = len(content), int(time.time()), uid, uid
    tar.addfile(member, io.BytesIO(content))


def _described(file: Path, media: str) -> dict[str, Any]:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {"mediaType": media, "size": file.stat().st_size, "digest": f"sha256:{digest}"}
