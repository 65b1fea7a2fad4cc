"""What a Dockerfile says, and what the two builders say while they work: pure functions of text."""

import pytest

from sosclib.engine.building_classic import ClassicReader
from sosclib.engine.building_faults import fault
from sosclib.engine.building_kit import KitReader
from sosclib.engine.building_printing import StepPrinter, line_of, settled
from sosclib.engine.building_state import BuildState
from sosclib.engine.dockerfile import parse
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import EngineFull, ImageError

DOCKERFILE = """FROM localhost:5000/busybox:1.37
RUN echo hello && seq 3
COPY index.html /www/
WORKDIR /www
EXPOSE 80
CMD ["cat", "/www/index.html"]
"""
# What the CLI of Engine 20.10 printed for the Dockerfile above, built for the second time after a change.
ENGINE_20 = """#1 [internal] load build definition from Dockerfile
#1 sha256:ce389b19ea983861202eaa4210da0096a56de35d84c94aab6a6c19d7fefa11cb
#1 transferring dockerfile: 172B done
#1 DONE 0.0s

#2 [internal] load .dockerignore
#2 sha256:493eb3e38bda531eeee3a477c1b687f0ced67c4c26c6f19a67ed4a142c54e0ad
#2 transferring context: 2B done
#2 DONE 0.0s

#3 [internal] load metadata for localhost:5000/busybox:1.37
#3 sha256:8b2a98e149337863cae5de353fb8e221bd36f3491e7378df1f643ee4232e8ed6
#3 DONE 0.0s

#4 [1/4] FROM localhost:5000/busybox:1.37
#4 sha256:200fe332a922b35e4b86792bc07ed19a9c05654230e519286a99141b1499ee62
#4 CACHED

#6 [internal] load build context
#6 sha256:a21f895e61ecee4cdc212c738ced43602a6c9ce51fc0399763a13c2edd0c8654
#6 transferring context: 40B done
#6 DONE 0.0s

#5 [2/4] RUN echo hello && seq 3
#5 sha256:7d218b1caa524d770f367ae1c4dcbba0719964c5d0ebb464c8458080c0a3eedc
#5 0.229 hello
#5 0.229 1
#5 0.229 2
#5 0.229 3
#5 DONE 0.3s

#7 [3/4] COPY index.html /www/
#7 sha256:3662b665dd0f67aaaeabc18d654a54d434e0bcbbca75ec397509e94492c5b3f4
#7 CACHED

#8 [4/4] WORKDIR /www
#8 sha256:4ce85703bcccb0deb7b682d6f278458ad1a32c1e4dd1924427242561349fed6c
#8 DONE 0.1s

#9 exporting to image
#9 sha256:e8c613e07b0b7ff33893b694f7759a10d42e180f2b4dc349fb57dc6b71dcab00
#9 exporting layers 0.0s done
#9 writing image sha256:ae4ba0d97f530160b665f43c070bb46e4ad0fb44180483bdcb5aabe6f3952047 done
#9 naming to docker.io/library/kitb done
#9 DONE 0.0s
"""
FAILED_20 = """#4 [1/2] FROM localhost:5000/busybox:1.37
#4 sha256:200fe332a922b35e4b86792bc07ed19a9c05654230e519286a99141b1499ee62
#4 DONE 0.0s

#5 [2/2] RUN echo out; echo err >&2; exit 3
#5 sha256:3f7faa6db46e0b0fbc4fd64418bb480443737ef2e2955bf358c763a3bcfc1e91
#5 0.362 out
#5 0.362 err
#5 ERROR: executor failed running [/bin/sh -c echo out; echo err >&2; exit 3]: exit code: 3
------
 > [2/2] RUN echo out; echo err >&2; exit 3:
------
executor failed running [/bin/sh -c echo out; echo err >&2; exit 3]: exit code: 3
"""
# The form of newer ones (buildx): another first line, other words of failure, an excerpt of the Dockerfile.
FAILED_BUILDX = """#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 104B done
#1 DONE 0.0s

#4 [1/2] FROM localhost:5000/busybox:1.37@sha256:51597469381c367d90685b8c13aee0bdc5a4d5bd37ebc2555cb9
#4 CACHED

#5 [2/2] RUN echo out; echo err >&2; exit 3
#5 0.362 out
#5 0.362 err
#5 ERROR: process "/bin/sh -c echo out; echo err >&2; exit 3" did not complete successfully: exit code: 3
------
 > [2/2] RUN echo out; echo err >&2; exit 3:
0.362 out
0.362 err
------
Dockerfile:2
--------------------
   1 |     FROM localhost:5000/busybox:1.37
   2 | >>> RUN echo out; echo err >&2; exit 3
--------------------
ERROR: failed to solve: process "/bin/sh -c echo out; exit 3" did not complete successfully: exit code: 3
"""
TWO_STAGES = """FROM a AS made
RUN make
FROM a
COPY --from=made /made /
RUN one
"""
PARALLEL = """#4 [made 1/2] FROM docker.io/library/a
#4 DONE 0.0s
#5 [made 2/2] RUN make
#5 1.000 making
#6 [stage-1 3/3] RUN one
#6 0.100 first
#5 2.000 still making
#5 DONE 2.5s
#7 [stage-1 2/3] COPY --from=made /made /
#7 DONE 0.1s
#6 DONE 1.0s
"""


def read(text, output):
    dockerfile = parse(text)
    reader = KitReader.of(BuildState.of("web:latest", dockerfile), dockerfile)
    seen = []
    for line in output.splitlines():
        reader = reader.after(line)
        seen.append(reader.build)
    return seen


def test_what_engine_20_prints_becomes_steps():
    *_, build = read(DOCKERFILE, ENGINE_20)
    assert [step.state for step in build.steps] == ["done", "done", "cached", "done", "noted", "noted"]
    assert [step.seconds for step in build.steps] == [0, 0.3, 0, 0.1, 0, 0]
    assert build.steps[1].output == "hello\n1\n2\n3\n"
    assert [step.output for step in build.steps if step.number != 2] == [""] * 5
    assert build.error == ""


def test_a_step_runs_before_it_is_done():
    seen = [build.steps[1].state for build in read(DOCKERFILE, ENGINE_20)]
    assert list(dict.fromkeys(seen)) == ["waiting", "running", "done"]


@pytest.mark.parametrize("output", [FAILED_20, FAILED_BUILDX])
def test_a_failure_is_the_same_whichever_version_tells_it(output):
    text = "FROM localhost:5000/busybox:1.37\nRUN echo out; echo err >&2; exit 3\n"
    *_, build = read(text, output)
    assert [step.state for step in build.steps] == ["done", "failed"]
    error = fault(build, parse(text), build.error, "web")
    assert error.what == (
        "Line 2 of the Dockerfile failed (step 2 of 2): RUN echo out; echo err >&2; exit 3"
        " ended with exit code 3."
    )
    assert error.why == "Its last words were:\nout\nerr"


def test_stages_that_are_built_at_once():
    *_, build = read(TWO_STAGES, PARALLEL)
    assert [step.state for step in build.steps] == ["done"] * 5
    assert build.steps[1].output == "making\nstill making\n"
    assert build.steps[4].output == "first\n"


@pytest.mark.parametrize(
    "message",
    [
        'failed to compute cache key: "/page.html" not found: not found',
        'failed to solve: failed to compute cache key: failed to calculate checksum of ref 1:: "/page.html":'
        " not found",
        "COPY failed: file not found in build context or excluded by .dockerignore: stat page.html: file does"
        " not exist",
    ],
)
def test_a_missing_file_is_named(message):
    text = "FROM a\nCOPY page.html /\n"
    build = BuildState.of("web", parse(text)).marked(2, "failed")
    assert "Line 2 of the Dockerfile asks for page.html" in fault(build, parse(text), message, "web").what


@pytest.mark.parametrize(
    "message",
    [
        "manifest for nothing:1 not found: manifest unknown: manifest unknown",
        "pull access denied for nothing, repository does not exist or may require 'docker login'",
        'Get "https://registry/v2/": dial tcp: lookup registry: no such host',
    ],
)
def test_a_base_image_that_is_not_to_be_had_is_named(message):
    text = "FROM nothing:1\nRUN true\n"
    build = BuildState.of("web", parse(text)).marked(1, "failed")
    assert "Line 1 of the Dockerfile starts from nothing:1" in fault(build, parse(text), message, "web").what


def test_an_unknown_reason_is_told_as_it_is():
    text = "FROM a\nRUN true\n"
    error = fault(BuildState.of("web", parse(text)), parse(text), "out of patience", "web")
    assert (error.what, error.why) == ("The build gave up.", "out of patience")


def test_a_full_disk_is_told_before_all_else():
    text = "FROM a\nCOPY page.html /\n"
    build = BuildState.of("web", parse(text)).marked(2, "failed")
    message = "failed to copy: write /var/lib/docker/page.html: no space left on device: not found"
    assert isinstance(fault(build, parse(text), message, "web"), EngineFull)


def classic(text, events):
    reader = ClassicReader(BuildState.of("web", parse(text)))
    for now, event in enumerate(events):
        reader = reader.after({"stream": event} if isinstance(event, str) else event, float(now))
    return reader


def test_the_classic_builders_words_are_told_from_a_programs():
    text = "FROM a\nRUN talk\nCMD x\n"
    reader = classic(
        text,
        [
            *("Step 1/3 : FROM a", "\n", " ---> 0123456789ab\n", "Step 2/3 : RUN talk", "\n"),
            *(" ---> Running in 0123456789cd\n", "Step 7/9 : it said\n", "\x1b[91mred\n\x1b[0m"),
            *(" ---> Removed intermediate container 0123456789cd\n", " ---> 0123456789ef\n"),
            "Step 3/3 : CMD x",
            *("\n", " ---> Running in 1123456789cd\n", " ---> 2123456789cd\n", {"aux": {"ID": "sha256:2"}}),
            *("Successfully built 2123456789cd\n", "Successfully tagged web:latest\n"),
        ],
    ).ended(99)
    assert reader.build.steps[1].output == "Step 7/9 : it said\nred\n"
    assert [step.state for step in reader.build.steps] == ["done", "done", "noted"]
    assert reader.build.steps[1].seconds == 7
    assert reader.images == ("0123456789ab", "0123456789ef", "2123456789cd")


def test_lines_come_in_the_dockerfiles_order_as_soon_as_they_can(capsys):
    printer = StepPrinter(Terminal(), None)
    printed = []
    for build in read(TWO_STAGES, PARALLEL):
        printer(build)
        printed.append(capsys.readouterr().out)
    whole = "".join(printed)
    assert [line.partition(" ")[0] for line in whole.splitlines()] == [f"[{n}/5]" for n in range(1, 6)]
    assert printed[1] == "[1/5] FROM a AS made\n"
    assert printed[-1] == "[5/5] RUN one\n"


def test_a_long_instruction_is_cut_and_a_mark_follows():
    state = BuildState.of("web", parse(f"FROM a\nRUN {'x' * 300}\n")).marked(2, "cached")
    line = line_of(state.steps[1], 2)
    assert line.endswith("…  (cached)") and len(line) < 130
    assert settled(BuildState.of("web", parse("FROM a\nRUN b\n"))).steps[1].state == "skipped"


def test_a_dockerfile_is_read_line_by_line():
    found = parse(
        "# syntax=docker/dockerfile:1\nARG B=x\nFROM --platform=linux/amd64 $B AS One\n\n"
        "run apt-get update && \\\n    # inside\n    apt-get install -y wget\n"
        "RUN <<END\necho never an instruction\nEND\nFROM one\nFROM scratch\nCOPY a b\n"
    )
    assert [(one.number, one.word, one.line, one.stage) for one in found.instructions] == [
        (1, "ARG", 2, -1),
        (2, "FROM", 3, 0),
        (3, "RUN", 5, 0),
        (4, "RUN", 8, 0),
        (5, "FROM", 11, 1),
        (6, "FROM", 12, 2),
        (7, "COPY", 13, 2),
    ]
    assert str(found.instructions[2]) == "RUN apt-get update && apt-get install -y wget"
    assert [(one.base, one.name) for one in found.stages] == [("$B", "One"), ("one", ""), ("scratch", "")]
    assert [found.names_image(one) for one in found.stages] == [True, False, False]
    assert (found.stage_named("ONE"), found.stage_named(None)) == (0, 2)


def test_a_word_that_is_no_instruction_is_told_with_its_line():
    with pytest.raises(ImageError, match=r"Line 3 .* begins with ECHO") as caught:
        parse("FROM a\nRUN true\necho hello\n")
    assert caught.value.help == "The instructions are FROM, RUN, COPY, CMD and a few others."
