"""Imports go only down the stairs."""

import ast

import pytest

from sosclib.lab.paths import ROOT

STAIRS = ["lab", "engine", "measure", "views", "course", "harness", "cli"]
MODULES = sorted((ROOT / "sosclib").rglob("*.py"))


def step_of(module: str) -> str | None:
    parts = module.split(".")
    if parts[0] != "sosclib" or len(parts) == 1:
        return None
    return parts[1] if not parts[1].startswith("cli") else "cli"


def imported(tree: ast.AST) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downwards(path):
    own = step_of(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    if own is None:
        pytest.fail(
            "nothing but sosclib/__init__.py stands outside the stairs"
        ) if path.name != "__init__.py" else None
        return
    assert own in STAIRS, f"{own} is no step of the stairs"
    for name in imported(ast.parse(path.read_text())):
        step = step_of(name)
        if step is not None:
            assert STAIRS.index(step) <= STAIRS.index(own), f"{path.name} imports {name} upwards"
