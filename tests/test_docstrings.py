"""Public functions of three or more arguments tell of each of them, and those that raise say what.

An override may leave both to what it overrides: "See `Node.sh`." The commands' docstrings are their help.
"""

import ast
import re

import pytest

from sosclib.lab.paths import ROOT

MODULES = sorted(path for path in (ROOT / "sosclib").rglob("*.py") if not path.name.startswith("cli"))
MANY = 3
HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.M)
LEFT_TO = re.compile(r"\b[Ss]ee `(\w+)\.(\w+)`\.")


def public(tree, owner=""):
    """Yield the public functions of a module, and its public classes' methods, as (class or "", function)."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public(node, node.name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield owner, node


def sections(function):
    """Return the sections of a docstring, by their headings; what stands above the first is called ""."""
    above, *others = HEADING.split(ast.get_docstring(function) or "")
    return {"": above, **dict(zip(others[::2], others[1::2], strict=True))}


def told(function):
    """Return the arguments that a docstring tells of; None where it has no such section."""
    listed = sections(function).get("Parameters")
    if listed is None:
        return None
    lines = re.findall(r"^(\S.*?)(?: : .*)?$", listed, re.M)
    return {name.strip().lstrip("*") for line in lines for name in line.split(",")}


def arguments(function):
    args = function.args
    return {one.arg for one in (*args.posonlyargs, *args.args, *args.kwonlyargs)} - {"self", "cls"}


def raises(function):
    """Tell whether a function raises something itself; one that passes on what it caught does not."""
    return any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(function))


def faults(function, methods):
    """Say what a docstring lacks, where neither it nor the one that it leaves it to has it."""
    left_to = LEFT_TO.search(sections(function)[""])
    base = methods.get(left_to.groups()) if left_to and left_to[2] == function.name else None
    own, above = told(function), told(base) if base else None
    there = own if own is not None else above
    if there is None and len(arguments(function)) >= MANY:
        yield "has no Parameters"
    if there is not None and arguments(function) - there:
        yield f"does not tell of {', '.join(sorted(arguments(function) - there))}"
    kinds = {one.arg for one in (function.args.vararg, function.args.kwarg) if one}
    if own is not None and own - arguments(function) - kinds:
        yield f"has no argument {', '.join(sorted(own - arguments(function) - kinds))}"
    if raises(function) and not any("Raises" in sections(one) for one in (function, base) if one):
        yield "has no Raises"


def faults_in(tree, methods):
    for owner, function in public(tree):
        for fault in faults(function, methods):
            yield f"line {function.lineno}, {owner or 'function'}: {function.name} {fault}"


def methods_of(trees):
    return {(owner, function.name): function for tree in trees for owner, function in public(tree)}


@pytest.fixture(scope="module")
def methods():
    return methods_of(ast.parse(path.read_text()) for path in MODULES)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_functions_tell_of_their_arguments_and_errors(path, methods):
    found = list(faults_in(ast.parse(path.read_text()), methods))
    assert not found


BASE = '''
class Node:
    def sh(self, command, stdin, timeout):
        """Run it.

        Parameters
        ----------
        command, stdin : str
        timeout : float
            Seconds.

        Raises
        ------
        LabError
        """
'''


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('def run(a, b): """Run."""', []),
        ('def run(a, b, c): """Run."""', ["has no Parameters"]),
        ('def run(a, *, b, c=1): """Run."""', ["has no Parameters"]),
        ('def _run(a, b, c): """Run."""', []),
        ('class _Own:\n def run(self, a, b, c): """Run."""', []),
        ('class Own:\n def run(self, a, b, c): """Run."""', ["has no Parameters"]),
        ('def run():\n """Run."""\n raise LabError', ["has no Raises"]),
        ('def run():\n """Run; it never raises."""\n raise LabError', ["has no Raises"]),
        ('def run():\n """Run.\n\n Raises\n ------\n LabError\n """\n raise LabError', []),
        ('def run():\n """Run."""\n try: go()\n except OSError: raise', []),
        ('def run(a, b, c):\n """Go.\n\n Parameters\n ----------\n a, b : int\n """', ["does not tell of c"]),
        ('def run(a):\n """Go.\n\n Parameters\n ----------\n a\n b : int\n  C.\n """', ["has no argument b"]),
        ('def run(*a, **b):\n """Run.\n\n Parameters\n ----------\n *a : int\n **b\n """', []),
        ('class Vm:\n def sh(self, command, stdin, timeout):\n  """See `Node.sh`."""\n  raise LabError', []),
        ('class Vm:\n def sh(self, command, stdin, way): """See `Node.sh`."""', ["does not tell of way"]),
        ('class Vm:\n def cli(self, command, stdin, timeout): """See `Node.sh`."""', ["has no Parameters"]),
        ('class Vm:\n def sh(self, command, stdin, timeout): """See `Lab.sh`."""', ["has no Parameters"]),
    ],
)  # fmt: skip
def test_the_rule_finds_what_is_missing(source, expected):
    found = faults_in(ast.parse(source), methods_of([ast.parse(BASE), ast.parse(source)]))
    assert [fault.partition(": ")[2].partition(" ")[2] for fault in found] == expected
