"""Where a stack's folder is, and what it is called there: a shell's own words are not mixed up with that."""

from types import SimpleNamespace

import pytest

from sosclib.engine.compose import Compose
from sosclib.engine.ownership import Ownership
from sosclib.engine.terminal import Terminal
from sosclib.lab.errors import NotFound
from sosclib.lab.host import HostNode
from sosclib.lab.ledger import Ledger

GREETINGS = ("", "echo Welcome!", "printf 'Welcome! '", "echo Welcome; echo /srv/other")


@pytest.fixture(params=GREETINGS)
def stacks(request, tmp_path, monkeypatch):
    """Give the stacks of a machine whose shell may greet, as ``~/.bashrc`` of a machine behind ssh does."""
    greeting = tmp_path / "greeting"
    greeting.write_text(request.param)
    monkeypatch.setenv("BASH_ENV", str(greeting))
    home = tmp_path / "home"
    (home / "shop").mkdir(parents=True)
    (home / "link").symlink_to("shop")
    node = HostNode(SimpleNamespace(api=None), home)
    return Compose(
        node, Terminal(), Ownership("lab", "12", True, Ledger(tmp_path / "ledger"), "engine"), None
    )


@pytest.mark.parametrize("folder", ["shop", "link"])
def test_a_stack_is_called_as_its_folder(stacks, folder):
    stack = stacks.project(folder)
    assert (stack.title, stack.name) == (folder, folder)


@pytest.mark.parametrize("text", ["COMPOSE_PROJECT_NAME=mine", "COMPOSE_PROJECT_NAME=mine\nWORD=sesame\n"])
def test_a_stack_is_called_as_the_file_beside_it_says(stacks, text, tmp_path):
    (tmp_path / "home" / "shop" / ".env").write_text(text)
    stack = stacks.project("shop")
    assert (stack.title, stack.name) == ("shop", "mine")


def test_a_folder_that_is_not_there_is_told(stacks):
    with pytest.raises(NotFound, match="no folder nowhere"):
        stacks.project("nowhere")
