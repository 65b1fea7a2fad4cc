"""Dockerfiles, read: what is to be run and copied, and what the image tells an engine.

Of Docker's instructions those are understood that the course's own images need; any other is a fault,
told with its line.
"""

from __future__ import annotations

import io
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import WordSplitter, extract_key_values

from sosclib.lab.errors import LabError

SHELL = ("/bin/sh", "-c")
COMMENT = "COMMENT"
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
OPTION = re.compile(r"--([a-z-]+)(?:=(\S+))?(?:\s+|$)")
MODIFIED = re.compile(r"\$\{\w+[^\w}]")


@dataclass(frozen=True)
class Run:
    """A command that is run in the image.

    Attributes
    ----------
    line : int
        Where it stands, counted from 1.
    words : str
        The instruction, on one line.
    arguments : tuple of str
    environment : mapping of str to str
    folder, user : str
    """

    line: int
    words: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    user: str


@dataclass(frozen=True)
class Copy:
    """Files that are copied into the image.

    Attributes
    ----------
    line : int
    words : str
    sources : tuple of str
        In the folder of the Dockerfile; patterns are allowed.
    target : str
        Absolute; a folder where it ends in a slash.
    owner : str
        ``USER`` or ``USER:GROUP``.
    """

    line: int
    words: str
    sources: tuple[str, ...]
    target: str
    owner: str


@dataclass
class Dockerfile:
    """What a Dockerfile says.

    Attributes
    ----------
    base : str
        The image that it starts from.
    steps : list of Run or Copy
    settings : dict
        The image's configuration as engines keep it, beside what it inherits: ``Env``, ``Cmd``, ``Labels``, …
    """

    base: str = ""
    steps: list[Run | Copy] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the image."""
        found: dict[str, str] = self.settings.get("Labels", {})
        return found


def parse(text: str, inherited: Mapping[str, str] | None = None) -> Dockerfile:
    """Read a Dockerfile.

    Parameters
    ----------
    text : str
    inherited : mapping of str to str, optional
        The environment variables of the image that it starts from.

    Raises
    ------
    LabError
        Where an instruction is not understood; the message says which, and in which line.
    """
    reader = _Reader(dict(inherited or {}))
    for line, instruction, value in _instructions(text):
        reader.read(line, instruction, value)
    if not reader.file.base:
        raise LabError("The Dockerfile has no FROM.", "It must say which image to start from.")
    return reader.file


def _instructions(text: str) -> list[tuple[int, str, str]]:
    """Return line, name and value of each instruction; a line that is part of none has no name."""
    found = DockerfileParser(fileobj=io.BytesIO(text.encode())).structure
    # The parser passes over what it cannot make sense of.
    covered = {line for one in found for line in range(one["startline"], one["endline"] + 1)}
    lost = [
        (number, "", line.strip())
        for number, line in enumerate(text.splitlines())
        if line.strip() and number not in covered
    ]
    read = [
        (one["startline"], one["instruction"], one["value"].strip())
        for one in found
        if one["instruction"] != COMMENT
    ]
    return [(number + 1, name, value) for number, name, value in sorted(read + lost)]


class _Reader:
    """Takes in one instruction after the other; what they say holds for those that follow."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.file = Dockerfile()
        self.environment = environment
        self.arguments: dict[str, str] = {}
        self.folder, self.user = "/", "root"
        self.line, self.words = 0, ""
        self.readers = {
            "ARG": self._arg,
            "CMD": self._cmd,
            "COPY": self._copy,
            "ENTRYPOINT": self._entrypoint,
            "ENV": self._env,
            "EXPOSE": self._expose,
            "FROM": self._from,
            "HEALTHCHECK": self._healthcheck,
            "LABEL": self._label,
            "RUN": self._run,
            "STOPSIGNAL": self._stopsignal,
            "USER": self._user,
            "VOLUME": self._volume,
            "WORKDIR": self._workdir,
        }

    def read(self, line: int, instruction: str, value: str) -> None:
        """Take in an instruction."""
        self.line, self.words = line, " ".join((instruction, *value.split())).strip()
        if not instruction:
            raise self.fault("This is not a whole instruction.")
        if instruction not in self.readers:
            known = ", ".join(self.readers)
            raise self.fault("The builder does not know this instruction.", f"It knows {known}.")
        if not self.file.base and instruction not in ("ARG", "FROM"):
            raise self.fault("FROM must come first.")
        if instruction not in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK") and MODIFIED.search(value):
            raise self.fault("Of variables only $NAME and ${NAME} are understood.")
        self.readers[instruction](value)

    def fault(self, why: str, help: str = "") -> LabError:
        """Return what is wrong with the instruction at hand."""
        return _fault(self.line, self.words, why, help)

    def _arg(self, value: str) -> None:
        name, equals, default = value.partition("=")
        if not equals and name not in self.arguments:
            raise self.fault("An argument needs a value here: nobody is there to give it another one.")
        if equals:
            self.arguments[name] = self._expand(default)

    def _from(self, value: str) -> None:
        if self.file.base:
            raise self.fault("The builder makes images of one stage.")
        if len(value.split()) != 1:
            raise self.fault("FROM takes the name of an image, and nothing else here.")
        self.file.base = self._expand(value)
        # As an engine has it: an argument before FROM is forgotten after it.
        self.arguments = {}

    def _run(self, value: str) -> None:
        if value.startswith("--"):
            raise self.fault("The builder knows no options of RUN.")
        if "<<" in value:
            raise self.fault("Here-documents are not understood.", "Copy a script into the image instead.")
        self._add_run(self._command(value))

    def _copy(self, value: str) -> None:
        options, rest = self._options(value, ("chown",))
        words = tuple(self._exec(rest) or self._split(rest))
        if len(words) < 2:
            raise self.fault("COPY needs a source and a target.")
        *sources, target = words
        if posixpath.basename(target) in ("", ".", ".."):
            target = f"{target}/"
        absolute = posixpath.normpath(posixpath.join(self.folder, target))
        if target.endswith("/") or len(sources) > 1:
            absolute = f"{absolute.rstrip('/')}/"
        owner = options.get("chown", "")
        self.file.steps.append(Copy(self.line, self.words, tuple(sources), absolute, owner))

    def _workdir(self, value: str) -> None:
        self.folder = posixpath.normpath(posixpath.join(self.folder, self._expand(value)))
        self.file.settings["WorkingDir"] = self.folder
        words = ("mkdir", "-p", self.folder)
        self.file.steps.append(Run(self.line, self.words, words, dict(self.environment), "/", "root"))

    def _env(self, value: str) -> None:
        self.environment.update(self._pairs(value))
        self.file.settings["Env"] = [f"{name}={value}" for name, value in self.environment.items()]

    def _label(self, value: str) -> None:
        self.file.settings.setdefault("Labels", {}).update(self._pairs(value))

    def _user(self, value: str) -> None:
        self.user = self.file.settings["User"] = self._expand(value)

    def _expose(self, value: str) -> None:
        for port in self._split(value):
            if not re.fullmatch(r"\d+(/(tcp|udp))?", port):
                raise self.fault("A port is a number, with /tcp or /udp behind it.")
            name = port if "/" in port else f"{port}/tcp"
            self.file.settings.setdefault("ExposedPorts", {})[name] = {}

    def _volume(self, value: str) -> None:
        for path in self._exec(value) or self._split(value):
            self.file.settings.setdefault("Volumes", {})[path] = {}

    def _stopsignal(self, value: str) -> None:
        self.file.settings["StopSignal"] = self._expand(value)

    def _cmd(self, value: str) -> None:
        self.file.settings["Cmd"] = self._command(value)

    def _entrypoint(self, value: str) -> None:
        self.file.settings["Entrypoint"] = self._command(value)
        # The base's command was not meant for this entry point.
        self.file.settings.setdefault("Cmd", None)

    def _healthcheck(self, value: str) -> None:
        options, rest = self._options(value, ("interval", "timeout", "start-period", "retries"))
        word, _, command = rest.partition(" ")
        if word == "NONE":
            self.file.settings["Healthcheck"] = {"Test": ["NONE"]}
            return
        if word != "CMD" or not command:
            raise self.fault("HEALTHCHECK takes CMD and a command, or NONE.")
        arguments = self._exec(command)
        check: dict[str, Any] = {"Test": ["CMD", *arguments] if arguments else ["CMD-SHELL", command]}
        for name, key in {
            "interval": "Interval",
            "timeout": "Timeout",
            "start-period": "StartPeriod",
        }.items():
            if name in options:
                check[key] = self._nanoseconds(options[name])
        if "retries" in options:
            check["Retries"] = int(options["retries"])
        self.file.settings["Healthcheck"] = check

    def _add_run(self, arguments: list[str]) -> None:
        environment = {**self.arguments, **self.environment}
        run = Run(self.line, self.words, tuple(arguments), environment, self.folder, self.user)
        self.file.steps.append(run)

    def _command(self, value: str) -> list[str]:
        return self._exec(value) or [*SHELL, value]

    def _exec(self, value: str) -> list[str]:
        """Return the words of the form ``["…", "…"]``; none where it is another form."""
        if not value.startswith("["):
            return []
        try:
            words = json.loads(value)
        except ValueError:
            words = None
        if not (isinstance(words, list) and words and all(isinstance(word, str) for word in words)):
            # An engine would take it for a shell's command, and nobody means that.
            raise self.fault('The form ["…", "…"] is JSON: double quotes, and a comma between two words.')
        return words

    def _options(self, value: str, known: tuple[str, ...]) -> tuple[dict[str, str], str]:
        found = {}
        while match := OPTION.match(value):
            if match[1] not in known or match[2] is None:
                raise self.fault(f"The option --{match[1]} is not understood.")
            found[match[1]] = match[2]
            value = value[match.end() :]
        return found, value

    def _nanoseconds(self, words: str) -> int:
        match = DURATION.fullmatch(words)
        if not match or not words:
            raise self.fault(f"{words!r} is no duration such as 10s or 1m30s.")
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return (hours * 3600 + minutes * 60 + seconds) * 10**9

    def _pairs(self, value: str) -> dict[str, str]:
        try:
            pairs = extract_key_values(True, self.arguments, self.environment, value)
        except ValueError as error:
            raise self.fault(str(error)) from error
        return dict(pairs)

    def _expand(self, value: str) -> str:
        return str(WordSplitter(value, self.arguments, self.environment).dequote())

    def _split(self, value: str) -> list[str]:
        return list(WordSplitter(value, self.arguments, self.environment).split())


def _fault(line: int, words: str, why: str, help: str = "") -> LabError:
    shown = words if len(words) <= 80 else f"{words[:79]}…"
    return LabError(f"Line {line} of the Dockerfile cannot be followed: {shown}", why, help)
