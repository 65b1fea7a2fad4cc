"""Tiny notebooks, written by hand."""

from itertools import count

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def result(text, **data):
    return new_output("execute_result", data={"text/plain": text} | data, execution_count=1)


def shown(data, **metadata):
    return new_output("display_data", data=data, metadata=metadata)


def code(source, *outputs, id=None, tags=(), **metadata):
    cell = new_code_cell(source, outputs=list(outputs), metadata=metadata)
    if tags:
        cell.metadata["tags"] = list(tags)
    if id:
        cell.id = id
    return cell


def text(source, id=None):
    cell = new_markdown_cell(source)
    if id:
        cell.id = id
    return cell


def parameters(source="LAB = 'auto'\nIMAGES = 'auto'"):
    return code(source, id="00-parameters", tags=["parameters"])


def save(path, *cells, **metadata):
    """Write a notebook whose code cells count as run in order."""
    book = new_notebook(cells=list(cells), metadata=metadata)
    book.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3"})
    book.metadata.setdefault("language_info", {"name": "python"})
    numbers = count(1)
    for number, cell in enumerate(book.cells):
        if "00-" not in cell.id and "97-" not in cell.id:
            cell.id = f"97-cell-{number}"
        if cell.cell_type == "code":
            cell.execution_count = next(numbers)
    nbformat.write(book, path)
    return path
