"""The diagrams that the sections hold are those that the library draws; no section has to run for that."""

import re

import pytest

import sosclib as sosc
from sosclib.harness import notebook
from sosclib.lab.paths import notebooks_dir

CALL = re.compile(r'sosc\.diagram\("([\w-]+)"\)')


def stored():
    """Return the cells that draw a diagram and nothing else."""
    for path in sorted(notebooks_dir().glob("*.ipynb")):
        for cell in notebook.code_cells(notebook.read(path)):
            if called := CALL.fullmatch(cell.source.strip()):
                yield pytest.param(called[1], cell.outputs, id=cell.id)


@pytest.mark.parametrize(("name", "outputs"), list(stored()))
def test_a_stored_diagram_is_what_the_library_draws(name, outputs):
    (output,) = outputs
    assert dict(output.data) == sosc.diagram(name)._repr_mimebundle_()
