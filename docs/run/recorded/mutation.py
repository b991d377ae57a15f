"""Record which changes of the package the tests notice: mutation testing.

Run from the root of the repository, with the dependency group `mutation` installed:
python -m docs.run.recorded.mutation

mutmut changes one thing at a time in one function (a mutant), runs the tests that reach
it, and notes whether one of them fails. It keeps what it has found in `mutants/`, for as
long as a function stays as it is. `mutation.toml` holds the reasons for which a mutant may
live; a survivor without one is tried again, since a test may have come for it.
"""

import ast
import hashlib
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]
FOUND = ROOT / "mutants"
MEMORY = 6 * 2**30
# How mutmut's codes are counted here.
COUNTED = {"killed": "killed", "timeout": "timed_out", "survived": "survived"}


def control():
    """Let the tests that are used pass twice in one process, as they do for a mutant."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]
    names = ("pytest_add_cli_args_test_selection", "pytest_add_cli_args")
    options = ["-q", *(option for name in names for option in asked[name])]
    for time in ("first", "second"):
        assert pytest.main(options) == 0, f"the tests fail the {time} time, unchanged"


def mutmut(*arguments):
    """Run the tool, with one worker and one thread."""
    tool = Path(sys.executable).with_name("mutmut")
    single = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    command = [tool, "run", "--max-children", "1", *arguments]
    subprocess.run(command, cwd=ROOT, env=os.environ | single, check=True)


def results():
    """Return what became of each mutant, a table for each module that has any."""
    from mutmut.stats import status_by_exit_code

    tables = {}
    for path in sorted(FOUND.rglob("*.py.meta")):
        found = json.loads(path.read_text())
        module = str(path.relative_to(FOUND)).removesuffix(".meta")
        ends = {
            name: status_by_exit_code[code]
            for name, code in found["exit_code_by_key"].items()
        }
        if ends:
            tables[module] = ends, sum(found["durations_by_key"].values())
    return tables


def survivors():
    """Return the names of the mutants that no test noticed."""
    return [
        name
        for ends, _ in results().values()
        for name, end in ends.items()
        if end == "survived"
    ]


def change(module, name):
    """Return the lines that a mutant takes away and puts in their place."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    # Two lines name the files; then come the changed lines and their neighbours.
    lines = get_diff_for_mutant(name, path=Path(module)).splitlines()[2:]
    return [line for line in lines if line.startswith(("+", "-"))]


def passed_over(source):
    """List the functions with a decorator, which the tool does not change."""

    def walk(body, lead=""):
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from walk(node.body, f"{node.name}.")
            elif isinstance(node, ast.FunctionDef) and node.decorator_list:
                decorators = [ast.unparse(one) for one in node.decorator_list]
                if decorators != ["classmethod"]:
                    yield lead + node.name

    return list(walk(ast.parse(source).body))


def arguments():
    """Read why a mutant may live: a reason for each name."""
    table = tomllib.loads((FOLDER / "mutation.toml").read_text())
    return {
        name: entry["why"] for entry in table["argued"] for name in entry["mutants"]
    }


def module_record(module, ends, seconds, why):
    """Count what became of a module's mutants, and write the survivors out."""
    count = Counter(ends.values())
    assert set(count) <= set(COUNTED), f"{module}: {count}"
    source = (ROOT / module).read_bytes()
    return {
        "sha256": hashlib.sha256(source).hexdigest(),
        "seconds": round(seconds),
        "made": len(ends),
        **{mine: count[its] for its, mine in COUNTED.items()},
        "passed_over": passed_over(source),
        "survivors": [
            {"mutant": name, "change": change(module, name), "why": why.get(name, "")}
            for name, end in ends.items()
            if end == "survived"
        ],
    }


def main():
    """Run the tool, try survivors of an earlier run again, and write the record."""
    # A program in the background ignores Ctrl-C, but some tests are of Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A mutant may ask for a billion points: let it fail before the memory is full.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    control()
    why = arguments()
    again = [name for name in survivors() if name not in why]
    mutmut()
    if again:
        mutmut(*again)
    commit = subprocess.check_output(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True
    )
    modules = {
        module: module_record(module, *found, why)
        for module, found in results().items()
    }
    record = {
        "command": "python -m docs.run.recorded.mutation",
        "date": datetime.now(UTC).date().isoformat(),
        "tool": f"mutmut {version('mutmut')}",
        "commit": commit.strip(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
        "modules": modules,
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (FOLDER / "mutation.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
