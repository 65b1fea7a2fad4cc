"""Why a build gave up, in words that are the same whichever builder did it."""

from __future__ import annotations

import re

from sosclib.engine.building_state import BuildState, BuildStep
from sosclib.engine.dockerfile import Dockerfile
from sosclib.engine.faults import explained
from sosclib.lab.errors import EngineFull, ImageError, SoscError

EXIT_CODE = re.compile(r"(?:non-zero code|exit code): (?P<code>\d+)")
NO_FILE = re.compile(
    r"stat (?P<classic>[^:]+): (?:file does not exist|no such file)"
    r'|"/?(?P<kit>[^"]+)":? not found|no source files were specified'
)
NO_STAGE = re.compile(
    r"failed to reach build target (?P<classic>\S+)|target stage \"?(?P<kit>[^\" ]+)\"? could not be found"
)
LINE = re.compile(r"parse error (?:on )?line (?P<line>\d+): (?P<why>.*)")
BAD_NAME = re.compile(r"invalid reference format|invalid tag|repository name must be")
NOT_GIVEN = r"not found|no such host|denied|refused|unknown|does not exist|timeout|EOF|cannot be"
KILLED = 128


def fault(state: BuildState, dockerfile: Dockerfile, message: str, folder: str) -> SoscError:
    """Return the error that tells why a build gave up.

    Parameters
    ----------
    state : BuildState
        As far as it came.
    dockerfile : Dockerfile
    message : str
        The builder's own words.
    folder : str
        The folder that was given to the builder.
    """
    full = explained(message)
    if isinstance(full, EngineFull):
        return full
    step, code = state.failed, EXIT_CODE.search(message)
    if step and code:
        return _command_failed(step, int(code["code"]), len(state.steps))
    missing = NO_FILE.search(message)
    if step and missing and not (step.is_from or step.instruction.startswith("RUN ")):
        return _no_file(step, missing["classic"] or missing["kit"] or "", folder)
    stage = NO_STAGE.search(message)
    if stage:
        return _no_stage(stage["classic"] or stage["kit"], dockerfile)
    parse = LINE.search(message)
    if parse:
        return ImageError(f"Line {parse['line']} of the Dockerfile cannot be read.", parse["why"])
    base = _base(state, dockerfile, message)
    if base:
        return ImageError(
            base,
            "It is not on this machine, and its registry does not give it.",
            "Check the spelling; docker images lists what is here, docker pull fetches an image.",
        )
    where = f"Line {step.line} of the Dockerfile failed: {step.instruction}" if step else "The build gave up."
    return ImageError(where, message)


def bad_name(reference: str) -> ImageError:
    """Return the error for a name that no image can bear."""
    return ImageError(
        f"{reference!r} is no name for an image.",
        "A name consists of small letters and digits, with . _ - between them and / between its parts;"
        " a tag may follow behind a colon.",
        "For example web_server, or student/web:1.0",
    )


def _command_failed(step: BuildStep, code: int, total: int) -> ImageError:
    killed = f", that is killed by signal {code - KILLED}" if code > KILLED else ""
    return ImageError(
        f"Line {step.line} of the Dockerfile failed (step {step.number} of {total}):"
        f" {step.instruction} ended with exit code {code}{killed}.",
        f"Its last words were:\n{step.tail}" if step.tail else "It wrote nothing.",
        "Try the command in a container of the image as it was before that step, then mend the line.",
    )


def _no_file(step: BuildStep, name: str, folder: str) -> ImageError:
    named = name or " ".join(step.instruction.split()[1:-1])
    return ImageError(
        f"Line {step.line} of the Dockerfile asks for {named}, and the folder {folder} has no such file.",
        f"{step.instruction.split()[0]} takes files from the folder that was given to docker build,"
        " and from nowhere else.",
        f"ls -a {folder} shows what is there; .dockerignore may leave something out.",
    )


def _no_stage(name: str, dockerfile: Dockerfile) -> ImageError:
    named = ", ".join(one.name for one in dockerfile.stages if one.name)
    return ImageError(
        f"The Dockerfile has no stage {name}.",
        help=f"Its stages are {named}." if named else "A stage gets its name by FROM … AS name.",
    )


def _base(state: BuildState, dockerfile: Dockerfile, message: str) -> str:
    """Say which image to start from was not found, empty where that was not the reason."""
    step = state.failed
    heads = [one for one in dockerfile.stages if dockerfile.names_image(one)]
    told = [one for one in heads if (one.number == step.number if step else one.base in message)]
    if not told or not re.search(NOT_GIVEN, message):
        return ""
    return f"Line {told[0].line} of the Dockerfile starts from {told[0].base}, which is not to be had."
