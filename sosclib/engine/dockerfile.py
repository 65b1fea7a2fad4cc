"""A Dockerfile as a list of instructions, each with its line."""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dockerfile_parse import DockerfileParser

from sosclib.lab.errors import ImageError

FROM = "FROM"
WORKING = frozenset({"ADD", "COPY", "RUN", "WORKDIR"})
"""Instructions that do something in the file system; the others are noted in the image's configuration."""
NOTED = frozenset(
    {
        "ARG",
        "CMD",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
    }
)
HEREDOC = re.compile(r"<<-?(?P<quote>[\"']?)(?P<end>\w+)(?P=quote)")
STAGE = re.compile(r"^(?:--platform=\S+\s+)?(?P<base>\S+)(?:\s+[Aa][Ss]\s+(?P<name>\S+))?\s*$")


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes
    ----------
    number : int
        From 1, in the order of the file.
    word : str
        In capital letters.
    value : str
        What follows the word; continued lines are joined.
    line : int
        Where it begins in the file, from 1.
    stage : int
        Which FROM it belongs to, from 0; -1 before the first.
    """

    number: int
    word: str
    value: str
    line: int
    stage: int

    def __str__(self) -> str:
        return f"{self.word} {' '.join(self.value.split())}".strip()

    @property
    def works(self) -> bool:
        """Whether it does something in the file system."""
        return self.word in WORKING

    @property
    def base(self) -> str:
        """The image or stage that a FROM starts from."""
        found = STAGE.match(self.value) if self.word == FROM else None
        return found["base"] if found else ""

    @property
    def name(self) -> str:
        """The name of a FROM's stage, empty where it has none."""
        found = STAGE.match(self.value) if self.word == FROM else None
        return (found["name"] or "") if found else ""


@dataclass(frozen=True)
class Dockerfile:
    """The instructions of a Dockerfile, in order."""

    instructions: tuple[Instruction, ...]

    @property
    def stages(self) -> tuple[Instruction, ...]:
        """The FROM of each stage."""
        return tuple(one for one in self.instructions if one.word == FROM)

    def names_image(self, head: Instruction) -> bool:
        """Tell whether a FROM starts from an image, and neither from nothing nor from a stage before it."""
        before = {one.name.lower() for one in self.stages if one.stage < head.stage and one.name}
        return head.word == FROM and head.base != "scratch" and head.base.lower() not in before

    def of_stage(self, stage: int) -> tuple[Instruction, ...]:
        """Return the instructions of one stage, its FROM first."""
        return tuple(one for one in self.instructions if one.stage == stage)

    def stage_named(self, name: str | None) -> int:
        """Return the number of a stage; without a name, or with one that there is not, of the last."""
        found = [one.stage for one in self.stages if name and one.name.lower() == name.lower()]
        return found[-1] if found else len(self.stages) - 1


def parse(text: str) -> Dockerfile:
    """Return the instructions of a Dockerfile.

    Raises
    ------
    ImageError
        For an instruction that does not exist, with its line; and where there is none at all.
    """
    found: list[Instruction] = []
    stage = -1
    for entry in _entries(text):
        word = entry["instruction"]
        stage += word == FROM
        found.append(Instruction(len(found) + 1, word, entry["value"], entry["startline"] + 1, stage))
    if not found:
        raise ImageError(
            "The Dockerfile is empty.", help="It begins with the image to start from: FROM debian:13"
        )
    for one in found:
        _require_known(one)
    return Dockerfile(tuple(found))


def _entries(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield what the parser finds, but comments and the lines of here-documents, which it knows not."""
    parser = DockerfileParser(fileobj=io.BytesIO(text.encode()), env_replace=False)
    end = ""
    for entry in parser.structure:
        if end:
            end = "" if entry["content"].strip() == end else end
        elif entry["instruction"] != "COMMENT":
            yield entry
            opened = HEREDOC.search(entry["value"]) if entry["instruction"] in WORKING else None
            end = opened["end"] if opened else ""


def _require_known(one: Instruction) -> None:
    known = {FROM, *WORKING, *NOTED}
    if one.word in known:
        return
    near = difflib.get_close_matches(one.word, sorted(known), n=1)
    raise ImageError(
        f"Line {one.line} of the Dockerfile begins with {one.word}, which is no instruction.",
        "Every line begins with an instruction, unless the line before it ends with a backslash.",
        f"Did you mean {near[0]}?" if near else "The instructions are FROM, RUN, COPY, CMD and a few others.",
    )
