"""The public face: names, docstrings, imports, and what imports what."""

import ast
import doctest
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import voronet
from tests.test_check import parameters_of, public_callables

PACKAGE = Path(voronet.__file__).parent
CONTRACT = {
    *("VoronoiRule", "sample_points", "one_hot", "Network", "sigmoid", "Adam"),
    *("sigmoid_derivative", "forward", "mean_squared_error", "backpropagate"),
    *("gradient", "decision", "train", "load", "study"),
}


def test_the_names_of_the_contract_are_there():
    assert set(voronet.__all__) >= CONTRACT
    assert voronet.__all__ == sorted(voronet.__all__)
    assert len(set(voronet.__all__)) == len(voronet.__all__)
    for name in voronet.__all__:
        assert inspect.getmodule(getattr(voronet, name)).__name__.startswith("voronet.")
    # A star import brings these and nothing else.
    names = {}
    exec("from voronet import *", names)
    assert set(names) - {"__builtins__"} == set(voronet.__all__)


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").exists()
    for name, thing in public_callables():
        signature = inspect.signature(thing)
        for parameter in parameters_of(thing):
            annotation = signature.parameters[parameter].annotation
            assert annotation is not inspect.Parameter.empty, f"{name}: {parameter}"


def imported_by(program):
    """Run a program in a fresh interpreter; return the modules it has at the end."""
    report = "; import sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program + report],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    return set(json.loads(done.stdout))


# --8<-- [start:import]
@pytest.mark.system
def test_importing_the_package_imports_little():
    # Beyond NumPy, whole, there is the package and the standard library.
    more = imported_by("import voronet") - imported_by("import numpy.random")
    roots = {name.partition(".")[0] for name in more} - {"voronet", "numpy"}
    assert roots <= set(sys.stdlib_module_names), roots
    # Nothing slow of the latter, and no picture.
    slow = {"asyncio", "http", "multiprocessing", "sqlite3", "tkinter", "unittest"}
    assert not roots & slow, roots & slow
    assert not {name for name in more if name.startswith("voronet.show")}
    assert "voronet.cli" not in more


# --8<-- [end:import]


@pytest.mark.system
def test_training_needs_numpy_alone():
    program = (
        "import voronet; run = voronet.train([[0.1], [0.2]], [[1.0], [0.0]], "
        "max_steps=5, progress=lambda *_: None)"
    )
    more = imported_by(program) - imported_by("import numpy.random")
    roots = {name.partition(".")[0] for name in more} - {"voronet", "numpy"}
    assert roots <= set(sys.stdlib_module_names), roots


# Each module may import those before it.
ORDER = [
    "_check",
    "_file",
    "_npz",
    "data",
    "network",
    "loss",
    "backprop",
    "adam",
    "descent",
    "_problem",
    "fast",
    "run",
    "_record",
    "train",
    "study",
    "__init__",
    "show",
    "cli",
    "_command",
    "__main__",
]
# Pictures are loaded by these only when one is asked for.
LATER = {("run", "show")}


def room(path):
    """Name the module of a file; all of voronet/show/ is one room."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree):
    """List what a module imports, and whether it does when it is imported itself."""

    def walk(node, now):
        for child in ast.iter_child_nodes(node):
            late = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) or (
                isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            )
            if isinstance(child, ast.Import):
                yield from ((alias.name, now) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, "a relative import"
                names = [alias.name for alias in child.names]
                if child.module == "voronet":
                    yield from ((f"voronet.{name}", now) for name in names)
                else:
                    yield child.module, now
            yield from walk(child, now and not late)

    return walk(tree, True)


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_module_imports_only_what_stands_above_it(path):
    here = room(path)
    assert here in ORDER, f"{here} has no place in the order"
    mathematics = ORDER.index(here) < ORDER.index("__init__")
    for name, now in imports(ast.parse(path.read_text())):
        root, _, rest = name.partition(".")
        if root != "voronet":
            assert root != "docs", f"{path.name} knows the site"
            assert root != "tests", f"{path.name} knows its tests"
            if mathematics:
                assert root == "numpy" or root in sys.stdlib_module_names, (
                    f"{path.name} imports {name}; the mathematics needs NumPy alone"
                )
            continue
        there = rest.partition(".")[0]
        # Pictures and the command line use the public names as a reader would.
        if there not in ORDER:
            assert there in (*voronet.__all__, ""), f"{path.name} imports {name}"
            there = "__init__"
        if not now and (here, there) in LATER:
            continue
        above = ORDER.index(there) < ORDER.index(here) or here == there == "show"
        assert above, f"{path.name} imports {name}, which stands below it"


def test_the_order_is_real():
    # A check that sees no import would pass: here are some that it must see.
    found = {
        (room(path), name, now)
        for path in MODULES
        for name, now in imports(ast.parse(path.read_text()))
    }
    assert ("network", "voronet._check", True) in found
    assert ("backprop", "voronet.network", True) in found
    assert ("run", "voronet.show", False) in found
    assert ("data", "numpy", True) in found


CALLABLES = dict(public_callables())
SECTION = re.compile(r"^([A-Z]\w+)\n-+$", re.MULTILINE)
# These state an equation or a method: each says where it comes from.
SOURCED = [
    *("VoronoiRule", "one_hot", "Network", "sigmoid", "sigmoid_derivative"),
    *("forward", "decision", "mean_squared_error", "backpropagate", "gradient"),
    *("Adam", "GradientDescent", "stochastic_gradient", "train"),
]


def sections(thing):
    """Cut a docstring into its summary and its sections."""
    parts = SECTION.split(inspect.getdoc(thing))
    return parts[0], dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", CALLABLES)
def test_docstrings_have_their_parts(name):
    thing = CALLABLES[name]
    summary, parts = sections(thing)
    # One line that says what it does.
    line = summary.split("\n\n")[0].strip()
    assert line.endswith("."), line
    assert "\n" not in line
    assert len(line) <= 84
    # Every parameter by its name, in order, and no other.
    wanted = parameters_of(thing)
    if wanted:
        headings = re.findall(r"^([\w, ]+) : (.+)$", parts["Parameters"], re.MULTILINE)
        described = [p for names, _ in headings for p in names.split(", ")]
        if name == "Run":
            assert set(described) == set(wanted)
        else:
            assert described == wanted
        # What may be wrong with them.
        assert "ValueError" in parts["Raises"]
    # What comes back, unless it is an object of the class, or nothing.
    returns = inspect.signature(thing).return_annotation
    if (
        not inspect.isclass(thing)
        and returns not in (None, "None")
        and name != ("VoronoiRule.random")
    ):
        assert parts["Returns"].strip()
    order = ["Parameters", "Returns", "Raises", "Warnings", "Notes", "Examples"]
    given = [part for part in order if part in parts]
    assert [part for part in parts if part in order] == given, "order of the sections"
    assert set(parts) <= set(order), set(parts) - set(order)


@pytest.mark.parametrize("name", SOURCED)
def test_docstrings_name_their_source(name):
    doc = " ".join(inspect.getdoc(CALLABLES[name]).split())
    assert re.search(r"(Higham & Higham \(2019\)|Kingma & Ba \(2015\))", doc), name
    assert re.search(r"(section|equations?|Algorithm) \(?\d", doc), name


@pytest.mark.parametrize("name", CALLABLES)
def test_docstrings_have_an_example_that_runs(name):
    thing = CALLABLES[name]
    if name == "Run.replay":
        pytest.importorskip("PIL")
    if name == "load" and sys.platform == "emscripten":
        pytest.skip("WebAssembly has other numbers for the errors of a system")
    (test,) = doctest.DocTestFinder(recurse=False).find(
        thing, name, globs=vars(inspect.getmodule(thing)).copy()
    )
    assert len(test.examples) >= 1, f"{name} has no example"
    assert any(example.want for example in test.examples), f"{name} shows no result"
    runner = doctest.DocTestRunner(verbose=False)
    lines = []
    runner.run(test, out=lines.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(lines)
