"""Record which marked tests notice that a function behind their equation is broken.

Run from the root of the repository: python -m docs.run.recorded.markers

A marker ties a test to an equation by name. Here each function that gives one of the
equation's symbols is broken, in two ways: its results come out one per cent too large,
labels exchanged; or its arguments go in distorted, each entry a little otherwise. A
marked test that passes both times holds nothing. As a plugin of pytest this module
breaks the function that the environment names.
"""

import dataclasses
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import voronet
import voronet.show

FOLDER = Path(__file__).parent
BROKEN, WAY, FOUND = "BROKEN_FUNCTION", "BROKEN_WAY", "FOUND_FILE"
WAYS = ("results", "arguments")
outcomes: dict[str, bool] = {}
skipped: set[str] = set()


def spoil(value):
    """Return a value with each number in it one per cent off."""
    if isinstance(value, tuple | list):
        return type(value)(map(spoil, value))
    if dataclasses.is_dataclass(value):
        fields = {
            field.name: spoil(found)
            for field in dataclasses.fields(value)
            if isinstance(found := getattr(value, field.name), np.ndarray)
        }
        return dataclasses.replace(value, **fields)
    if isinstance(value, np.ndarray) and value.dtype.kind != "f":
        return 1 - value
    if isinstance(value, int):
        return value + 1
    return value if value is None else 1.01 * value + 0.001


def distort(value):
    """Return an argument with each entry of an array a little off, each in its own way."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value * (1 + 0.01 * np.sin(1 + np.arange(value.size)).reshape(value.shape))
    return [distort(entry) for entry in value] if isinstance(value, list) else value


def spoil_fields(value):
    """Exchange the arrays that an object was made with, and make its numbers smaller."""
    kept = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    arrays = [name for name, found in kept.items() if isinstance(found, np.ndarray)]
    for name, other in zip(arrays, reversed(arrays), strict=True):
        object.__setattr__(value, name, kept[other])
    for name, found in kept.items():
        if isinstance(found, float):
            object.__setattr__(value, name, 0.97 * found)


def break_function(path):
    """Put a broken function in the place of a function, a method, a property or a class."""
    names = path.split(".")[1:]
    owner = functools.reduce(getattr, names[:-1], voronet)
    found = vars(owner)[names[-1]]
    if isinstance(found, type):
        made = found.__init__

        def initialise(self, *arguments, **options):
            made(self, *arguments, **options)
            spoil_fields(self)

        found.__init__ = initialise
        return
    if isinstance(found, property | functools.cached_property):
        get = getattr(found, "fget", None) or found.func
        setattr(owner, names[-1], property(lambda self: spoil(get(self))))
        return
    plain = found.__func__ if isinstance(found, classmethod | staticmethod) else found

    @functools.wraps(plain)
    def broken(*arguments, **options):
        if os.environ[WAY] == "results":
            return spoil(plain(*arguments, **options))
        return plain(*map(distort, arguments), **options)

    if isinstance(owner, type):
        setattr(owner, names[-1], broken)
    # Other modules have imported the function by its name.
    for module in [*sys.modules.values()]:
        if getattr(module, "__name__", "").startswith("voronet"):
            for name, value in [*vars(module).items()]:
                if value is found:
                    setattr(module, name, broken)


def pytest_configure():
    """Break the function before a test module imports it."""
    break_function(os.environ[BROKEN])


def pytest_runtest_logreport(report):
    """Note of each test whether it passes, in all its cases; a skipped one is not judged."""
    test = report.nodeid.partition("[")[0]
    outcomes[test] = outcomes.get(test, True) and not report.failed
    if report.skipped:
        skipped.add(test)


def pytest_unconfigure():
    """Write down what became of each test."""
    judged = {test: passed for test, passed in outcomes.items() if test not in skipped}
    found = judged | dict.fromkeys(skipped, None)
    Path(os.environ[FOUND]).write_text(json.dumps(found))


def run_broken(function, way, tests):
    """Return the tests that fail with a function broken in one way, and those that are skipped."""
    with tempfile.NamedTemporaryFile() as file:
        command = [sys.executable, "-m", "pytest", "-q", "-p", __spec__.name, "-p", "no:cacheprovider"]
        command += ["--hypothesis-profile=mutation", *tests]
        environment = os.environ | {BROKEN: function, WAY: way, FOUND: file.name}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        text = Path(file.name).read_text()
        if not text:
            raise SystemExit(f"{function}: {done.stdout}{done.stderr}")
    found = json.loads(text)
    # A module that cannot even be collected notices as well.
    failed = {test for test in tests if found.get(test, False) is False}
    return failed, {test for test in tests if found.get(test, False) is None}


def main():
    """Break each function once, with the tests of all equations that it gives a symbol of."""
    from literate.equations.check import find_marked_tests
    from voronet_site.checked import report

    began = time.perf_counter()
    marked = find_marked_tests(FOLDER.parents[2] / "tests")
    records = [record for record in report().records if record.functions]
    functions = sorted({name for record in records for name in record.functions})
    noticed, passed_over = {function: set() for function in functions}, set()
    for function in functions:
        tests = {test for record in records if function in record.functions for test in record.tests}
        for way in WAYS:
            # Without a name pytest would run every test.
            if not (left := sorted(tests - noticed[function])):
                break
            failed, skipped = run_broken(function, way, left)
            noticed[function] |= failed
            passed_over |= skipped
    markers = {
        f"{record.label} {test.path}::{test.name}": {
            "source": test.digest,
            "noticed": [
                function
                for function in record.functions
                if f"{test.path}::{test.name}" in noticed[function]
            ],
        }
        for record in records
        for test in marked.get(record.label, [])
        if f"{test.path}::{test.name}" not in passed_over
    }
    found = {
        "command": "python -m docs.run.recorded.markers",
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": round(time.perf_counter() - began),
        "functions": functions,
        "skipped": sorted(passed_over),
        "markers": markers,
    }
    (FOLDER / "markers.json").write_text(json.dumps(found, indent=1) + "\n")
    blind = [name for name, marker in markers.items() if not marker["noticed"]]
    print(f"{len(markers)} markers, {len(blind)} notice nothing", *blind, sep="\n")


if __name__ == "__main__":
    main()
