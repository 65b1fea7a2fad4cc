"""Dockerfiles, read: instruction by instruction, and each fault with its line."""

import pytest

from sosclib.lab.dockerfile import Copy, Run, parse
from sosclib.lab.errors import LabError

SECOND = 10**9


def settings(*lines):
    return parse("\n".join(("FROM base:1", *lines))).settings


def steps(*lines, inherited=None):
    return parse("\n".join(("FROM base:1", *lines)), inherited).steps


def test_an_argument_before_from_names_the_base_and_is_forgotten_then():
    read = parse('ARG BASE=debian:13\nFROM ${BASE}\nENV SAID="<$BASE>"')
    assert read.base == "debian:13"
    assert read.settings["Env"] == ["SAID=<>"]


def test_what_an_engine_is_told():
    assert settings(
        'LABEL title="two words" \\',
        "    version=1.2",
        "ENV GREETING=hello NAME='the world'",
        'ENV BOTH="$GREETING ${NAME}"',
        "EXPOSE 80 53/udp",
        "VOLUME /data",
        'VOLUME ["/more", "/and more"]',
        "USER nobody",
        "STOPSIGNAL SIGQUIT",
        'ENTRYPOINT ["start", "it"]',
        'CMD ["serve"]',
    ) == {
        "Labels": {"title": "two words", "version": "1.2"},
        "Env": ["GREETING=hello", "NAME=the world", "BOTH=hello the world"],
        "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
        "Volumes": {"/data": {}, "/more": {}, "/and more": {}},
        "User": "nobody",
        "StopSignal": "SIGQUIT",
        "Entrypoint": ["start", "it"],
        "Cmd": ["serve"],
    }


def test_the_shell_form_runs_in_a_shell():
    assert settings("CMD echo $HOME")["Cmd"] == ["/bin/sh", "-c", "echo $HOME"]
    assert [step.arguments for step in steps("RUN echo $HOME && \\", "    # why", "    true")] == [
        ("/bin/sh", "-c", "echo $HOME &&     true")
    ]
    assert steps('RUN ["echo", "$HOME"]')[0].arguments == ("echo", "$HOME")


def test_an_entry_point_takes_no_command_of_the_base():
    assert settings('ENTRYPOINT ["start"]')["Cmd"] is None
    assert settings('CMD ["serve"]', 'ENTRYPOINT ["start"]')["Cmd"] == ["serve"]


def test_a_health_check():
    line = "HEALTHCHECK --interval=10s --timeout=1m30s --start-period=1h --retries=5"
    assert settings(f'{line} CMD ["ask", "it"]')["Healthcheck"] == {
        "Test": ["CMD", "ask", "it"],
        "Interval": 10 * SECOND,
        "Timeout": 90 * SECOND,
        "StartPeriod": 3600 * SECOND,
        "Retries": 5,
    }
    assert settings("HEALTHCHECK CMD ask it")["Healthcheck"] == {"Test": ["CMD-SHELL", "ask it"]}
    assert settings("HEALTHCHECK NONE")["Healthcheck"] == {"Test": ["NONE"]}


def test_a_command_runs_where_and_as_whom_the_lines_above_say():
    found = steps(
        "ARG HOW=well",
        "ENV WHAT=it",
        "WORKDIR /srv",
        "WORKDIR app",
        "USER 7",
        "RUN make",
        inherited={"A": "1"},
    )
    assert [step.arguments for step in found[:2]] == [("mkdir", "-p", "/srv"), ("mkdir", "-p", "/srv/app")]
    run = found[-1]
    assert isinstance(run, Run)
    assert (run.line, run.words, run.folder, run.user) == (7, "RUN make", "/srv/app", "7")
    assert run.environment == {"A": "1", "HOW": "well", "WHAT": "it"}


@pytest.mark.parametrize(
    ("line", "sources", "target", "owner"),
    [
        ("COPY a /b", ("a",), "/b", ""),
        ("COPY a b", ("a",), "/srv/b", ""),
        ("COPY a .", ("a",), "/srv/", ""),
        ("COPY a b c/", ("a", "b"), "/srv/c/", ""),
        ('COPY ["a b", "/c/"]', ("a b",), "/c/", ""),
        ("COPY --chown=www-data:adm a /", ("a",), "/", "www-data:adm"),
    ],
)
def test_copies(line, sources, target, owner):
    found = steps("WORKDIR /srv", line)[-1]
    assert found == Copy(3, line, sources, target, owner)


@pytest.mark.parametrize(
    ("lines", "number", "why"),
    [
        ("FROM a:1\nADD b /c", 2, "does not know this instruction"),
        ('FROM a:1\nRUN true\nSHELL ["bash"]', 3, "does not know this instruction"),
        ("RUN true", 1, "FROM must come first"),
        ("FROM a:1\nFROM b:1", 2, "one stage"),
        ("FROM a:1 AS b", 1, "nothing else"),
        ("FROM a:1\nRUN --mount=type=cache true", 2, "no options of RUN"),
        ("FROM a:1\nRUN cat <<END\nhello\nEND", 2, "Here-documents"),
        ("FROM a:1\nCOPY --from=b c d", 2, "--from"),
        ("FROM a:1\nCOPY a", 2, "a source and a target"),
        ("FROM a:1\nENV A=${B:-c}", 2, "only $NAME"),
        ("FROM a:1\nENV A=1 B", 2, "="),
        ("FROM a:1\nARG A", 2, "needs a value"),
        ("FROM a:1\nEXPOSE http", 2, "A port is a number"),
        ("FROM a:1\nCMD ['serve']", 2, "JSON"),
        ("FROM a:1\nHEALTHCHECK ask", 2, "CMD and a command"),
        ("FROM a:1\nHEALTHCHECK --interval=soon CMD ask", 2, "no duration"),
        ("FROM a:1\n\nRUN", 3, "not a whole instruction"),
        ("FROM a:1\nRUN true \\", 2, "not a whole instruction"),
    ],
)
def test_a_fault_is_told_with_its_line(lines, number, why):
    with pytest.raises(LabError) as caught:
        parse(lines)
    assert f"Line {number} of the Dockerfile" in caught.value.what
    assert why in caught.value.why


def test_without_from_there_is_no_image():
    with pytest.raises(LabError, match="no FROM"):
        parse("ARG A=1")
