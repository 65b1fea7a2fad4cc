"""Cells typed into a machine's shell read as if a person had typed them."""

import pytest

from sosclib.course.magics import cell, lab_option, register, type_in
from sosclib.lab.errors import SoscError
from sosclib.lab.host import HostLab


@pytest.mark.parametrize(("line", "value"), [("", None), ("--lab vm", "vm"), (" --lab host ", "host")])
def test_the_option_names_a_lab(line, value):
    assert lab_option(line) == value


@pytest.mark.parametrize("line", ["--lab", "--lab moon", "vm", "--quiet"])
def test_any_other_option_is_refused(line):
    with pytest.raises(SoscError, match="--lab vm"):
        lab_option(line)


@pytest.mark.engine
class TestOnTheHost:
    @pytest.fixture
    def desk(self, lay_desk):
        return lay_desk("03", needs=())

    def typed(self, desk, capsys, text):
        capsys.readouterr()
        type_in(desk.vm1, text)
        return capsys.readouterr().out

    def test_each_command_stands_above_its_own_output(self, desk, capsys):
        assert self.typed(desk, capsys, "echo one\necho two\n") == (
            "student@VM1:~$ echo one\none\nstudent@VM1:~$ echo two\ntwo\n"
        )

    def test_the_shell_is_the_same_for_all_lines(self, desk, capsys):
        out = self.typed(desk, capsys, "cd /\nx=5\necho $PWD $x")
        assert out.endswith("$ echo $PWD $x\n/ 5\n")

    def test_errors_and_output_keep_their_order_and_what_fails_does_not_raise(self, desk, capsys):
        out = self.typed(desk, capsys, "echo before; ls /no-such-file; echo after\nfalse\necho go on")
        lines = out.splitlines()
        assert [lines[1], lines[3]] == ["before", "after"]
        assert "no-such-file" in lines[2]
        assert lines[-3:] == ["student@VM1:~$ false", "student@VM1:~$ echo go on", "go on"]

    def test_output_without_a_line_end_does_not_swallow_the_next_prompt(self, desk, capsys):
        assert self.typed(desk, capsys, "printf a\nprintf b") == (
            "student@VM1:~$ printf a\na\nstudent@VM1:~$ printf b\nb\n"
        )

    def test_what_stands_behind_exit_is_never_shown(self, desk, capsys):
        assert self.typed(desk, capsys, "echo a\nexit\necho b") == (
            "student@VM1:~$ echo a\na\nstudent@VM1:~$ exit\n"
        )

    def test_a_command_of_several_lines_has_the_shells_second_prompt(self, desk, capsys):
        out = self.typed(desk, capsys, "for n in 1 2\ndo echo $n; done")
        assert out == "student@VM1:~$ for n in 1 2\n> do echo $n; done\n1\n2\n"

    @pytest.mark.parametrize(("name", "line"), [("vm1", "--lab vm"), ("vm2", "")])
    def test_cells_for_the_virtual_machines_leave_this_computer_alone(self, lay_desk, capsys, name, line):
        desk = lay_desk("03", lab=HostLab(), needs=())
        capsys.readouterr()
        cell(name, line, "touch must-not-be-there")
        assert "virtual machines only" in capsys.readouterr().out
        assert desk.vm1.node.sh("test -e must-not-be-there").exit_code == 1

    def test_ipython_knows_the_cells_once_a_section_has_begun(self, desk, capsys):
        from IPython.core.interactiveshell import InteractiveShell

        shell = InteractiveShell.instance()
        try:
            register()
            capsys.readouterr()
            shell.run_cell("%%vm1\necho {not_python} $((1 + 1))\n", store_history=False)
            assert capsys.readouterr().out == "student@VM1:~$ echo {not_python} $((1 + 1))\n{not_python} 2\n"
            answer = shell.run_cell("%%vm1 --nonsense\nls\n", store_history=False)
            assert isinstance(answer.error_in_exec, SoscError)
            assert "Traceback" not in capsys.readouterr().out
        finally:
            InteractiveShell.clear_instance()
