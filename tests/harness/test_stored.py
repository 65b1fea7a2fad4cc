"""What a run stores in a notebook is all that the next run is compared with, and nothing else."""

import json

import nbformat

from sosclib.harness import notebook
from sosclib.harness.compare import Masks
from sosclib.harness.result import Status
from sosclib.harness.runner import execute
from sosclib.harness.stored import WIDGET, normalised, store
from tests.harness.books import PNG, code, parameters, printed, result, save, shown, text

CELLS = (
    text("# Title"),
    parameters("COUNT = 2"),
    code("for i in range(COUNT): print(i, flush=True)"),
    code("import sys\nprint('e', file=sys.stderr)\nCOUNT"),
    code("from IPython.display import display\ndisplay({'text/html': '<b>b</b>'}, raw=True)"),
    code("x = 1", printed("what no run gives any more\n")),
)


def test_a_notebook_whose_outputs_were_stored_passes_and_is_the_same_when_stored_again(tmp_path):
    path = save(tmp_path / "97-tiny.ipynb", *CELLS)
    assert execute(path, tmp_path / "out.ipynb", masks=Masks(())).cells[1].status is Status.DIFFERS
    store(path, execute(path, tmp_path / "out.ipynb").notebook)
    first = path.read_bytes()
    again = execute(path, tmp_path / "out.ipynb", masks=Masks(()))
    assert {cell.status for cell in again.cells} == {Status.PASSED}
    store(path, again.notebook)
    assert path.read_bytes() == first


def test_nothing_of_the_run_or_of_papermill_is_stored(tmp_path):
    path = save(tmp_path / "97-tiny.ipynb", *CELLS)
    before = json.loads(path.read_text())
    store(path, execute(path, tmp_path / "out.ipynb", parameters={"COUNT": 3}).notebook)
    after = json.loads(path.read_text())
    assert "papermill" not in path.read_text()
    assert after["metadata"] == before["metadata"]
    assert [cell["id"] for cell in after["cells"]] == [cell["id"] for cell in before["cells"]]
    code_cells = [cell for cell in after["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code_cells] == [1, 2, 3, 4, 5]
    assert [output["execution_count"] for output in code_cells[2]["outputs"][1:]] == [3]
    assert code_cells[4]["outputs"] == []


def test_it_is_stored_as_jupyterlab_stores_it(tmp_path):
    path = save(tmp_path / "97-tiny.ipynb", code("print('ä')\n1"))
    notebook.write(path, notebook.read(path))
    kept = path.read_text()
    assert '"source": [\n    "print(\'ä\')\\n",\n    "1"\n   ]' in kept
    nbformat.write(nbformat.read(path, as_version=4), path)
    assert path.read_text() == kept
    assert kept.endswith("}\n")


def test_streams_are_joined_and_overwritten_lines_left_out():
    outputs = [printed("1 %\r2 %\r"), printed("3 %\n"), printed("e", "stderr"), printed("end\n")]
    assert [(o.name, o.text) for o in normalised(outputs, 1)] == [
        ("stdout", "3 %\nend\n"),
        ("stderr", "e"),
    ]
    assert outputs[0].text == "1 %\r2 %\r", "the run's own outputs stay as they are"


def test_a_picture_keeps_its_description_and_its_size():
    picture = shown({"image/png": PNG}, **{"image/png": {"alt": "a dot", "width": 9, "needs": "x"}})
    bare = shown({"image/png": PNG}, isolated=True, **{"image/png": {"needs": "x"}})
    assert normalised([picture], 1)[0].metadata == {"image/png": {"alt": "a dot", "width": 9}}
    assert normalised([bare], 1)[0].metadata == {}


def test_a_live_widget_is_stored_as_its_text():
    kept = normalised([shown({WIDGET: {"model_id": "x"}, "text/plain": "a bar"})], 1)
    assert kept[0].data == {"text/plain": "a bar"}


def test_a_result_bears_the_count_of_its_cell():
    assert normalised([result("1")], 7)[0].execution_count == 7
