"""An image as files: layers, configuration and manifest, made of file systems without an engine.

The formats are those of Docker's image manifest, version 2, schema 2, which every registry and engine knows.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sosclib.lab.architecture import architecture

MEDIA = "application/vnd.docker.distribution.manifest.v2+json"
MEDIA_CONFIG = "application/vnd.docker.container.image.v1+json"
MEDIA_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CONFIG, MANIFEST = "config.json", "manifest.json"
CHUNK = 1 << 20

Settings = Mapping[str, Any]
"""What an engine does with an image unless told otherwise: ``Env``, ``Cmd``, ``Labels``, …"""


@dataclass(frozen=True)
class ImageArchive:
    """One image in a folder, with all its layers.

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

    @property
    def manifest(self) -> dict[str, Any]:
        """What it consists of."""
        found: dict[str, Any] = json.loads((self.folder / MANIFEST).read_bytes())
        return found

    @property
    def config(self) -> dict[str, Any]:
        """What an engine knows of it."""
        found: dict[str, Any] = json.loads((self.folder / CONFIG).read_bytes())
        return found

    @property
    def layers(self) -> list[Path]:
        """The files of its layers, the lowest first."""
        return [self.folder / _layer(number) for number in range(len(self.manifest["layers"]))]

    @property
    def size(self) -> int:
        """Bytes that travel to an engine that has none of its layers."""
        return sum(int(layer["size"]) for layer in self.manifest["layers"])

    def blobs(self) -> dict[str, Path]:
        """Return the files that a registry keeps, by their digests; the manifest comes last."""
        manifest = self.manifest
        return {
            **{layer["digest"]: file for layer, file in zip(manifest["layers"], self.layers, strict=True)},
            manifest["config"]["digest"]: self.folder / CONFIG,
            self.digest: self.folder / MANIFEST,
        }

    def loadable(self, name: str, target: IO[bytes], labels: Mapping[str, str] | None = None) -> None:
        """Write it as ``docker save`` would, under a name, for ``docker load``.

        Labels that are added here make another image of it, of the same layers.

        Parameters
        ----------
        name : str
        target : binary file
        labels : mapping of str to str, optional
        """
        config = self.config
        if labels:
            config["config"]["Labels"] = {**config["config"].get("Labels", {}), **labels}
        names = [file.name for file in self.layers]
        entry = [{"Config": CONFIG, "RepoTags": [name], "Layers": names}]
        with tarfile.open(fileobj=target, mode="w") as tar:
            add_file(tar, MANIFEST, json.dumps(entry).encode())
            add_file(tar, CONFIG, json.dumps(config).encode())
            for file in self.layers:
                tar.add(file, file.name)


def write_archive(
    folder: Path,
    layer: Path,
    settings: Settings,
    *,
    made: str = "made of Debian packages",
    base: ImageArchive | None = None,
) -> None:
    """Write an image's files.

    Parameters
    ----------
    folder : Path
        Where to write them.
    layer : Path
        A file system, or what is to be put upon that of the base: a tar archive.
    settings : mapping
    made : str
        How the layer came about, for ``docker history``.
    base : ImageArchive, optional
        The image below; the new one has its layers too.
    """
    below = base.layers if base else []
    for file in below:
        _share(file, folder / file.name)
    own = folder / _layer(len(below))
    plain = _pack(layer, own)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    nothing: dict[str, Any] = {"rootfs": {"diff_ids": []}, "history": []}
    earlier = base.config if base else nothing
    config = {
        "architecture": architecture().debian,
        "os": "linux",
        "created": created,
        "config": dict(settings),
        "rootfs": {"type": "layers", "diff_ids": [*earlier["rootfs"]["diff_ids"], plain]},
        "history": [*earlier["history"], {"created": created, "created_by": made}],
    }
    (folder / CONFIG).write_text(json.dumps(config))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MEDIA,
        "config": _described(folder / CONFIG, MEDIA_CONFIG),
        "layers": [*(base.manifest["layers"] if base else []), _described(own, MEDIA_LAYER)],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=3))


def digest_of(content: bytes) -> str:
    """Return the digest of a content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def add_file(tar: tarfile.TarFile, name: str, content: bytes, uid: int = 0) -> None:
    """Add a file that is made here and now to a tar archive.

    Parameters
    ----------
    tar : TarFile
        Open to be written.
    name : str
    content : bytes
    uid : int
        Number of its owner, and of the owner's group.
    """
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.uid, member.gid = len(content), int(time.time()), uid, uid
    tar.addfile(member, io.BytesIO(content))


def _layer(number: int) -> str:
    return f"layer-{number}.tar.gz"


def _pack(source: Path, target: Path) -> str:
    """Compress a layer, and return the digest of what it was before."""
    plain = hashlib.sha256()
    # No name and no time in the gzip header: the same files give the same digest.
    with source.open("rb") as content, target.open("wb") as raw:
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
            while chunk := content.read(CHUNK):
                plain.update(chunk)
                packed.write(chunk)
    return f"sha256:{plain.hexdigest()}"


def _share(file: Path, target: Path) -> None:
    """Give a file a second name, so that it lies on the disk once; copy it where that is not possible."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)


def _described(file: Path, media: str) -> dict[str, Any]:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {"mediaType": media, "size": file.stat().st_size, "digest": f"sha256:{digest}"}
