"""What a section makes in the lab user's home goes with it, root's own files too; anything else stays."""

from dataclasses import replace

import pytest

from sosclib.course.files import as_root, remove_files
from sosclib.engine.snapshot import objects

pytestmark = pytest.mark.engine


@pytest.fixture
def desk(lay_desk):
    """Give a desk whose section makes files."""
    laid = lay_desk("09", needs=(), images=("small",))
    return replace(laid, section=replace(laid.section, files=("web", "page.html")))


def test_files_of_the_section_go_and_others_stay(desk):
    desk.vm1.node.sh("mkdir -p web/css && touch web/css/style.css page.html mine.txt").check()
    assert remove_files(desk) == ["file web", "file page.html"]
    assert desk.vm1.node.sh("ls").stdout == "mine.txt\n"
    assert remove_files(desk) == []


def test_what_is_kept_on_purpose_stays(desk):
    desk.vm1.node.sh("touch web page.html").check()
    assert remove_files(desk, keep=("page.html",)) == ["file web"]
    assert desk.vm1.node.sh("ls").stdout == "page.html\n"


def test_a_link_that_leads_nowhere_goes_and_where_a_link_leads_to_stays(desk):
    desk.vm1.node.sh("mkdir other && touch other/kept && ln -s other web && ln -s nowhere page.html").check()
    assert remove_files(desk) == ["file web", "file page.html"]
    assert desk.vm1.node.sh("ls -R").stdout == ".:\nother\n\n./other:\nkept\n"


def test_files_of_root_are_removed_by_a_container_that_leaves_nothing(desk, client):
    before = objects(client)
    desk.vm1.node.sh("mkdir -p web/deep && touch web/deep/file mine.txt").check()
    as_root(desk, desk.vm1, ["web"])
    assert desk.vm1.node.sh("ls").stdout == "mine.txt\n"
    assert objects(client) == before
