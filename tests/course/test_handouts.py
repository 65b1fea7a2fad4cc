"""Files that the course hands out stand on the machine as they stand in its data, with this lab's images."""

import pytest

from sosclib.course.handouts import handout
from sosclib.lab.errors import NotFound
from sosclib.lab.paths import data_dir

pytestmark = pytest.mark.engine


def test_a_folder_is_written_whole_and_shown(lay_desk, capsys):
    desk = lay_desk("13", needs=(), images=("small",))
    capsys.readouterr()
    handout("practice/stopping")
    for file in (data_dir() / "practice" / "stopping").iterdir():
        wanted = file.read_text().replace("{python}", desk.catalogue.resolve("python"))
        assert desk.vm1.node.sh(f"cat stopping/{file.name}").stdout == wanted
        runs = desk.vm1.node.sh(f"test -x stopping/{file.name}").exit_code == 0
        assert runs == bool(file.stat().st_mode & 0o100), file.name
    shown = capsys.readouterr().out
    assert shown.startswith(
        "student@VM1:~$ mkdir -p stopping\nstudent@VM1:~$ cat > stopping/Deaf <<'END'\n> FROM localhost:"
    )
    assert "{python}" not in shown


@pytest.mark.parametrize("name", ["practice/nothing", "practice"])
def test_what_the_course_does_not_have_is_told(lay_desk, name):
    lay_desk("13", needs=(), images=("small",))
    with pytest.raises(NotFound, match="to hand out"):
        handout(name)
